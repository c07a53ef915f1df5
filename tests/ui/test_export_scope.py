"""Which records the Export tab is about, from its state to the database, without a browser."""

import asyncio
from pathlib import Path

import pytest
import reflex as rx

from rft_app.domain.facet import Facet
from rft_app.domain.record import RecordFilter, Selection, record_id
from rft_app.domain.validity import Reason
from rft_app.errors import ConflictError
from rft_app.services.datasets import list_datasets
from rft_app.services.record_changes import archive_records
from rft_app.services.snapshots import create_snapshot
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.ui.state.choice import pick_dataset
from rft_app.ui.state.export_scope import CHOSEN, WHOLE
from rft_app.ui.state.export_tab import ExportTabState
from tests.builders import make_dataset_row, make_record_row, make_trace_rows

SUMS, TRIPS = "ds_sums", "ds_trips"
THREE = Selection(only=(record_id(1), record_id(2), record_id(11)))
"""Two good ones and the invalid one."""


def add_dataset(dataset_id: str, first: int) -> None:
    """Ten good records and an invalid one, with keys from `first`."""
    with unit_of_work() as session:
        session.add(make_dataset_row(dataset_id, name=dataset_id.removeprefix("ds_")))
        session.flush()
        for seq in range(first, first + 11):
            said = [("user", f"What is {seq}?"), ("assistant", f"It is {seq}.")]
            messages = [{"role": role, "content": words} for role, words in said]
            facet = Facet(reason=Reason.EMPTY_CONTENT) if seq == first + 10 else Facet()
            session.add_all(make_trace_rows(seq, {"messages": messages}, dataset_id=dataset_id))
            session.add(make_record_row(seq, dataset_id=dataset_id, facet=facet))
        session.flush()
        refresh_counts(session, dataset_id)


@pytest.fixture
def tab(database: Path) -> ExportTabState:
    """The state of a visitor who has chosen nothing yet; there are two datasets."""
    add_dataset(SUMS, 1)
    add_dataset(TRIPS, 101)
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(ExportTabState.get_full_name().split("."))
    assert isinstance(found, ExportTabState)
    return found


def show(tab: ExportTabState, dataset_id: str, scope: str) -> None:
    """What an address leads to."""
    asyncio.run(tab._show_dataset(dataset_id, scope))
    assert not tab.read_fault


def test_chosen_records_are_what_is_exported(tab: ExportTabState) -> None:
    show(tab, SUMS, tab.take(SUMS, THREE, []))
    assert tab.scope == CHOSEN
    assert tab.chosen_records.words == "3 selected records"
    assert tab.chosen_records.left_out == "1 invalid or repeated, left out"
    assert tab.preview.examples == "2 records"
    assert "10 usable records" in tab.summary.usable


def test_what_was_deleted_since_is_said(tab: ExportTabState) -> None:
    scope = tab.take(SUMS, THREE, [])
    with unit_of_work() as session:
        archive_records(session, SUMS, Selection(only=(record_id(1),)))
    show(tab, SUMS, scope)
    assert tab.chosen_records.words == "2 selected records"
    assert tab.chosen_records.left_out.startswith("1 deleted since")
    assert tab.preview.examples == "1 record"


def test_all_that_match_but_one_are_exported_in_the_words_of_the_filter(
    tab: ExportTabState,
) -> None:
    valid = Selection(filter=RecordFilter(is_valid=True), excluded=(record_id(3),))
    show(tab, SUMS, tab.take(SUMS, valid, ["Valid"]))
    assert tab.chosen_records.option == "9 records: Valid · all but 1"
    assert tab.preview.examples == "9 records"


def test_records_that_are_not_known_here_are_the_whole_dataset_and_it_is_said(
    tab: ExportTabState,
) -> None:
    show(tab, SUMS, CHOSEN)
    assert (tab.scope, tab.preview.examples) == (WHOLE, "10 records")
    assert "known only to the tab" in tab.scope_note
    tab.take(SUMS, THREE, [])
    show(tab, TRIPS, CHOSEN)
    assert (tab.scope, tab.preview.examples) == (WHOLE, "10 records")
    assert not tab.chosen_records.option


def test_everything_is_no_choice(tab: ExportTabState) -> None:
    assert tab.take(SUMS, Selection(), []) == WHOLE


def test_a_snapshot_is_taken_as_it_is(tab: ExportTabState) -> None:
    with unit_of_work() as session:
        frozen = create_snapshot(session, SUMS, "before")
        archive_records(session, SUMS, Selection(only=(record_id(1), record_id(2))))
    tab.balance, tab.min_grade = True, "0.9"
    show(tab, SUMS, frozen.id)
    assert tab.preview.examples == "10 records"
    show(tab, SUMS, "snap_gone")
    assert tab.scope == WHOLE
    assert "no such snapshot" in tab.scope_note


def test_the_smallest_grade_narrows_chosen_records(tab: ExportTabState) -> None:
    tab.min_grade = "0.5"
    show(tab, SUMS, tab.take(SUMS, THREE, []))
    assert tab.is_blocked
    assert "among those selected with a recorded reward of at least 0.5" in tab.preview_fault
    tab.min_grade = "half"
    show(tab, SUMS, CHOSEN)
    assert tab.faulty == "min_grade"


def test_a_dataset_that_was_deleted_is_chosen_no_longer(tab: ExportTabState) -> None:
    show(tab, SUMS, WHOLE)
    tab._changed_at = {}
    asyncio.run(tab._keep_current())
    assert (tab.dataset_id, tab.is_blocked) == ("", True)


def test_what_cannot_be_read_is_said(tab: ExportTabState, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConflictError("The database does not answer.")

    monkeypatch.setattr("rft_app.ui.state.export_tab.list_choices", fail)
    asyncio.run(tab._refresh(is_forced=True))
    assert (tab.fault, tab.is_loading) == ("The database does not answer.", False)


def test_the_only_dataset_is_chosen_by_itself(tab: ExportTabState) -> None:
    with reading() as session:
        both = list_datasets(session)
    assert pick_dataset(both, "") == ""
    assert pick_dataset(both, "trips") == pick_dataset(both, TRIPS) == TRIPS
    assert pick_dataset(both[:1], "") == both[0].id
    assert pick_dataset(both[:1], "gone") == ""


def test_options_are_found_again_and_an_empty_number_is_the_usual_one(tab: ExportTabState) -> None:
    show(tab, SUMS, WHOLE)
    tab.threshold, tab.margin = "0.25", ""
    options, _ = tab._asked()
    assert (options.threshold, options.margin) == (0.25, 0.1)
    tab.remembered = tab._to_remember("trl_kto")
    tab._enter()
    assert (tab.threshold, tab.margin) == ("0.25", "")
