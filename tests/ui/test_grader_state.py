"""The grader's dialog: its form, and what it says of the provider, without a browser."""

import asyncio
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest
import reflex as rx

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import JudgeSpec, StringCheckSpec
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.jobs.queue import cancel_job, enqueue
from rft_app.services import graders
from rft_app.services.models import list_models
from rft_app.services.run_estimates import RunEstimate
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import begin_step, fail_step
from rft_app.ui.state import dry_run, grader
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.grader import GraderState
from tests.builders import SOME_DAY, make_dataset_row

DATASET = "ds_orders"
StateT = TypeVar("StateT", bound=rx.State)


def make(kind: type[StateT]) -> StateT:
    """One visitor's state."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(kind.get_full_name().split("."))
    assert isinstance(found, kind)
    return found


@pytest.fixture
def dialog() -> GraderState:
    """The dialog of a dataset."""
    found = make(GraderState)
    found._dataset_id, found._is_open = DATASET, True
    return found


def test_the_form_is_checked_outside_the_event_loop(
    dialog: GraderState, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(grader, "check_grader", lambda _: threads.append(threading.get_ident()))
    asyncio.run(GraderState.edit.fn(dialog, "weight", "2"))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_credentials_in_the_providers_address_are_not_shown(
    dialog: GraderState, database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_LLM_BASE_URL", "https://me:hunter2@llm.example.com:8443/v1")
    monkeypatch.setenv("RFT_LLM_MODELS", "good")
    get_settings.cache_clear()
    asyncio.run(dialog._show_models())
    assert dialog.provider == "llm.example.com:8443"
    with reading() as session:
        found = list_models(session)
    assert found.base_url == "https://llm.example.com:8443/v1"


def test_a_judge_by_the_embedded_model_is_called_none(
    dialog: GraderState, database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_LLM_BASE_URL", "https://llm.example.com/v1")
    monkeypatch.setenv("RFT_LLM_MODELS", "good")
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "on")
    get_settings.cache_clear()
    asyncio.run(dialog._show_models())
    assert (dialog.is_demo, dialog.asked) == (False, "asks llm.example.com · paid")
    dialog.draft = replace(dialog.draft, model="smollm2-135m")
    assert (dialog.is_demo, dialog.asked) == (
        True,
        "asks the embedded model · free, runs here",
    )
    monkeypatch.delenv("RFT_LLM_MODELS")
    get_settings.cache_clear()
    dialog.draft = replace(dialog.draft, model="")
    asyncio.run(dialog._show_models())
    assert dialog.is_demo
    assert dialog.first_model == "smollm2-135m, demo quality"


def test_the_cost_is_worked_out_once_the_settings_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    dialog, asked = make(DryRunState), []
    dialog._dataset_id = DATASET

    def estimate(session: object, dataset_id: str, settings: DryRunSettings) -> RunEstimate:
        asked.append(settings.num_records)
        return RunEstimate(None, None)

    async def ask(question: Callable[[object], object]) -> object:
        return question(None)

    async def type_on() -> None:
        for text in ("1", "12", "120"):
            dialog.num_records = text
            typing.append(asyncio.create_task(DryRunState.estimate.fn(dialog)))
            await asyncio.sleep(0)
        await asyncio.gather(*typing)

    typing: list[asyncio.Task[None]] = []
    monkeypatch.setattr(dry_run, "estimate_dry_run", estimate)
    monkeypatch.setattr(dry_run, "ask", ask)
    monkeypatch.setattr(dry_run, "SETTLED_S", 0.01)
    asyncio.run(type_on())
    assert asked == [120]
    assert dialog.effect == "Free, runs on this machine."


def test_another_grader_makes_the_estimate_stale(database: Path) -> None:
    dialog = make(DryRunState)
    dialog._dataset_id = DATASET
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
    marks = [asyncio.run(dialog._read_mark())]
    for spec in (StringCheckSpec(), JudgeSpec(prompt="Good? {{sample.output_text}}")):
        with unit_of_work() as session:
            graders.save_grader(session, DATASET, spec)
        marks.append(asyncio.run(dialog._read_mark()))
    assert marks[0] == ""
    assert len(set(marks)) == 3


def test_a_stopped_run_goes_on_from_its_dialog(monkeypatch: pytest.MonkeyPatch) -> None:
    dialog, asked = make(DryRunState), []
    dialog._dataset_id, dialog._stopped_job, dialog.left = DATASET, "job_1", "20 of 30 left, free."

    def go_on(session: object, dataset_id: str, job_id: str, budget_usd: float | None) -> Job:
        asked.append((dataset_id, job_id, budget_usd))
        return Job(
            id=job_id,
            kind="dry_run",
            status=JobStatus.QUEUED,
            created_at=SOME_DAY,
            updated_at=SOME_DAY,
        )

    async def tell(question: Callable[[object], object]) -> object:
        return question(None)

    monkeypatch.setattr(dry_run, "go_on", go_on)
    monkeypatch.setattr(dry_run, "tell", tell)
    dialog.budget = "$2,50"
    asyncio.run(DryRunState.go_on.fn(dialog))
    assert asked == [(DATASET, "job_1", 2.5)]
    assert (dialog.is_running, dialog.job.id, dialog.left) == (True, "job_1", "")


def test_what_is_left_is_worked_out_anew_only_when_something_changed(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog, asked = make(DryRunState), []
    dialog._dataset_id = DATASET
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        graders.save_grader(session, DATASET, StringCheckSpec())
        job = enqueue(session, "dry_run", DATASET, {})
    with unit_of_work() as session:
        cancel_job(session, job.id)
        begin_step(session, DATASET, StepName.DRY_RUN, job.id)
        fail_step(session, DATASET, StepName.DRY_RUN, "No credit.")

    def find_stopped(_session: object, dataset_id: str, job_id: str) -> None:
        asked.append((dataset_id, job_id))

    monkeypatch.setattr(dry_run, "find_stopped", find_stopped)
    for _ in range(3):
        asyncio.run(dialog._refresh())
    assert dialog.fault == ""
    assert asked == [(DATASET, job.id)]
    with unit_of_work() as session:
        graders.save_grader(session, DATASET, JudgeSpec(prompt="Good? {{sample.output_text}}"))
    for _ in range(2):
        asyncio.run(dialog._refresh())
    assert len(asked) == 2


def given(name: str, text: str) -> rx.UploadFile:
    """A file as it comes from the browser."""
    return rx.UploadFile(BytesIO(text.encode()), Path(name))


async def nothing(_: object) -> None:
    """In the place of a check that needs the page."""


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (given("a.py", "def grade(sample):\n    return 1\n"), "a.py cannot be loaded. .* two"),
        (given("a.py", "def grade(\n"), "a.py cannot be loaded. .*in line 1"),
        (given("a.json", "[" * 9), "a.json cannot be loaded. It is not JSON"),
        (given("big.json", " " * 1_000_001), "big.json cannot be loaded. It is larger than"),
    ],
)
def test_a_file_that_cannot_be_taken_leaves_the_form(
    dialog: GraderState, file: rx.UploadFile, words: str
) -> None:
    before = dialog.draft
    asyncio.run(GraderState.load_file.fn(dialog, [file]))
    assert re.search(words, dialog.load_fault)
    assert dialog.draft == before


def test_a_file_fills_the_form_unless_changes_would_be_lost(
    dialog: GraderState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GraderState, "_check", nothing)
    file = given("a.json", '{"kind": "string_check", "reference": "way"}')
    dialog.load_fault, dialog.has_changes = "", True
    asyncio.run(GraderState.load_file.fn(dialog, [file]))
    assert dialog.draft.kind == "script"
    assert "Save or discard" in dialog.load_fault
    dialog.has_changes = False
    file = given("a.json", '{"kind": "string_check", "reference": "way"}')
    asyncio.run(GraderState.load_file.fn(dialog, [file]))
    assert (dialog.draft.kind, dialog.draft.reference) == ("string_check", "way")
    assert dialog.load_fault == ""
