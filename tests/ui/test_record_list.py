"""What the list of records shows while a page is read, and where it cannot be read."""

import asyncio

import pytest

from rft_app.domain.record import SourceType, record_id
from rft_app.domain.record_page import RecordPage, RecordSummary
from rft_app.errors import ConflictError
from rft_app.ui.state import record_list
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.records import RecordsState

ROW = RecordRow.of(
    RecordSummary(
        id=record_id(1), title="Hi", source_type=SourceType.TRACE, num_messages=2, num_tokens=1
    )
)


@pytest.fixture
def overlay() -> RecordsState:
    """One that shows a row of all records."""
    state = RecordsState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.rows, state.is_loading = [ROW], False
    return state


def answer(monkeypatch: pytest.MonkeyPatch, page: RecordPage | None) -> None:
    """Let every question be answered with a page; with an error where there is none."""

    async def ask(_: object) -> object:
        if page is None:
            raise ConflictError("The database did not answer.")
        return record_list._Page(page, [])

    monkeypatch.setattr(record_list, "ask", ask)


def show_wanted(overlay: RecordsState) -> None:
    asyncio.run(RecordsState.show_wanted.fn(overlay))


def search(overlay: RecordsState, text: str) -> object:
    return RecordsState.search_for.fn(overlay, text)


def test_other_conditions_show_at_once_and_the_old_rows_as_such(overlay: RecordsState) -> None:
    assert search(overlay, "refund") is not None
    assert [chip.words for chip in overlay.chips] == ["“refund”"]
    assert (overlay.is_turning, overlay.rows) == (True, [ROW])
    assert search(overlay, "refund ") is None


def test_rows_of_other_conditions_do_not_stay_where_the_page_cannot_be_read(
    overlay: RecordsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, None)
    search(overlay, "refund")
    show_wanted(overlay)
    assert (overlay.rows, overlay.is_turning) == ([], False)
    assert overlay.fault == "The database did not answer."


def test_a_page_that_cannot_be_turned_to_leaves_the_rows_there_are(
    overlay: RecordsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, None)
    asyncio.run(overlay._turn_to(["n1"]))
    assert (overlay.rows, overlay.fault) == ([ROW], "The database did not answer.")


@pytest.mark.parametrize(("text", "named"), [(" rec_ff ", "rec_ff"), ("rec_", ""), ("refund", "")])
def test_an_id_that_is_not_found_is_named(
    overlay: RecordsState, monkeypatch: pytest.MonkeyPatch, text: str, named: str
) -> None:
    answer(monkeypatch, RecordPage(rows=(), total=0))
    search(overlay, text)
    show_wanted(overlay)
    assert (overlay.named_id, overlay.is_turning) == (named, False)


def test_the_next_visit_begins_with_nothing_of_this_one(overlay: RecordsState) -> None:
    RecordsState.leave.fn(overlay)
    assert (overlay.rows, overlay.is_loading) == ([], True)
