"""The create page once its button was pressed, without a browser."""

import asyncio
from collections.abc import Callable

import pytest
import reflex as rx

from rft_app.domain.dataset import Dataset
from rft_app.errors import ConflictError
from rft_app.ui.state import create
from rft_app.ui.state.create import TRACES, UPLOAD, CreateState
from rft_app.ui.state.upload import READY
from rft_app.ui.state.upload_view import UploadView
from tests.builders import make_dataset


@pytest.fixture
def page() -> CreateState:
    """A file that was read, and what is to become of it."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(CreateState.get_full_name().split("."))
    assert isinstance(found, CreateState)
    found.tab, found.stage, found.view = UPLOAD, READY, UploadView(is_readable=True)
    found.name, found.objective = "Orders", "Say where they are"
    return found


def press(page: CreateState, monkeypatch: pytest.MonkeyPatch, how: Callable[[], Dataset]) -> object:
    """Press the button; returns the last event."""

    async def tell(_order: object) -> Dataset:
        return how()

    async def follow() -> object:
        return [event async for event in CreateState.create.fn(page)][-1]

    monkeypatch.setattr(create, "tell", tell)
    return asyncio.run(follow())


def test_the_page_stays_as_it_is_until_the_canvas_is_there(
    page: CreateState, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.is_begun
    last = press(page, monkeypatch, lambda: make_dataset({}))
    assert f"/optimization/{make_dataset({}).id}" in str(last)
    assert (page.tab, page.stage, page.name) == (UPLOAD, READY, "Orders")
    assert page.is_creating
    assert not page.is_begun, "nothing is lost any more"


def test_a_dataset_that_was_not_created_can_be_tried_again(
    page: CreateState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Dataset:
        raise ConflictError("Another import reads this file.")

    press(page, monkeypatch, fail)
    assert page.create_error == "Another import reads this file."
    assert (page.is_creating, page.is_begun) == (False, True)


def test_a_filter_is_taken_up_at_once_and_counted_without_the_lock(page: CreateState) -> None:
    page.is_counting, page.takes_all, page.num_matching = False, True, 9
    page.tab = TRACES
    assert (page.blocker, page.selected_words) == ("", "9 selected")
    event = CreateState.choose.fn(page, "tag", "beta")
    assert event is CreateState.look_up
    assert (page.wanted.tag, page.num_filters) == ("beta", 2)
    assert (page.selected_words, page.blocker) == ("Counting…", "Counting what matches.")
