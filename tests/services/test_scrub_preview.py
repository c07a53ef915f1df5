"""What rules would do is shown, of stored traces and of files, and nothing is changed."""

from pathlib import Path

import orjson
import pytest

from rft_app.domain.trace import trace_id
from rft_app.domain.trace_page import TraceSelection
from rft_app.services.scrub_preview import preview_file, preview_newest, preview_selection
from rft_app.storage.session import reading
from tests.processes.importing_helpers import rows
from tests.services.test_scrubbing import ALL, QUESTION, SECRET, import_rows

pytestmark = pytest.mark.usefixtures("any_database")


def test_a_preview_shows_values_and_changes_nothing(tmp_path: Path) -> None:
    line = {"request": {"messages": [QUESTION]}, "response": None}
    import_rows(tmp_path / "a.jsonl", {**line, "id": "r1"}, {"request": {"messages": []}, "id": 2})

    with reading() as session:
        found = preview_newest(session, ALL, 100)

    assert (found.num_traces, found.num_touched, dict(found.counts)) == (2, 1, {"email": 1})
    assert found.replacements[0].value == SECRET
    assert found.replacements[0].placeholder == "<EMAIL_1>"
    assert SECRET in str(rows("SELECT body FROM trace_body"))


def test_chosen_traces_and_files_are_previewed_by_themselves(tmp_path: Path) -> None:
    line = {"request": {"messages": [QUESTION]}, "response": None}
    import_rows(tmp_path / "a.jsonl", {**line, "id": "r1"}, {**line, "id": "r2"})
    [(first,)] = rows("SELECT MIN(seq) FROM trace")
    with reading() as session:
        but_one = TraceSelection(excluded=(trace_id(first),))
        chosen = preview_selection(session, ALL, but_one, 100)
        newest = preview_newest(session, ALL, 1)
    assert chosen == newest
    assert chosen.num_traces == 1
    path = tmp_path / "b.jsonl"
    path.write_bytes(b"\n".join((b"{", orjson.dumps(line), orjson.dumps(line))))

    found = preview_file(path, ALL, file_name="b", mapping={}, num_rows=2)

    assert (found.num_traces, dict(found.counts)) == (1, {"email": 1})
    assert found.replacements[0].trace_id == "line 2"
