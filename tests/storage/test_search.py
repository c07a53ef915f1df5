import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_app.domain.record import RecordFilter, Selection, record_id
from rft_app.domain.record_page import RecordPage
from rft_app.services.records import list_records
from rft_app.storage import record_seeks, search
from rft_app.storage.record_counts import count_selection, refresh_counts
from rft_app.storage.record_pages import list_page
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row, make_record_row

TEXTS = {
    1: "Change my flight to Zürich",
    2: "Change the seat, it's too narrow: can't sit",
    3: "refund\nfor a FLIGHT that was cancelled",
    4: "東京 tickets 3.14",
    5: "a user@example.com wrote NOT OR AND near(x)",
}
LIKELY = st.sampled_from(["change", "FLI", '"', "'", "*", " ", "NOT", "(", ":", "\\", "é", "\0"])


@pytest.fixture
def indexed(any_database: str) -> str:
    with unit_of_work() as session:
        session.add(make_dataset_row())
        session.add(make_dataset_row("ds_b"))
        session.flush()
        session.add_all(make_record_row(seq) for seq in TEXTS)
        session.add(make_record_row(6, dataset_id="ds_b"))
        session.flush()
        search.add_texts(session, [*TEXTS.items(), (6, TEXTS[1])])
        refresh_counts(session, "ds_a")
    return any_database


def find(text: str, *, is_valid: bool | None = None) -> RecordPage:
    with reading() as session:
        return list_records(session, "ds_a", RecordFilter(search=text, is_valid=is_valid))


def ids(*seqs: int) -> list[str]:
    return [record_id(seq) for seq in seqs]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flight", [3, 1]),
        ("FLIGHT change", [1]),
        ("chan", [2, 1]),
        ("chan flight", []),
        ("flight zür", [1]),
        ("flight z", []),
        ("東", [4]),
        ("can't sit", [2]),
        ("東京", [4]),
        ("user@example.com", [5]),
        ("near(x)", [5]),
        ("NOT", [5]),
        ("xylophone", []),
        ("", [5, 4, 3, 2, 1]),
        (' "*() ', [5, 4, 3, 2, 1]),
    ],
)
def test_all_words_must_occur_and_the_last_may_be_a_beginning(
    indexed: str, text: str, found: list[int]
) -> None:
    page = find(text)
    assert [row.id for row in page.rows] == ids(*found)
    assert page.total == len(found)


@given(text=st.text(st.characters(exclude_categories=())) | st.lists(LIKELY).map("".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_a_safe_search(indexed: str, text: str) -> None:
    page = find(text)
    assert page.total == len(page.rows)


@given(text=st.text(min_size=1, max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_text_is_found_by_itself(indexed: str, text: str) -> None:
    with unit_of_work() as session:
        session.add(make_record_row(100))
        session.flush()
        search.add_texts(session, [(100, text)])
        refresh_counts(session, "ds_a")
        found = list_page(session, "ds_a", RecordFilter(search=text))
        session.rollback()
    assert record_id(100) in [row.id for row in found.rows]


def test_search_and_filter_hold_together(indexed: str) -> None:
    assert find("flight", is_valid=False).total == 0
    assert find("flight", is_valid=True).total == 2


@pytest.mark.parametrize("text", ["rec_2", " rec_2\n"])
def test_the_id_of_a_record_finds_that_record_alone(indexed: str, text: str) -> None:
    with unit_of_work() as session:
        session.add(make_record_row(16, title="other"))
        session.flush()
        search.add_texts(session, [(16, "rec 2 and rec_2, in words")])
        refresh_counts(session, "ds_a")
    page = find(text)
    assert ([row.id for row in page.rows], page.total) == (ids(2), 1)
    assert find(text, is_valid=False).total == 0
    with reading() as session:
        named = RecordFilter(search=text)
        assert select_seqs(session, "ds_a", named).tolist() == [2]
        assert count_selection(session, "ds_a", Selection(filter=named)).total == 1


def test_an_id_that_no_record_has_is_searched_as_words(indexed: str) -> None:
    with unit_of_work() as session:
        session.add(make_record_row(16))
        session.flush()
        search.add_texts(session, [(16, "their order rec_ff0 is late")])
        refresh_counts(session, "ds_a")
    assert [row.id for row in find("rec_ff0").rows] == ids(16)
    assert find("rec_6").rows == ()


def test_pages_under_a_search_hold_every_match_once(indexed: str) -> None:
    wanted = RecordFilter(search="change")
    with reading() as session:
        first = list_records(session, "ds_a", wanted, limit=1)
        last = list_records(session, "ds_a", wanted, cursor=first.next_cursor, limit=1)
        assert select_seqs(session, "ds_a", wanted).tolist() == [1, 2]
    assert [row.id for row in (*first.rows, *last.rows)] == ids(2, 1)
    assert last.next_cursor is None


def test_a_count_stops_at_the_cap_and_says_so(
    indexed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_seeks.search, "MAX_COUNT", 1)
    page = find("flight")
    assert (page.total, page.is_total_exact, page.total_text) == (1, False, "1+")
    assert len(page.rows) == 2


@pytest.mark.parametrize("few", [0, 30_000])
def test_few_and_many_candidates_give_the_same_matches(
    indexed: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(record_seeks, "_FEW_CANDIDATES", few)
    assert [row.id for row in find("change", is_valid=True).rows] == ids(2, 1)
    assert find("change", is_valid=False).rows == ()


def test_a_beginning_of_very_many_words_finds_them_all(indexed: str) -> None:
    texts = [(seq, f"ticket{seq:04}") for seq in range(100, 300)]
    with unit_of_work() as session:
        session.add_all(make_record_row(seq) for seq, _ in texts)
        session.flush()
        search.add_texts(session, texts)
        refresh_counts(session, "ds_a")
    assert find("ticket").total == 201
    assert find("ticket02").total == 100


def test_records_of_other_datasets_are_not_found(indexed: str) -> None:
    with unit_of_work() as session:
        refresh_counts(session, "ds_b")
    with reading() as session:
        listed = list_records(session, "ds_b", RecordFilter(search="change"))
    assert [row.id for row in listed.rows] == ids(6)


def test_records_the_index_lacks_are_found_in_order(indexed: str) -> None:
    with unit_of_work() as session:
        session.add_all([make_record_row(8), make_record_row(7), make_record_row(9)])
    with reading() as session:
        assert search.find_unindexed(session, "ds_a", 0, 2) == [7, 8]
        assert search.find_unindexed(session, "ds_a", 8, 2) == [9]
