"""Browsing the grades of a dry run."""

import pytest

from rft_app.domain.grading import FailureKind, GradeOrder, GradingFailure
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.dry_runs import (
    GradedRollout,
    WantedRollouts,
    get_dry_run,
    list_graded_rollouts,
    list_record_rollouts,
    pick_graded_rollouts,
)
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow, TopicRow
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("any_database")


def browse(order: str, *, topic: str | None = None, limit: int = 2) -> list[GradedRollout]:
    """All pages, one after the other."""
    run, _ = last_run()
    wanted = WantedRollouts(order=GradeOrder(order), topic=topic)
    rows: list[GradedRollout] = []
    cursor = None
    while True:
        with reading() as session:
            page = list_graded_rollouts(session, run.id, wanted, cursor=cursor, limit=limit)
        assert len(page.rows) <= limit
        rows += page.rows
        if (cursor := page.next_cursor) is None:
            return rows


@pytest.fixture
def graded(any_database: str) -> None:
    add_records(["0.1", "words", "1", "0.1", "0.3"], topic_id=2)
    add_answers(3, "0.1", "more words")
    add_answers(4, "0.1")
    configure(NUMBER_OF_TEXT)
    run_dry()


@pytest.mark.usefixtures("graded")
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("order", "texts"),
    [
        ("all", ["0.1", "words", "1", "0.1", "more words", "0.1", "0.1", "0.3"]),
        ("best", ["1", "0.3", "0.1", "0.1", "0.1", "0.1"]),
        ("worst", ["0.1", "0.1", "0.1", "0.1", "0.3", "1"]),
        ("failed", ["words", "more words"]),
        ("split", ["1", "0.1", "more words"]),
    ],
)
def test_pages_hold_every_rollout_once_in_order(order: str, texts: list[str], limit: int) -> None:
    rows = browse(order, limit=limit)
    assert [row.output_text for row in rows] == texts
    assert len({row.item for row in rows}) == len(rows)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_the_most_uneven_records_come_first(limit: int) -> None:
    add_records(["0.5", "0", "0.2", "0.4", "1"], topic_id=2)
    add_answers(1, "0.5", "words")  # even: a failure is no reward of 0
    add_answers(2, "0.25", "0.1")
    add_answers(3, "words", "1")
    add_answers(4, "0.1", "0.2")
    add_answers(5, "0", "0.5")
    configure(NUMBER_OF_TEXT)
    run_dry()
    rows = browse("split", limit=limit)
    assert [row.record_id for row in rows] == [
        *["rec_5"] * 3,
        *["rec_3"] * 3,
        *["rec_4"] * 3,
        *["rec_2"] * 3,
    ]
    assert [row.output_text for row in rows[:6]] == ["1", "0", "0.5", "0.2", "words", "1"]
    assert browse("split", topic="Pay", limit=limit) == rows


def test_equally_uneven_records_come_in_their_order() -> None:
    add_records(["1", "0", "0", "1"])
    for seq, other in enumerate(("0", "1", "1", "0"), 1):
        add_answers(seq, other)
    configure(NUMBER_OF_TEXT)
    run_dry()
    for limit in (1, 3):
        rows = browse("split", limit=limit)
        assert [row.record_id for row in rows] == [f"rec_{1 + at // 2}" for at in range(8)]


def test_a_place_that_no_list_gave_is_refused_by_the_most_uneven_too(graded: None) -> None:
    run, _ = last_run()
    wanted = WantedRollouts(order=GradeOrder.SPLIT)
    for cursor in ("x", "999:", "1:"):
        with reading() as session, pytest.raises(InvalidInputError, match="no place in this list"):
            list_graded_rollouts(session, run.id, wanted, cursor=cursor)


@pytest.mark.usefixtures("graded")
def test_a_row_holds_the_answer_its_record_and_the_outcome() -> None:
    row = browse("all")[2]
    assert (row.record_id, row.question, row.reference) == ("rec_3", "Question 3", "3")
    assert (row.topic, row.reward, row.is_recorded, row.model) == ("Pay", 1.0, True, None)


@pytest.mark.usefixtures("graded")
def test_an_imported_answer_names_its_model_and_a_failure_its_message() -> None:
    row = browse("failed")[1]
    assert (row.is_recorded, row.model, row.reward) == (False, "some-model", None)
    assert isinstance(row.outcome, GradingFailure)
    assert "could not convert string to float" in row.outcome.message


@pytest.mark.usefixtures("graded")
def test_failures_of_one_kind_are_listed() -> None:
    run, _ = last_run()
    with reading() as session:
        found, none = (
            list_graded_rollouts(session, run.id, WantedRollouts(kind=kind))
            for kind in (FailureKind.EXCEPTION, FailureKind.TIMEOUT)
        )
    assert [row.output_text for row in found.rows] == ["words", "more words"]
    assert none.rows == ()


@pytest.mark.usefixtures("graded")
def test_a_seed_picks_the_same_rollouts_and_another_seed_others() -> None:
    run, _ = last_run()
    with reading() as session:
        first, again, other = (
            pick_graded_rollouts(session, run.id, seed=seed, limit=3) for seed in (1, 1, 2)
        )
        whole = pick_graded_rollouts(session, run.id, seed=1, limit=100)
    assert first == again
    assert {row.item for row in first} != {row.item for row in other}
    assert sorted(row.item for row in whole) == list(range(8))


@pytest.mark.usefixtures("graded")
def test_one_record_shows_its_grades_of_the_latest_run() -> None:
    with reading() as session:
        run, rows = list_record_rollouts(session, DATASET, "rec_3")
        assert list_record_rollouts(session, DATASET, "no record") == (run, ())
    assert run is not None
    assert [row.output_text for row in rows] == ["1", "0.1", "more words"]


@pytest.mark.usefixtures("graded")
def test_a_cursor_that_no_page_gave_is_refused() -> None:
    with reading() as session, pytest.raises(InvalidInputError, match="no place in this list"):
        list_graded_rollouts(session, last_run()[0].id, cursor="page 2")


def test_a_dataset_without_dry_run_says_so() -> None:
    add_records(["1"])
    with reading() as session, pytest.raises(NotFoundError, match="step 5"):
        get_dry_run(session, DATASET)
    with reading() as session, pytest.raises(NotFoundError):
        get_dry_run(session, DATASET, "run_none")


@pytest.fixture
def graded_topics(any_database: str) -> None:
    """Records 1 and 2 in Book, 3 in Pay, 4 without a topic."""
    add_records(["0.5", "words", "1", "0.25"])
    with unit_of_work() as session:
        for seq, topic_id in ((1, 1), (2, 1), (3, 2), (4, None)):
            session.get_one(RecordRow, seq).topic_id = topic_id
    configure(NUMBER_OF_TEXT)
    run_dry()


@pytest.mark.usefixtures("graded_topics")
@pytest.mark.parametrize(
    ("order", "topic", "texts"),
    [
        ("all", "Book", ["0.5", "words"]),
        ("best", "Book", ["0.5"]),
        ("failed", "Book", ["words"]),
        ("failed", "Pay", []),
        ("worst", "(no topic)", ["0.25"]),
    ],
)
def test_only_the_rollouts_of_a_topic_are_listed(order: str, topic: str, texts: list[str]) -> None:
    assert [row.output_text for row in browse(order, topic=topic)] == texts


@pytest.mark.usefixtures("graded_topics")
def test_a_topic_keeps_its_rollouts_after_it_was_renamed() -> None:
    with unit_of_work() as session:
        session.get_one(TopicRow, 1).key = "Reserve"
    assert [row.output_text for row in browse("all", topic="Book")] == ["0.5", "words"]
    with pytest.raises(NotFoundError, match="graded nothing of a topic 'Reserve'"):
        browse("all", topic="Reserve")


@pytest.mark.usefixtures("graded_topics")
def test_a_pick_by_lot_stays_within_the_topic() -> None:
    with reading() as session:
        picked = pick_graded_rollouts(session, last_run()[0].id, topic="Book", limit=10)
    assert {row.record_id for row in picked} == {"rec_1", "rec_2"}
