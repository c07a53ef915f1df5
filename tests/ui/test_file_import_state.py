"""The dialog that reads a file while its job goes on, its tab goes away and comes back."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
import reflex as rx

from rft_app.domain.imports import GivenFile
from rft_app.domain.job import Job, JobStatus
from rft_app.errors import BusyError, NotAvailableError, RftError
from rft_app.settings import get_settings
from rft_app.ui.state import file_import
from rft_app.ui.state.import_records import ImportResult
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.trace_import import TraceImportState
from tests.ui.test_import_result import make_job

DONE = ImportResult("500 rows imported.")


class Jobs:
    """A job that is asked for; the tab goes away after so many changes."""

    def __init__(self) -> None:
        self.job, self.num_changes, self.is_failing = make_job(JobStatus.RUNNING), 1, False
        self.then: Callable[[], object] = lambda: None

    def get(self, _session: object, _job_id: str) -> Job:
        if self.is_failing:
            raise NotAvailableError("The database did not answer.")
        return self.job

    async def changes(self, _token: str) -> AsyncGenerator[None]:
        for _ in range(self.num_changes):
            await asyncio.sleep(0)
            yield
            self.then()


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    found = Jobs()

    async def ask(question: Callable[[object], object]) -> object:
        return question(None)

    monkeypatch.setattr(file_import, "ask", ask)
    monkeypatch.setattr(file_import, "get_job", found.get)
    monkeypatch.setattr(file_import, "changes", found.changes)
    monkeypatch.setattr(file_import, "_read_result", lambda *_: (DONE, []))
    return found


@pytest.fixture
def dialog(jobs: Jobs) -> TraceImportState:
    """Open, with a job that runs."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(TraceImportState.get_full_name().split("."))
    assert isinstance(found, TraceImportState)
    found.is_open, found.is_running, found.job = True, True, JobProgress.of(jobs.job)
    return found


def follow(dialog: TraceImportState) -> None:
    asyncio.run(TraceImportState.follow.fn(dialog))


def test_a_job_that_still_runs_when_the_tab_goes_has_no_result_yet(
    dialog: TraceImportState, jobs: Jobs
) -> None:
    follow(dialog)
    assert (dialog.is_running, dialog.result.title) == (True, "")

    jobs.job = make_job(JobStatus.DONE)
    assert TraceImportState.open.fn(dialog) is TraceImportState.follow
    follow(dialog)
    assert (dialog.is_running, dialog.result) == (False, DONE)
    assert TraceImportState.open.fn(dialog) is None


def test_a_job_is_followed_once_at_a_time(dialog: TraceImportState, jobs: Jobs) -> None:
    asked: list[bool] = []

    async def both() -> None:
        await asyncio.gather(*(TraceImportState.follow.fn(dialog) for _ in range(2)))

    jobs.then = lambda: asked.append(dialog.is_running)
    asyncio.run(both())
    assert asked == [True]


def test_a_job_that_cannot_be_read_leaves_the_button_usable(
    dialog: TraceImportState, jobs: Jobs
) -> None:
    jobs.is_failing = True
    follow(dialog)
    assert (dialog.is_running, dialog.fault) == (False, "The database did not answer.")
    jobs.is_failing, dialog.is_running = False, True
    jobs.job = make_job(JobStatus.DONE)
    follow(dialog)
    assert dialog.result == DONE


def test_files_that_belong_together_are_given_to_one_job(
    dialog: TraceImportState, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = get_settings().folder("uploads")
    started: list[GivenFile] = []

    async def begin(_dialog: TraceImportState, file: GivenFile) -> object:
        started.append(file)
        return file

    answers: list[RftError | Job] = [BusyError("Busy."), make_job(JobStatus.QUEUED)]

    async def tell(_order: object) -> Job:
        answer = answers.pop(0)
        if isinstance(answer, RftError):
            raise answer
        return answer

    async def take(name: str, row: bytes) -> None:
        path = folder / name
        path.write_bytes(row)
        dialog._path, dialog._received = str(path), [GivenFile(path, name)]
        await TraceImportState._look(dialog, is_new=True)

    async def choose() -> None:
        for name in ("wrong.jsonl", "output.jsonl", "input.jsonl"):
            await take(name, b'{"from": "%b"}' % name.encode())
        for place in (0, 2):  # the second click finds it gone
            TraceImportState.drop_file.fn(dialog, place)
        assert await TraceImportState.start.fn(dialog) is None
        assert (dialog.fault, len(list(folder.iterdir()))) == ("Busy.", 2)
        assert await TraceImportState.start.fn(dialog) is TraceImportState.follow

    monkeypatch.setattr(TraceImportState, "_begin", begin)
    monkeypatch.setattr(file_import, "tell", tell)
    dialog.is_running = False
    asyncio.run(choose())

    _, file = started
    assert file.name == "output.jsonl + input.jsonl"
    assert file.path.read_bytes() == b'{"from": "output.jsonl"}\n{"from": "input.jsonl"}\n'
    assert list(folder.iterdir()) == [file.path]
    assert (dialog.is_running, dialog.file_names, dialog.can_add) == (True, [], True)
