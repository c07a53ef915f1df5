"""Datasets: what is refused, listed, found and out of date."""

from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.dataset import DatasetFilter, DatasetPhase
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import list_active_jobs
from rft_app.pipeline._base import fingerprint
from rft_app.services.datasets import (
    create_dataset,
    get_dataset,
    list_page,
    update_dataset,
)
from rft_app.services.pipeline import get_step, start_step
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step


def add(name: str = "support", objective: str = "Answer in few turns") -> str:
    with unit_of_work() as session:
        return create_dataset(session, name=name, objective=objective).id


def finish(dataset_id: str, step: StepName, **inputs: object) -> None:
    with unit_of_work() as session:
        finish_step(
            session,
            dataset_id,
            step,
            StepResult(outcome=StepStatus.COMPLETE, summary="done"),
            settings={},
            input_hash=fingerprint(**inputs),
        )


def names(**asked: Any) -> list[str]:
    with reading() as session:
        return [dataset.name for dataset in list_page(session, DatasetFilter(**asked)).rows]


@pytest.mark.parametrize(
    ("name", "objective"), [("", "o"), ("  ", "o"), ("n", " "), ("n" * 121, "o")]
)
def test_a_blank_or_endless_name_is_refused_and_nothing_is_created(
    name: str, objective: str, database: Path
) -> None:
    with pytest.raises(InvalidInputError, match=r"name|objective"):
        add(name, objective)
    assert names() == []


def test_a_new_dataset_has_unknown_figures_not_zeros(database: Path) -> None:
    dataset_id = add()
    with reading() as session:
        stats = get_dataset(session, dataset_id).stats
    assert (stats.balance, stats.dry_run_mean, stats.dry_run_verdict) == (None, None, None)


def test_search_reads_name_and_objective_and_all_words_count(database: Path) -> None:
    add("airline", "Change bookings")
    add("bank", "Explain fees")
    assert names(search="BOOKINGS air") == ["airline"]
    assert names(search="bookings bank") == []


def test_datasets_sort_by_name_whatever_the_case(database: Path) -> None:
    for name in ("b", "C", "a"):
        add(name)
    assert names(sort="name") == ["a", "b", "C"]


def test_a_phase_filters_by_the_state_of_the_steps(database: Path) -> None:
    dataset_id = add("failing")
    add("fresh")
    with unit_of_work() as session:
        result = StepResult(outcome=StepStatus.FAILED, summary="broke")
        finish_step(
            session, dataset_id, StepName.EXTRACT, result, settings={}, input_hash="traces=0"
        )
    assert names(phase=DatasetPhase.ATTENTION) == ["failing"]
    assert names(phase=DatasetPhase.IN_PROGRESS) == ["fresh"]


def test_renaming_keeps_what_is_not_named(database: Path) -> None:
    dataset_id = add()
    with unit_of_work() as session:
        changed = update_dataset(session, dataset_id, name=" renamed ")
    assert (changed.name, changed.objective) == ("renamed", "Answer in few turns")


def test_an_unknown_dataset_is_said_to_be_gone(database: Path) -> None:
    with reading() as session, pytest.raises(NotFoundError, match="ds_nowhere"):
        get_dataset(session, "ds_nowhere")


def test_a_step_that_has_to_wait_does_not_start(database: Path) -> None:
    dataset_id = add()
    with unit_of_work() as session, pytest.raises(ConflictError, match="Extract Data"):
        start_step(session, dataset_id, StepName.TOPICS)


def test_starting_a_step_shows_at_once_and_only_once(database: Path) -> None:
    dataset_id = add()
    with unit_of_work() as session:
        job = start_step(session, dataset_id, StepName.EXTRACT)
    with reading() as session:
        view = get_step(session, dataset_id, StepName.EXTRACT)
        assert [active.id for active in list_active_jobs(session, dataset_id)] == [job.id]
    assert (view.node.status, view.job_id) == (StepStatus.PROCESSING, job.id)
    with unit_of_work() as session, pytest.raises(ConflictError, match="already running"):
        start_step(session, dataset_id, StepName.EXTRACT)


def test_a_setting_that_cannot_be_is_named(database: Path) -> None:
    dataset_id = add()
    with unit_of_work() as session, pytest.raises(InvalidInputError, match="'mode'"):
        start_step(session, dataset_id, StepName.EXTRACT, {"mode": "some"})


def test_a_result_is_out_of_date_when_what_it_read_changed_and_says_why(database: Path) -> None:
    dataset_id = add()
    with reading() as session:
        row = get_dataset_row(session, dataset_id)
        now = {"records": row.records_hash or "none", "topics": row.topics_hash or "none"}
    finish(dataset_id, StepName.COVERAGE, **{**now, "records": "before"})
    with reading() as session:
        node = get_dataset(session, dataset_id).nodes[2]
    assert node.status_label == "Out of date"
    assert node.stale_reason == "Records, topics and targets changed after this ran."
