"""Copies of datasets, and pipelines that start over."""

from pathlib import Path

import pytest
from sqlmodel import select

from rft_app.domain.grader import parse_spec
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.domain.record import RecordFilter, Selection
from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import cancel_job, list_active_jobs
from rft_app.services import duplication
from rft_app.services.datasets import delete_dataset, get_dataset, list_datasets, update_dataset
from rft_app.services.duplication import DuplicateDataset, start_duplicate
from rft_app.services.graders import current_grader, save_grader
from rft_app.services.imports import latest_import, list_import_errors
from rft_app.services.pipeline import get_step, start_step
from rft_app.services.record_changes import add_tag
from rft_app.services.records import list_records
from rft_app.services.resetting import reset_pipeline
from rft_app.services.snapshots import create_snapshot, list_snapshots
from rft_app.services.topics import get_topics
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow, TraceRow
from tests.services.stored_dataset import (
    chat,
    import_rows,
    make_dataset,
    run,
    settled,
    titles,
    work,
)

WISHES = ("refund my parcel", "change the address", "track the package")
ROWS = [chat(f"Please {WISHES[number % 3]}, number {number}") for number in range(30)]
SPEC = parse_spec({"kind": "string_check", "operation": "eq"})


@pytest.fixture
def source(any_database: str, tmp_path: Path) -> str:
    """Thirty records, one invalid and one a repetition, with topics, coverage and a grader."""
    silent = {"messages": [{"role": "assistant", "content": "Hello"}]}
    dataset_id = make_dataset(tmp_path, *ROWS, ROWS[0], silent)
    run(start_step, dataset_id, StepName.TOPICS, {"num_topics": 3})
    run(start_step, dataset_id, StepName.COVERAGE)
    with unit_of_work() as session:
        save_grader(session, dataset_id, SPEC)
    return dataset_id


def duplicate(source: str) -> str:
    job = run(start_duplicate, source)
    assert job.status is JobStatus.DONE, job.error
    return str(job.dataset_id)


def test_a_copy_is_the_same_dataset_under_another_name(source: str) -> None:
    copy = duplicate(source)
    with reading() as session:
        one, two = get_dataset(session, source), get_dataset(session, copy)
        trees = [
            [(node.key, node.keywords, node.num_records) for node in get_topics(session, id_).nodes]
            for id_ in (source, copy)
        ]
        report = latest_import(session, copy)
        assert report is not None
        assert list_import_errors(session, report.id)[0].code == "no_user_turn"
    assert (two.name, two.objective, two.stats) == ("Bank copy", one.objective, one.stats)
    assert [node.model_dump() for node in two.nodes] == [node.model_dump() for node in one.nodes]
    assert trees[0] == trees[1]
    assert titles(copy) == titles(source)
    assert titles(copy, search="package") == titles(source, search="package")


def test_a_copy_lives_on_when_its_source_is_deleted(source: str, tmp_path: Path) -> None:
    copy = duplicate(source)
    before = titles(copy)
    with unit_of_work() as session:
        delete_dataset(session, source)
    assert titles(copy) == before
    import_rows(copy, tmp_path, chat("one more wish"))
    assert len(titles(copy)) == len(before) + 1


def test_what_is_out_of_date_in_the_source_is_so_in_the_copy(source: str, tmp_path: Path) -> None:
    import_rows(source, tmp_path, chat("one more wish"))
    copy = duplicate(source)
    with reading() as session:
        labels = [
            [node.stale_reason for node in get_dataset(session, id_).nodes]
            for id_ in (source, copy)
        ]
    assert labels[0] == labels[1]
    assert labels[0][1] is not None


def test_a_copy_has_the_tags_of_its_source(source: str) -> None:
    with unit_of_work() as session:
        add_tag(session, source, Selection(filter=RecordFilter(is_valid=False)), "ask")
    copy = duplicate(source)
    with reading() as session:
        page = list_records(session, copy, RecordFilter(tags=("ask",)))
    assert [(row.tags, row.reason is None) for row in page.rows] == [(("ask",), False)]


def test_two_copies_have_two_names(source: str) -> None:
    duplicate(source)
    second = duplicate(source)
    with reading() as session:
        assert get_dataset(session, second).name == "Bank copy 2"


def test_a_copy_goes_on_where_its_worker_was_killed(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplication, "ROWS_PER_BATCH", 7)
    job = begin(source)
    context = JobContext(job_id=job.id, dataset_id=job.dataset_id, args=job.args, worker_id="wk")
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(context, "progress", explode_at(3))
        DuplicateDataset().run(context)
    DuplicateDataset().run(context)
    assert titles(str(job.dataset_id)) == titles(source)


def explode_at(call: int):  # noqa: ANN201  # a stand-in
    left = [call]

    def progress(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            raise RuntimeError("killed")

    return progress


def begin(source: str) -> Job:
    with unit_of_work() as session:
        job = start_duplicate(session, source)
        jobs.begin_job(session, job.id, 0, "wk")
    return job


def test_a_cancelled_copy_leaves_nothing(source: str) -> None:
    with unit_of_work() as session:
        job = start_duplicate(session, source)
        with pytest.raises(ConflictError, match="being duplicated"):
            delete_dataset(session, source)
        cancel_job(session, job.id)
    work()
    assert settled(job).status is JobStatus.CANCELLED
    with reading() as session:
        assert [dataset.id for dataset in list_datasets(session)] == [source]
        for row_type in (RecordRow, TraceRow):
            found = session.exec(select(row_type.dataset_id).distinct()).all()
            assert found == [source]


def test_a_reset_clears_results_and_keeps_records_and_snapshots(source: str) -> None:
    with unit_of_work() as session:
        create_snapshot(session, source, "kept")
    before = titles(source)
    with unit_of_work() as session:
        reset = reset_pipeline(session, source)
    assert [node.status for node in reset.nodes[:3]] == [
        StepStatus.READY,
        StepStatus.WAITING,
        StepStatus.WAITING,
    ]
    assert titles(source) == before
    with reading() as session:
        assert get_topics(session, source).nodes == ()
        assert current_grader(session, source) is None
        assert [each.snapshot.label for each in list_snapshots(session, source)] == ["kept"]
    run(start_step, source, StepName.EXTRACT)
    assert titles(source) == before
    with reading() as session:
        assert get_step(session, source, StepName.TOPICS).node.status is StepStatus.READY


def test_a_busy_pipeline_is_not_reset(source: str) -> None:
    with unit_of_work() as session:
        start_step(session, source, StepName.COVERAGE)
        with pytest.raises(ConflictError, match="busy with coverage"):
            reset_pipeline(session, source)
        assert list_active_jobs(session, source)


def test_a_copy_of_a_long_name_fits(source: str) -> None:
    with unit_of_work() as session:
        update_dataset(session, source, name="n" * 120)
    copy = duplicate(source)
    with reading() as session:
        assert get_dataset(session, copy).name == "n" * 115 + " copy"
