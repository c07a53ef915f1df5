"""Categorise records: which way decided, what is left alone, and going on after a crash."""

from pathlib import Path

import pytest

from rft_app.domain.job import Job
from rft_app.domain.pipeline import StepName
from rft_app.domain.topic import SURE, TopicNode
from rft_app.errors import ConflictError, InvalidInputError, JobCancelledError
from rft_app.jobs.context import JobContext
from rft_app.pipeline import _categorising
from rft_app.pipeline._categorising import CategoriseRun, Wish
from rft_app.services import topic_edits
from rft_app.services.categorising import (
    CategoriseSettings,
    count_categorisable,
    start_categorise,
)
from rft_app.services.pipeline import get_step
from rft_app.services.topic_review import assign
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow
from tests.services.topic_trees import (
    DATASET,
    add_texts,
    places,
    read_tree,
    require_fresh_counts,
    run_job,
    sizes,
)
from tests.text.travel import make_requests

LEAVES = (
    TopicNode(key="Bags", keywords=("lost bag", "suitcase", "black")),
    TopicNode(key="Refunds", keywords=("refund", "ticket refund", "paid")),
    TopicNode(key="Dates", keywords=("change flight", "later date")),
    TopicNode(key="Meals", keywords=("vegetarian meal", "nuts", "meal")),
)


@pytest.fixture(autouse=True)
def features(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TF-IDF: the same without the model's packages."""
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    from rft_app.settings import get_settings

    get_settings.cache_clear()


@pytest.fixture
def groups() -> list[int]:
    """120 records of four kinds, a tree of four leaves, nobody in any."""
    texts, found = make_requests()
    add_texts(texts)
    with unit_of_work() as session:
        topic_edits.replace_topics(session, DATASET, LEAVES)
    return found


def start(**settings: object) -> Job:
    with unit_of_work() as session:
        return start_categorise(session, DATASET, CategoriseSettings.model_validate(settings))


def categorise(**settings: object) -> dict[str, int]:
    result = run_job(start(**settings)).result or {}
    require_fresh_counts()
    return result


def place(record: str, topic: str) -> None:
    with unit_of_work() as session:
        assign(session, DATASET, record, topic)


def test_words_decide_first_and_meaning_the_rest(groups: list[int]) -> None:
    result = categorise()
    found = places()
    wanted = [leaf.key for leaf in LEAVES]
    right = sum(found[seq][0] == wanted[group] for seq, group in enumerate(groups, 1))
    assert right > 100
    assert {method for _, _, method in found.values()} == {"keyword", "tfidf"}
    assert all((sure or 0) >= SURE for _, sure, method in found.values() if method == "keyword")
    unsure = sum((sure or 0) < SURE for _, sure, _ in found.values())
    assert (result["categorized"], result["low_confidence"]) == (120, unsure)


def test_the_same_tree_and_records_end_in_the_same_places(groups: list[int]) -> None:
    categorise()
    first = places()
    categorise(mode="recategorize_all")
    again = places()
    with unit_of_work() as session:
        topic_edits.undo(session, DATASET)
        topic_edits.undo(session, DATASET)
    assert sizes()[""] == 120
    categorise()
    assert places() == first
    categorise(mode="recategorize_all")
    assert places() == again


def test_only_records_without_a_topic_are_placed(groups: list[int]) -> None:
    place("rec_1", "Meals")
    place("rec_2", "Meals")
    assert categorise()["categorized"] == 118
    assert places()[1] == ("Meals", 1.0, "manual")
    assert categorise()["categorized"] == 0


def test_a_persons_placement_is_overwritten_only_when_that_is_confirmed(
    groups: list[int],
) -> None:
    place("rec_1", "Meals")
    with reading() as session:
        counts = count_categorisable(session, DATASET)
    assert (counts.num_unlabeled, counts.num_all, counts.num_manual) == (119, 120, 1)
    assert categorise(mode="recategorize_all")["categorized"] == 119
    assert places()[1] == ("Meals", 1.0, "manual")
    with pytest.raises(InvalidInputError, match=r"for 1 record\. Confirm"):
        start(mode="recategorize_all", includes_manual=True)
    with pytest.raises(InvalidInputError, match="choose all records"):
        start(includes_manual=True, is_confirmed=True)
    categorise(mode="recategorize_all", includes_manual=True, is_confirmed=True)
    assert places()[1][2] != "manual"


def test_a_duplicate_gets_the_place_of_its_original(groups: list[int]) -> None:
    with unit_of_work() as session:
        row = session.get_one(RecordRow, 120)
        row.duplicate_of, row.facet = 1, row.facet | 1 << 5
        session.add(row)
        session.flush()
        refresh_counts(session, DATASET)
    categorise()
    assert places()[120] == places()[1]


def test_undo_takes_all_placements_back(groups: list[int]) -> None:
    place("rec_1", "Meals")
    before = places()
    categorise()
    with unit_of_work() as session:
        topic_edits.undo(session, DATASET)
    assert places() == before
    require_fresh_counts()


class DeathError(Exception):
    """A worker that dies."""


class FailingContext(JobContext):
    """A job's context that ends the run after its first batch."""

    error: type[Exception] = DeathError

    def progress(self, done: int, total: int | None = None, label: str = "") -> None:
        raise self.error

    def check_cancelled(self, *, now: bool = False) -> None:
        pass


def fail_after_one_batch(job: Job, wish: Wish, error: type[Exception]) -> None:
    context = FailingContext(job_id=job.id, dataset_id=DATASET, args=job.args, worker_id="wk")
    context.error = error
    with pytest.raises(error):
        CategoriseRun(context, DATASET, wish).run()


def test_a_run_that_died_goes_on_and_ends_as_it_would_have(
    groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_categorising, "BATCH", 32)
    for seq in (1, 6, 11, 16):
        place(f"rec_{seq:x}", LEAVES[groups[seq - 1]].key)
    categorise(mode="recategorize_all")
    wanted = places()
    with unit_of_work() as session:
        topic_edits.undo(session, DATASET)
    job = start(mode="recategorize_all")
    fail_after_one_batch(job, Wish(is_everything=True, features="tfidf"), DeathError)
    assert 4 < sum(topic is not None for topic, _, _ in places().values()) < 120
    assert (run_job(job).result or {})["categorized"] == 116
    assert places() == wanted


def test_a_cancelled_run_keeps_its_batches_and_right_counts(
    groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_categorising, "BATCH", 32)
    fail_after_one_batch(start(), Wish(features="tfidf"), JobCancelledError)
    assert sizes()[""] == 88
    require_fresh_counts()


def test_the_step_is_current_after_all_were_placed(groups: list[int]) -> None:
    categorise()
    with reading() as session:
        step = get_step(session, DATASET, StepName.TOPICS)
    assert step.node.stale_reason is None
    assert step.node.summary.startswith("4 topics · ")
    assert step.facts["num_without_topic"] == 0
    assert read_tree().is_edited


def test_without_topics_the_message_says_what_comes_first(any_database: str) -> None:
    add_texts(["Change my flight"])
    with pytest.raises(ConflictError, match="Add, import or generate"):
        start()


def test_texts_in_another_language_and_without_words_are_placed_unsure(tmp_path: Path) -> None:
    add_texts(["改签机票", "12345", "", "Ich möchte meinen Flug umbuchen"])
    with unit_of_work() as session:
        topic_edits.replace_topics(session, DATASET, LEAVES)
    result = categorise()
    assert (result["categorized"], result["low_confidence"]) == (4, 4)
