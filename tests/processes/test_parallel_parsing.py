"""Several processes parse a file whose batches are stored in its order."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from rft_app.errors import TooLargeError
from rft_app.processes._batches import ROWS_PER_BATCH
from tests.processes.importing_helpers import add_dataset, prepare, report, rows, run

NUM_ROWS = 12 * ROWS_PER_BATCH + 1
DYING = """
import os, signal
from rft_app.processes.importing import TraceImport, work

parse = TraceImport.parse

def parse_or_die(self, piece, max_parsed=None):
    if piece.num_lines == {line}:
        os.kill(os.getpid(), signal.SIGKILL)
    return parse(self, piece, max_parsed)

TraceImport.parse = parse_or_die
work({{"import_id": {import_id!r}, "shape": None}}, lambda message: None)
"""
IN_ORDER = "SELECT line_number, external_id FROM trace ORDER BY seq"


def write_rows(path: Path, count: int, bad: range = range(0)) -> Path:
    """Short conversations; the rows of `bad` are not JSON."""
    lines = [
        b"{"
        if number in bad
        else orjson.dumps({"id": f"r{number}", "messages": [{"role": "user", "content": "Hi"}]})
        for number in range(1, count + 1)
    ]
    path.write_bytes(b"\n".join(lines))
    return path


def numbered(*lines: int) -> list[tuple[int, str]]:
    return [(number, f"r{number}") for number in lines]


def test_rows_keep_their_order(any_database: str, tmp_path: Path) -> None:
    add_dataset()
    run(prepare(write_rows(tmp_path / "rows.jsonl", NUM_ROWS)))
    assert rows(IN_ORDER) == numbered(*range(1, NUM_ROWS + 1))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread parses")
def test_a_killed_parser_ends_the_import_and_the_next_run_goes_on(
    database: Path, tmp_path: Path
) -> None:
    add_dataset()
    import_id = prepare(write_rows(tmp_path / "rows.jsonl", NUM_ROWS))
    done = subprocess.run(
        [sys.executable, "-c", DYING.format(import_id=import_id, line=8 * ROWS_PER_BATCH)],
        stderr=subprocess.PIPE,
        check=False,
    )

    num_stored = len(rows(IN_ORDER))
    assert (done.returncode, b"BrokenProcessPool" in done.stderr) == (1, True)
    assert num_stored == report(import_id).num_parsed
    assert num_stored in range(0, 8 * ROWS_PER_BATCH + 1, ROWS_PER_BATCH)
    run(import_id)
    assert rows(IN_ORDER) == numbered(*range(1, NUM_ROWS + 1))


def test_a_limit_counts_good_rows_of_all_batches(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = ROWS_PER_BATCH + 10
    monkeypatch.setenv("RFT_MAX_RECORDS", str(limit))
    add_dataset()
    bad = range(5, 25)
    import_id = prepare(write_rows(tmp_path / "rows.jsonl", 3 * ROWS_PER_BATCH, bad))

    with pytest.raises(TooLargeError, match=f"holds more than {limit:,} rows"):
        run(import_id)

    good = [line for line in range(1, limit + len(bad) + 1) if line not in bad]
    assert rows(IN_ORDER) == numbered(*good)
    assert report(import_id).num_lines == good[-1]


def test_a_limit_that_is_just_met_is_no_fault(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_MAX_RECORDS", "10")
    add_dataset()
    found = run(prepare(write_rows(tmp_path / "rows.jsonl", 12, bad=range(11, 13))))
    assert (found.num_parsed, found.num_invalid) == (10, 2)


def test_a_thread_parses_where_forking_is_not_safe(database: Path, tmp_path: Path) -> None:
    add_dataset()
    bad = range(7, 9)
    import_id = prepare(write_rows(tmp_path / "rows.jsonl", NUM_ROWS, bad))
    code = (
        "import sys\n"
        "from rft_app.processes.importing import work\n"
        "sys.platform = 'darwin'\n"
        f"work({{'import_id': {import_id!r}, 'shape': None}}, lambda message: None)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

    assert rows(IN_ORDER) == numbered(*(n for n in range(1, NUM_ROWS + 1) if n not in bad))
    assert report(import_id).num_invalid == len(bad)
