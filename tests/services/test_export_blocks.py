"""Large exports: several processes write the bytes that one writes."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from mmap import mmap
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.export import Export, ExportOptions
from rft_app.services import export_blocks
from rft_app.services.export_blocks import LEAST_RECORDS, _Encoder
from rft_app.services.export_run import run_export as run_export_here
from rft_app.services.exports import get_export
from rft_app.storage.copying import insert_rows
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row, make_record_row
from tests.services.stored_dataset import order_export
from tests.services.test_exports import DATASET, read_zip, run_export, run_job

KEYS = range(1, LEAST_RECORDS + 501)


@pytest.fixture
def dataset(database: Path) -> str:
    """Records of which the first are long; every seventh lacks an answer."""
    columns = make_record_row(1).model_dump()
    records = [tuple({**columns, **_own_columns(key)}.values()) for key in KEYS]
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        insert_rows(session, "trace_body", ("seq", "body"), [(key, _body(key)) for key in KEYS])
        insert_rows(session, "record", tuple(columns), records)
        refresh_counts(session, DATASET)
    return DATASET


def _own_columns(key: int) -> dict[str, int]:
    return {"seq": key, "trace_seq": key, "group_key": key * 7919, "content_hash": key}


def _body(key: int) -> bytes:
    messages = [{"role": "user", "content": f"Trip {key}? " * (100 if key < 1000 else 1)}]
    if key % 7:
        messages.append({"role": "assistant", "content": f"Booked {key}."})
    return orjson.dumps({"messages": messages, "reference": str(key)})


def run_by_worker(format: str, options: ExportOptions) -> Export:
    """The export as a worker runs it, in a process of its own that forks others."""
    job = order_export(DATASET, format, options=options)
    run_job(job)
    with reading() as session:
        return get_export(session, job.args["export_id"])


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("openai_sft", ExportOptions()),
        ("openai_rft", ExportOptions(shuffle=True, seed=3)),
        ("sharegpt", ExportOptions(include_test=False, shuffle=True)),
    ],
)
def test_several_processes_write_the_bytes_of_one(
    dataset: str, format: str, options: ExportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_several = run_by_worker(format, options)
    monkeypatch.setattr(export_blocks, "LEAST_RECORDS", len(KEYS) + 1)
    by_one = run_export(format, options)
    assert _content(by_several) == _content(by_one)


def test_lines_fill_shared_memory_and_the_rest_is_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_blocks, "SLOT_BYTES", 8)
    with mmap(-1, 16) as memory:
        monkeypatch.setattr(_Encoder, "memory", memory, raising=False)
        assert _Encoder.fill(1, iter([b"abc\n", b"de\n", b"fg\n", b"h\n"])) == (
            7,
            [b"fg\n", b"h\n"],
        )
        assert memory[:] == bytes(8) + b"abc\nde\n\0"
        assert _Encoder.fill(0, iter([b"1234567\n"])) == (8, [])
        assert _Encoder.fill(0, iter([b"123456789\n"])) == (0, [b"123456789\n"])
        assert memory[:8] == b"1234567\n"


def _content(export: Export) -> dict[str, object]:
    """The files of an archive; of its description what does not name the snapshot."""
    files = read_zip(export)
    description = orjson.loads(files.pop("metadata.json"))
    assert description["counts"]["written"] > 0
    return {**files, **{name: description[name] for name in ("counts", "files", "longest_row")}}


@pytest.mark.parametrize(("is_alone", "num_shared"), [(True, len(KEYS)), (False, 0)])
def test_only_a_process_of_its_own_may_fork_others(
    dataset: str, is_alone: bool, num_shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    @contextmanager
    def open_encoders(*args: Any) -> Generator[None]:
        asked.append(args[-1])
        yield None

    monkeypatch.setattr("rft_app.services.export_run.open_encoders", open_encoders)
    job = order_export(DATASET, "openai_sft", options=ExportOptions())
    run_export_here(job.args["export_id"], lambda _: None, is_alone=is_alone)
    assert asked == [num_shared]
