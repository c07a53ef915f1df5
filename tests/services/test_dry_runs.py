"""Browsing the grades of a dry run."""

import pytest

from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.dry_runs import (
    GradedRollout,
    get_dry_run,
    list_graded_rollouts,
    list_record_rollouts,
    pick_graded_rollouts,
)
from rft_app.storage.session import reading
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


def browse(order: str, *, limit: int = 2) -> list[GradedRollout]:
    """All pages, one after the other."""
    run, _ = last_run()
    rows: list[GradedRollout] = []
    cursor = None
    while True:
        with reading() as session:
            page = list_graded_rollouts(session, run.id, order=order, cursor=cursor, limit=limit)
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
        found = list_graded_rollouts(session, run.id, order="failed", kind=FailureKind.EXCEPTION)
        none = list_graded_rollouts(session, run.id, order="failed", kind=FailureKind.TIMEOUT)
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
