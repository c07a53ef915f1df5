"""What the Export tab's state shows of menu, cards and history, without a browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import reflex as rx

from rft_app.domain.export import ExportOptions
from rft_app.domain.facet import Facet, reward_bin
from rft_app.domain.job import Job, JobError, JobStatus
from rft_app.errors import NotAvailableError
from rft_app.services.datasets import list_choices
from rft_app.services.export_preview import ExportPreview, describe_preview
from rft_app.storage import jobs
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.ui.state.export_history import ExportRow, read_history
from rft_app.ui.state.export_scope import WHOLE
from rft_app.ui.state.export_tab import ExportTabState
from tests.builders import make_dataset_row, make_record_row, make_trace_rows
from tests.services.stored_dataset import order_export

SUMS, TRIPS = "ds_sums", "ds_trips"


def add_dataset(dataset_id: str, first: int, **fields: str) -> None:
    """Ten records with answers, from rows with these fields."""
    with unit_of_work() as session:
        session.add(make_dataset_row(dataset_id, name=dataset_id.removeprefix("ds_")))
        session.flush()
        for seq in range(first, first + 10):
            said = [("user", f"What is {seq}?"), ("assistant", f"It is {seq}.")]
            messages = [{"role": role, "content": words} for role, words in said]
            body = {"messages": messages, "metadata": fields}
            session.add_all(make_trace_rows(seq, body, dataset_id=dataset_id))
            session.add(make_record_row(seq, dataset_id=dataset_id))
        session.flush()
        refresh_counts(session, dataset_id)


@pytest.fixture
def tab(database: Path) -> ExportTabState:
    """A visitor who chose the sums, in the format for SFT."""
    add_dataset(SUMS, 1)
    add_dataset(TRIPS, 101, agent_name="planner")
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(ExportTabState.get_full_name().split("."))
    assert isinstance(found, ExportTabState)
    with reading() as session:
        found._list_datasets(list_choices(session))
    found.chosen = "openai_sft"
    show(found, SUMS)
    return found


def show(tab: ExportTabState, dataset_id: str) -> None:
    asyncio.run(tab._show_dataset(dataset_id, WHOLE))
    assert not tab.read_fault


def warning(tab: ExportTabState, family: str) -> str:
    return next(card.warning for card in tab.cards if card.family == family)


def fail(job: Job) -> None:
    """What a worker does when the disk is full."""
    with unit_of_work() as session:
        jobs.begin_job(session, job.id, 0, "w")
        error = JobError(code="conflict", message="There is no room left.")
        jobs.settle_job(session, job.id, "w", JobStatus.FAILED, error=error)


def history() -> list[ExportRow]:
    with reading() as session:
        return read_history(session)


def test_the_menu_names_size_and_badge_of_what_was_looked_at(tab: ExportTabState) -> None:
    labels = {choice.value: choice.label for choice in tab.datasets}
    assert labels == {SUMS: "sums · 10 records · SFT", TRIPS: "trips · 10 records"}
    assert tab._find_unnamed() == [TRIPS]


def test_the_summary_names_the_agent_else_the_dataset(tab: ExportTabState) -> None:
    assert tab.summary.agents == "agent sums"
    show(tab, TRIPS)
    assert tab.summary.agents == "agent planner"


def test_a_template_of_the_users_own_decides_which_records_fit(tab: ExportTabState) -> None:
    assert warning(tab, "custom") == ""
    tab.template = '{"better": "{{chosen}}"}'
    show(tab, SUMS)
    assert "No record fits: no second answer" in warning(tab, "custom")
    asyncio.run(tab._choose_format("custom"))
    assert tab.is_blocked
    tab.template = '{"ask": "{{input}}"}'
    asyncio.run(tab._changed())
    assert warning(tab, "custom") == ""


def test_a_template_with_a_fault_leaves_the_other_cards_alone(tab: ExportTabState) -> None:
    tab.template = '{"better": '
    show(tab, SUMS)
    assert warning(tab, "openai") == ""
    assert not tab.is_blocked


def test_an_export_that_failed_is_in_the_history_until_it_is_tried_again(
    tab: ExportTabState,
) -> None:
    job = order_export(SUMS, "trl_sft", options=ExportOptions(include_test=False))
    assert history() == []
    fail(job)
    [row] = history()
    assert (row.dataset, row.failure, row.size) == ("sums", "There is no room left.", "–")
    asyncio.run(tab.retry(row.id))
    assert (tab._started_job, tab.is_running) == (job.id, True)
    assert history() == []


def test_a_cancelled_export_is_called_that_and_can_be_made_again(tab: ExportTabState) -> None:
    job = order_export(SUMS, "trl_sft")
    with unit_of_work() as session:
        jobs.begin_job(session, job.id, 0, "w")
        jobs.settle_job(session, job.id, "w", JobStatus.CANCELLED)
    [row] = history()
    assert (row.is_cancelled, row.has_file, row.failure, row.kept) == (True, False, "", "")
    asyncio.run(tab.retry(row.id))
    assert tab._started_job == job.id


@pytest.mark.parametrize("read", ["summarise_training", "describe_preview"])
def test_what_cannot_be_read_is_read_again_and_nothing_else_is_exported(
    tab: ExportTabState, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotAvailableError("The database did not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(f"rft_app.ui.state.export_tab.{read}", fail)
        asyncio.run(tab._show_dataset(TRIPS, WHOLE))
    assert (tab.dataset_id, tab.is_blocked) == (TRIPS, True)
    assert (tab.read_fault, tab.fault) == ("The database did not answer.", "")
    assert tab.preview.rows == []

    asyncio.run(tab.read_again())
    assert (tab.read_fault, tab.is_blocked) == ("", False)
    assert tab.summary.agents == "agent planner"


def test_others_may_write_while_an_export_is_worked_out(
    tab: ExportTabState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def preview(*args: Any, **kwargs: Any) -> ExportPreview:
        with unit_of_work():  # it could not begin if the handler held the lock
            return describe_preview(*args, **kwargs)

    monkeypatch.setattr("rft_app.services.exports.describe_preview", preview)
    asyncio.run(tab.start())
    assert (tab.fault, tab.is_running) == ("", True)


def test_answers_that_earned_nothing_are_told_and_a_smallest_grade_leaves_them_out(
    tab: ExportTabState,
) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_graded"))
        session.flush()
        for seq in range(201, 211):
            reward = float(seq % 5 > 0)
            said = [("user", f"What is {seq}?"), ("assistant", f"It is {seq}. " * 400)]
            messages = [{"role": role, "content": words} for role, words in said]
            facet = Facet(reward_bin=reward_bin(reward))
            session.add_all(make_trace_rows(seq, {"messages": messages}, dataset_id="ds_graded"))
            session.add(make_record_row(seq, dataset_id="ds_graded", facet=facet, reward=reward))
        session.flush()
        refresh_counts(session, "ds_graded")
    tab.chosen = "trl_sft"
    show(tab, "ds_graded")
    assert tab.preview.zero_reward.startswith("2 rows would teach an answer")
    assert tab.preview.too_long.endswith("10 rows above 1,024 tokens.")
    assert tab.preview.limit_option == "SFTConfig(max_length=2048)"

    asyncio.run(tab.set_text("min_grade", "0.5"))
    assert (tab.preview.examples, tab.preview.zero_reward) == ("8 records", "")


def test_what_fails_while_another_dataset_is_shown_is_told_in_the_history_alone(
    tab: ExportTabState,
) -> None:
    job = order_export(TRIPS, "trl_sft")
    tab._await_file(job)
    assert not tab.is_running
    fail(job)
    asyncio.run(tab._follow_job())
    assert (tab.fault, tab._started_job) == ("", "")
    assert [row.dataset for row in tab.history] == ["trips"]
