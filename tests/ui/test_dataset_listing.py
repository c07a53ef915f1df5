"""What the list of datasets shows: a page, and numbers that are about all of it."""

from pathlib import Path

import pytest

from rft_app.domain.dataset import DatasetFilter, DatasetPhase
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.services.datasets import list_choices
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step
from rft_app.ui.state import datasets
from rft_app.ui.state.datasets import read_listing
from tests.builders import make_dataset_row


@pytest.fixture(autouse=True)
def five(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five datasets, two on a page; the last one failed."""
    monkeypatch.setattr(datasets, "PAGE_SIZE", 2)
    with unit_of_work() as session:
        session.add_all(
            make_dataset_row(f"ds_{number}", name=f"n{number}", num_records=number)
            for number in range(5)
        )
        session.flush()
        failed = StepResult(outcome=StepStatus.FAILED, summary="broke")
        finish_step(session, "ds_4", StepName.EXTRACT, failed, settings={}, input_hash="traces=0")


def test_a_page_is_sent_and_all_are_counted() -> None:
    first = read_listing(DatasetFilter(sort="records"), None)
    assert [card.id for card in first.cards] == ["ds_4", "ds_3"]
    assert first.totals == "5 datasets · 10 records · 1 needs attention"
    assert (first.num_all, first.num_matching) == (5, 5)
    second = read_listing(DatasetFilter(sort="records"), first.next_cursor)
    last = read_listing(DatasetFilter(sort="records"), second.next_cursor)
    assert [card.id for card in (*second.cards, *last.cards)] == ["ds_2", "ds_1", "ds_0"]
    assert last.next_cursor is None


def test_filters_count_what_the_search_leaves() -> None:
    found = read_listing(DatasetFilter(search="n4", phase=DatasetPhase.IN_PROGRESS), None)
    numbers = {phase.name: phase.number for phase in found.phases}
    assert (numbers["all"], numbers["attention"], numbers["in_progress"]) == (1, 1, 0)
    assert (found.cards, found.num_matching, found.num_all) == ([], 0, 5)


def test_a_menu_offers_the_latest_and_the_one_an_address_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rft_app.services.datasets.list_names", lambda _session: [])
    with reading() as session:
        assert [one.id for one in list_choices(session, "n3")] == ["ds_3"]
        assert list_choices(session, "nothing") == []
