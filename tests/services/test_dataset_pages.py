"""Pages of datasets: every one once, in each order, whatever happens between two pages."""

from datetime import UTC, datetime, timedelta

import pytest

from rft_app.domain.dataset import DatasetFilter, DatasetPhase, DatasetSort
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.dataset_naming import get_named
from rft_app.services.datasets import find_name, list_names, list_page, map_phases
from rft_app.storage.datasets import touch
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step
from rft_app.storage.tables import DatasetRow
from tests.builders import make_dataset_row

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = ["alpha", "Beta", "ÄRGER", "beta", "gamma", "ärger"]


@pytest.fixture(autouse=True)
def datasets(any_database: str) -> None:
    with unit_of_work() as session:
        for number, name in enumerate(NAMES):
            session.add(
                DatasetRow(
                    id=f"ds_{number}",
                    name=name,
                    objective="Answer %_ questions",
                    source="upload",
                    created_at=NOON,
                    updated_at=NOON + timedelta(minutes=number // 2),
                    num_records=number % 3,
                )
            )


def read_pages(wanted: DatasetFilter, limit: int = 2) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        with reading() as session:
            page = list_page(session, wanted, cursor=cursor, limit=limit)
        pages.append([dataset.id for dataset in page.rows])
        cursor = page.next_cursor
    return pages


def fail(dataset_id: str) -> None:
    result = StepResult(outcome=StepStatus.FAILED, summary="broke")
    with unit_of_work() as session:
        finish_step(
            session, dataset_id, StepName.EXTRACT, result, settings={}, input_hash="traces=0"
        )


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("updated", ["ds_5", "ds_4", "ds_3", "ds_2", "ds_1", "ds_0"]),
        ("records", ["ds_5", "ds_2", "ds_4", "ds_1", "ds_3", "ds_0"]),
    ],
)
def test_pages_hold_every_dataset_once_in_order(sort: DatasetSort, ids: list[str]) -> None:
    pages = read_pages(DatasetFilter(sort=sort), limit=4)
    assert [len(page) for page in pages] == [4, 2]
    assert [id_ for page in pages for id_ in page] == ids


def test_names_are_ordered_and_found_whatever_their_case() -> None:
    by_name = [id_ for page in read_pages(DatasetFilter(sort="name")) for id_ in page]
    assert sorted(by_name) == [f"ds_{number}" for number in range(6)]
    assert by_name.index("ds_1") + 1 == by_name.index("ds_3")
    assert by_name.index("ds_2") + 1 == by_name.index("ds_5")
    assert read_pages(DatasetFilter(search="Ärger QUEST", sort="name")) == [["ds_2", "ds_5"]]
    assert read_pages(DatasetFilter(search="%_ questions alp")) == [["ds_0"]]
    assert read_pages(DatasetFilter(search="beta gamma")) == [[]]


def test_a_dataset_that_changes_between_two_pages_hides_no_other() -> None:
    with reading() as session:
        first = list_page(session, DatasetFilter(), limit=3)
    with unit_of_work() as session:
        touch(session, first.rows[-1].id)
    with reading() as session:
        rest = list_page(session, DatasetFilter(), cursor=first.next_cursor, limit=3)
    assert [dataset.id for dataset in rest.rows] == ["ds_2", "ds_1", "ds_0"]


def test_a_phase_pages_on_the_server_too() -> None:
    for dataset_id in ("ds_1", "ds_3", "ds_4"):
        fail(dataset_id)
    attention = DatasetFilter(phase=DatasetPhase.ATTENTION, sort="records")
    assert read_pages(attention) == [["ds_4", "ds_1"], ["ds_3"]]
    with reading() as session:
        phases = map_phases(session)
    assert {id_ for id_, phase in phases.items() if phase is DatasetPhase.ATTENTION} == {
        "ds_1", "ds_3", "ds_4",
    }  # fmt: skip


def test_menus_get_the_latest_and_addresses_any() -> None:
    with reading() as session:
        assert [one.id for one in list_names(session, limit=2)] == ["ds_5", "ds_4"]
        assert [one.id for one in list_names(session, "alpha")] == ["ds_0"]
        named = [find_name(session, wanted) for wanted in ("ds_0", "gamma", "nothing", "")]
    assert [one and one.id for one in named] == ["ds_0", "ds_4", None, None]


@pytest.mark.parametrize(
    "cursor", ["", "x", "ds_1", "W10", "ü", "WyJ1cGRhdGVkIiwxLCJhIl0", "\ud800"]
)
def test_what_no_page_gave_is_no_cursor(cursor: str) -> None:
    with reading() as session, pytest.raises(InvalidInputError, match="no cursor"):
        list_page(session, DatasetFilter(), cursor=cursor)


def test_a_cursor_belongs_to_one_order() -> None:
    with reading() as session:
        page = list_page(session, DatasetFilter(sort="name"), limit=1)
        with pytest.raises(InvalidInputError, match="no cursor"):
            list_page(session, DatasetFilter(sort="records"), cursor=page.next_cursor)


def test_a_name_is_found_by_itself_whatever_its_letters() -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row("ds_9", name="Große Straße"))
    with reading() as session:
        assert [found.id for found in list_names(session, "straße")] == ["ds_9"]


def test_a_name_is_the_one_that_is_written_so_else_the_only_one_that_is_written_alike() -> None:
    with reading() as session:
        meant = [get_named(session, wanted).id for wanted in ("ds_0", "Beta", "beta", "GAMMA")]
        assert meant == ["ds_0", "ds_1", "ds_3", "ds_4"]
        with pytest.raises(InvalidInputError, match=r"2 datasets are named 'BETA'.*: ds_3, ds_1"):
            get_named(session, "BETA")
        with pytest.raises(NotFoundError, match="did you mean 'alpha'"):
            get_named(session, "Alpa")
        with pytest.raises(NotFoundError, match="may have been deleted"):
            get_named(session, "%")
