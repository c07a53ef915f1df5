"""What the dialog of step 6 says of the training that runs, and of the runs before it."""

import asyncio

import pytest
import reflex as rx

from rft_app.domain.job import JobStatus
from rft_app.storage import jobs, training_runs
from rft_app.storage.session import unit_of_work
from rft_app.ui.state.training import SHOWN_RUNS, TrainingState
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import order, prepare


def open_dialog() -> TrainingState:
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    dialog = root.get_substate(TrainingState.get_full_name().split("."))
    assert isinstance(dialog, TrainingState)
    dialog._dataset_id = DATASET
    asyncio.run(dialog._read_mark())
    return dialog


def test_a_training_that_runs_shows_its_rewards_its_alert_and_its_best_checkpoint(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(monkeypatch)
    run = order()
    with unit_of_work() as session:
        jobs.begin_job(session, run.job_id, 0, "w1")
    dialog = open_dialog()
    assert (dialog.now.name, dialog.now.has_curve) == ("Run 1", False)
    assert (dialog.now.alert, dialog.now.best) == ("", "none yet")
    with unit_of_work() as session:
        training_runs.put_metric(session, run.id, 1, {"reward": 0.4, "failure_share": 0.6})
    asyncio.run(dialog._read_mark())
    assert dialog.now.href == f"/optimization/{DATASET}/training/{run.id}"
    assert dialog.now.has_curve
    assert dialog.now.alert.startswith("The grader could not judge 60%")
    assert dialog.now_dark.to_dict()["layout"]["height"] < 200
    with unit_of_work() as session:
        jobs.settle_job(session, run.job_id, "w1", JobStatus.CANCELLED)
    asyncio.run(dialog._read_mark())
    assert (dialog.now.href, dialog.runs[0].status) == ("", "Stopped")


def test_runs_older_than_the_last_few_can_be_listed(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(monkeypatch)
    for _ in range(SHOWN_RUNS + 2):
        run = order()
        with unit_of_work() as session:
            jobs.begin_job(session, run.job_id, 0, "w1")
            jobs.settle_job(session, run.job_id, "w1", JobStatus.CANCELLED)
    dialog = open_dialog()
    assert (len(dialog.runs), dialog.has_more_runs) == (SHOWN_RUNS, True)
    asyncio.run(dialog.show_more_runs())
    assert (dialog.runs[-1].name, dialog.has_more_runs) == ("Run 1", False)
