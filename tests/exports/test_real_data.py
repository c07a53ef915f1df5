"""Real trajectories and questions, from the file through import and extract to a checked export."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import orjson
import pytest
from sqlmodel import col, distinct, func, select

from rft_app.domain.export import Export, ExportOptions
from rft_app.errors import InvalidInputError
from rft_app.jobs.running import JobRunner
from rft_app.services.datasets import create_dataset
from rft_app.services.exports import get_export, open_export
from rft_app.services.imports import start_import, start_rollouts_import
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables.record import RecordRow
from tests.services.stored_dataset import order_export

ONE_FILE = ExportOptions(include_test=False, include_metadata=False, train_ratio=1.0)


@pytest.fixture
def validator(shared_data: Path) -> ModuleType:
    """The script that loads a file by OpenAI's own schema."""
    path = shared_data.parent / "validators" / "validate_openai.py"
    spec = importlib.util.spec_from_file_location("validate_openai", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def work(database: Path) -> Callable[[], None]:
    """Runs every waiting job to its end, those that they start included."""
    runner = JobRunner(all_job_kinds(), "wk_test")

    def run() -> None:
        while True:
            with reading() as session:
                waiting = jobs.list_active(session)
            if not waiting:
                return
            for job in waiting:
                runner.run(job.id, 0)

    return run


def import_file(path: Path, work: Callable[[], None]) -> str:
    with unit_of_work() as session:
        dataset = create_dataset(session, name="Real", objective="Check the export")
        start_import(session, dataset_id=dataset.id, path=path, file_name=path.name)
    work()
    return dataset.id


def count_groups(dataset_id: str) -> int:
    groups = func.count(distinct(col(RecordRow.group_key)))
    with reading() as session:
        return session.exec(select(groups).where(RecordRow.dataset_id == dataset_id)).one()


def export(dataset_id: str, format: str, work: Callable[[], None]) -> Export:
    job = order_export(dataset_id, format, options=ONE_FILE)
    work()
    with reading() as session:
        return get_export(session, job.args["export_id"])


def test_two_hundred_trajectories_pass_openais_schema(
    shared_data: Path, validator: ModuleType, work: Callable[[], None]
) -> None:
    dataset_id = import_file(shared_data / "derived" / "tau_airline_traces.jsonl", work)
    assert count_groups(dataset_id) == 50  # tasks, each tried four times
    path = open_export(export(dataset_id, "openai_sft", work))
    num_rows, faults = validator.validate("sft", str(path))
    assert faults == []
    assert num_rows == 200
    for line in open_export(export(dataset_id, "trl_sft", work)).read_bytes().split(b"\n")[:-1]:
        calls = [c for m in orjson.loads(line)["messages"] for c in m.get("tool_calls", ())]
        assert all(isinstance(call["function"]["arguments"], dict) for call in calls)
    with pytest.raises(InvalidInputError, match="no reference"):
        order_export(dataset_id, "openai_rft", options=ONE_FILE)


def test_grade_school_questions_pass_openais_schema(
    shared_data: Path, validator: ModuleType, work: Callable[[], None]
) -> None:
    dataset_id = import_file(shared_data / "derived" / "gsm8k_rft_openai.jsonl", work)
    path = open_export(export(dataset_id, "openai_rft", work))
    num_rows, faults = validator.validate("rft", str(path))
    assert faults == []
    assert num_rows == 1319
    rows = [orjson.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert rows[0]["reference_answer"] == "18"
    assert all(isinstance(row["reference_answer"], str) for row in rows)
    with pytest.raises(InvalidInputError, match="no recorded answer"):
        order_export(dataset_id, "openai_sft", options=ONE_FILE)


def test_solutions_of_grade_school_questions_make_pairs_and_labels(
    shared_data: Path, validator: ModuleType, work: Callable[[], None]
) -> None:
    dataset_id = import_file(shared_data / "derived" / "gsm8k_rft_openai.jsonl", work)
    solutions = shared_data / "gsm8k" / "example_model_solutions.jsonl"
    with unit_of_work() as session:
        start_rollouts_import(
            session, dataset_id=dataset_id, path=solutions, file_name=solutions.name
        )
    work()
    pairs = open_export(export(dataset_id, "openai_dpo", work))
    num_pairs, faults = validator.validate("dpo", str(pairs))
    assert (num_pairs, faults) == (731, [])
    labelled = open_export(export(dataset_id, "trl_kto", work)).read_bytes().split(b"\n")[:-1]
    labels = [orjson.loads(line)["label"] for line in labelled]
    assert len(labels) == 5_276
    assert sum(labels) / len(labels) == pytest.approx(0.379, abs=0.001)
