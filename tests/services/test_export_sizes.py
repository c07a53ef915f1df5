"""An export is as long as its preview said, within a tenth: on real data of six kinds."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.export import ExportOptions
from rft_app.errors import InvalidInputError
from rft_app.services.datasets import create_dataset
from rft_app.services.demo import load_demo
from rft_app.services.export_preview import describe_preview
from rft_app.services.imports import start_import
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import export_here, work

ZIP = ExportOptions()
ONE_FILE = ExportOptions(include_test=False, include_metadata=False, train_ratio=1.0)
TRIALS = (
    *(("openai_sft", ZIP), ("openai_sft", ONE_FILE), ("parquet", ZIP), ("parquet", ONE_FILE)),
    *(("trl_grpo", ZIP), ("trl_grpo", ExportOptions(shuffle=True)), ("csv", ZIP)),
)


def questions_about_banks(data: Path) -> Iterator[dict[str, Any]]:
    """Short, 10,003 of them, and sorted by intent: neighbours are alike."""
    with (data / "banking77" / "train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {"question": row["text"], "answer": row["category"]}


def function_calls(data: Path) -> Iterator[dict[str, Any]]:
    """Questions with the definitions of functions."""
    for kind in ("multiple", "parallel", "parallel_multiple", "simple_python", "irrelevance"):
        for line in (data / "bfcl" / f"BFCL_v4_{kind}.json").read_bytes().splitlines():
            row = orjson.loads(line)
            tools = [{"type": "function", "function": each} for each in row["function"]]
            yield {"messages": row["question"][0], "tools": tools, "reference": row["id"]}


def import_file(path: Path) -> str:
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name=path.stem, objective="Measure").id
        start_import(session, dataset_id=dataset_id, path=path, file_name=path.name)
    work()
    return dataset_id


def estimate_and_make(dataset_id: str) -> Iterator[tuple[str, float, int]]:
    """What was estimated and what it came to, for each format that can be written."""
    for format, options in TRIALS:
        try:
            with reading() as session:
                preview = describe_preview(
                    session, dataset_id=dataset_id, format=format, options=options
                )
        except InvalidInputError:  # no answers were recorded
            continue
        made = export_here(dataset_id, format, options)
        name = f"{format} {options.model_dump(exclude_defaults=True)}"
        yield name, preview.estimated_file_bytes, made.size_bytes or 0


def check(dataset_id: str) -> None:
    found = list(estimate_and_make(dataset_id))
    assert len(found) >= 5
    for name, estimated, made in found:
        assert estimated == pytest.approx(made, rel=0.1), name


@pytest.mark.parametrize(
    "name",
    [
        "derived/tau_airline_traces.jsonl",
        "derived/tau_airline_gateway_calls_40.jsonl.gz",
        "gsm8k/train.jsonl",
    ],
    ids=["trajectories", "gateway calls", "school problems"],
)
def test_of_a_file(database: Path, shared_data: Path, name: str) -> None:
    check(import_file(shared_data / name))


@pytest.mark.parametrize("rows", [questions_about_banks, function_calls])
def test_of_rows(
    database: Path,
    shared_data: Path,
    tmp_path: Path,
    rows: Callable[[Path], Iterator[dict[str, Any]]],
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows(shared_data))))
    check(import_file(path))


def test_of_the_demo(database: Path) -> None:
    with unit_of_work() as session:
        dataset_id = load_demo(session).dataset_id
    work()
    assert dataset_id is not None
    check(dataset_id)
