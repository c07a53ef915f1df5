from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.errors import ConflictError, InvalidInputError, TooLargeError
from rft_app.services.imports import (
    get_import,
    list_import_errors,
    preview_file,
    start_import,
    start_rollouts_import,
)
from rft_app.storage.session import reading, unit_of_work
from tests.processes.importing_helpers import add_dataset, run


def write(path: Path, *rows: Any) -> Path:
    path.write_bytes(b"\n".join(r if isinstance(r, bytes) else orjson.dumps(r) for r in rows))
    return path


def chat(number: int) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": "Answer"},
        ]
    }


def test_a_preview_shows_the_first_five_and_what_is_wrong(data_dir: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", b"{", *(chat(n) for n in range(9)), {"x": 1})

    found = preview_file(path, file_name="a.jsonl")

    assert (found.shape, found.shape_label) == (
        "messages",
        "Chat messages (OpenAI fine-tuning rows)",
    )
    assert [row.messages[0].text for row in found.rows] == [f"Question {n}" for n in range(5)]
    assert (found.num_lines, found.num_valid, found.num_invalid) == (11, 9, 2)
    assert [(fault.line_number, fault.code) for fault in found.faults] == [
        (1, "not_json"),
        (11, "wrong_shape"),
    ]
    assert found.is_whole_file


def test_a_preview_reads_only_the_head(data_dir: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "long.jsonl", *(chat(n) for n in range(1500)))

    found = preview_file(path, file_name="long.jsonl")

    assert (found.num_lines, found.is_whole_file) == (1000, False)


def test_unknown_columns_come_with_a_suggestion(data_dir: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "b.jsonl", {"query": "2+2?", "gold": "4", "note": None})

    found = preview_file(path, file_name="b.jsonl")
    mapped = preview_file(path, file_name="b.jsonl", mapping=found.suggested_mapping)

    assert (found.shape, found.rows) == (None, ())
    assert found.suggested_mapping == {"input": "query", "reference": "gold"}
    assert [column.name for column in found.columns] == ["query", "gold", "note"]
    assert (mapped.shape, mapped.rows[0].reference) == ("mapped", "4")


def test_an_import_of_unknown_columns_asks_for_a_mapping(database: Path, tmp_path: Path) -> None:
    add_dataset()
    path = write(tmp_path / "b.jsonl", {"query": "2+2?", "gold": "4"})

    with (
        unit_of_work() as session,
        pytest.raises(InvalidInputError, match="input=query,reference=gold"),
    ):
        start_import(session, dataset_id="ds_a", path=path, file_name="b.jsonl")
    with unit_of_work() as session:
        job = start_import(
            session,
            dataset_id="ds_a",
            path=path,
            file_name="b.jsonl",
            mapping={"input": "query", "reference": "gold"},
        )

    assert run(job.args["import_id"]).num_valid == 1


@pytest.mark.parametrize("raw", [b"", b"\0\1", b"not json at all"])
def test_a_hopeless_file_starts_no_import(raw: bytes, database: Path, tmp_path: Path) -> None:
    add_dataset()
    path = write(tmp_path / "bad.jsonl", raw)

    with unit_of_work() as session, pytest.raises(InvalidInputError, match=r"bad\.jsonl"):
        start_import(session, dataset_id="ds_a", path=path, file_name="bad.jsonl")


def test_a_file_beyond_the_limit_starts_no_import(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_dataset()
    path = write(tmp_path / "big.jsonl", *(chat(n) for n in range(50)))
    monkeypatch.setenv("RFT_MAX_FILE_BYTES", "100")
    from rft_app.settings import get_settings

    get_settings.cache_clear()
    with unit_of_work() as session, pytest.raises(TooLargeError, match="RFT_MAX_FILE_BYTES"):
        start_import(session, dataset_id="ds_a", path=path, file_name="big.jsonl")


def test_rollouts_need_records(database: Path, tmp_path: Path) -> None:
    add_dataset()
    path = write(tmp_path / "r.jsonl", {"question": "a", "output": "b"})

    with unit_of_work() as session, pytest.raises(ConflictError, match="Run Extract first"):
        start_rollouts_import(session, dataset_id="ds_a", path=path, file_name="r.jsonl")


def test_bad_lines_are_listed_page_by_page(database: Path, tmp_path: Path) -> None:
    add_dataset()
    path = write(tmp_path / "a.jsonl", chat(0), *([b"{"] * 5))
    with unit_of_work() as session:
        job = start_import(session, dataset_id="ds_a", path=path, file_name="a.jsonl")
    import_id = run(job.args["import_id"]).id

    with reading() as session:
        first = list_import_errors(session, import_id, limit=2)
        rest = list_import_errors(session, import_id, after_line=first[-1].line_number)
        assert get_import(session, import_id).reasons == {"not_json": 5}

    assert [fault.line_number for fault in (*first, *rest)] == [2, 3, 4, 5, 6]
