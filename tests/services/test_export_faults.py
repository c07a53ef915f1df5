"""Exports of rows that are hard to write, and onto a disk that is too small."""

import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.example import Unit
from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.job import Job, JobStatus
from rft_app.exports import EXPORTERS, Exporter
from rft_app.services.datasets import create_dataset
from rft_app.services.exports import (
    get_export,
    list_exports,
    open_export,
)
from rft_app.services.imports import start_import
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from tests.conftest import forget_environment
from tests.services.stored_dataset import order_export, settled, work

ONE_FILE = ExportOptions(include_test=False, include_metadata=False, train_ratio=1.0)
LONG = "long " * 400_000
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
HALF_AN_EMOJI = b"\\ud83d"
Row = dict[str, Any]


def say(role: str, content: str | None, **more: Any) -> Row:
    return {"role": role, "content": content, **more}


QUESTION, ANSWER = say("user", "2+5?"), say("assistant", "7")
LOOK = say("assistant", None, tool_calls=[CALL])
HARD = {
    "no answer": [say("user", "3+4?")],
    "null beside calls": [QUESTION, LOOK, say("tool", "", tool_call_id="c1"), ANSWER],
    "null result": [QUESTION, LOOK, say("tool", None, tool_call_id="c1"), ANSWER],
    "call without result": [QUESTION, LOOK, say("user", "Well?"), ANSWER],
    "ends in a call": [say("user", "0+7?"), LOOK],
    "half an emoji": [say("user", "1+6? HALF"), say("assistant", "HALF 7")],
    "two megabytes": [say("user", f"7? {LONG}"), ANSWER],
}


def add_dataset(folder: Path, talks: Sequence[Sequence[Row]]) -> str:
    """Import conversations, each with a reference and a reward."""
    rows = [{"messages": list(talk), "reference": "7", "reward": 1.0} for talk in talks]
    path = folder / "rows.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)).replace(b"HALF", HALF_AN_EMOJI))
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name="Hard", objective="Answer").id
        start_import(session, dataset_id=dataset_id, path=path, file_name=path.name)
    work()
    return dataset_id


def export(dataset_id: str, format: str, options: ExportOptions = ONE_FILE) -> tuple[Job, Export]:
    """Through the job and its child process."""
    job = order_export(dataset_id, format, options=options)
    work()
    with reading() as session:
        return settled(job), get_export(session, job.args["export_id"])


@pytest.fixture
def long_records(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of half a million tokens are allowed."""
    monkeypatch.setenv("RFT_MAX_RECORD_TOKENS", "600000")
    forget_environment()


@pytest.mark.parametrize(
    "exporter", [e for e in EXPORTERS if e.unit is Unit.RECORD], ids=lambda e: e.name
)
def test_every_row_is_written_whole_or_counted(
    long_records: None, tmp_path: Path, exporter: Exporter
) -> None:
    dataset_id = add_dataset(tmp_path, list(HARD.values()))
    job, made = export(dataset_id, exporter.name)
    assert job.status is JobStatus.DONE, job.error
    assert made.num_train + sum((made.skipped or {}).values()) == len(HARD)
    suffix, written = exporter.layout(ONE_FILE).suffix, open_export(made).read_bytes()
    if suffix == ".jsonl":
        rows = [orjson.loads(line) for line in written.split(b"\n")[:-1]]
        assert len(rows) == made.num_train
        assert "\ufffd" in str(rows)
    elif suffix == ".json":
        assert len(orjson.loads(written)) == made.num_train


def test_a_long_record_is_left_out_and_counted_with_the_invalid_ones(
    database: Path, tmp_path: Path
) -> None:
    dataset_id = add_dataset(tmp_path, list(HARD.values()))
    _, made = export(dataset_id, "trl_sft")
    assert made.skipped == {"duplicate": 0, "invalid": 2, "no_output": 1}


@pytest.fixture
def small_disk(long_records: None) -> Iterator[Path]:
    """The folder of exports as a disk of one megabyte."""
    folder = get_settings().folder("exports")
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("Only root may mount a small disk.")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("options", [ExportOptions(), ONE_FILE], ids=["zip", "file"])
def test_a_disk_that_fills_up_half_way_keeps_no_half_file(
    small_disk: Path, tmp_path: Path, options: ExportOptions
) -> None:
    noise = random.Random(0)
    talks = [[say("user", noise.randbytes(300_000).hex()), ANSWER] for _ in range(8)]
    dataset_id = add_dataset(tmp_path, talks)

    job, made = export(dataset_id, "openai_sft", options)

    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert f"no room left on the disk of {small_disk}" in job.error.message
    assert [path for path in small_disk.rglob("*") if path.is_file()] == []
    with reading() as session:
        assert [one.is_done for one in list_exports(session, dataset_id)] == [False]
    assert (made.size_bytes, made.sha256, made.num_train) == (None, None, 0)
