"""The coverage step on topics in the database."""

from pathlib import Path

import pytest

from rft_app.domain.coverage import CoverageReport
from rft_app.domain.facet import Facet
from rft_app.domain.pipeline import StepStatus
from rft_app.domain.validity import Reason
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.pipeline._base import changed_parts
from rft_app.pipeline.coverage import CoverageSettings, CoverageStep
from rft_app.services.coverage import find_coverage, get_coverage
from rft_app.services.topic_edits import set_targets
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from tests.pipeline.topic_dataset import (
    DATASET,
    add_conversations,
    change_record,
    make_conversation,
    read_records,
    run_coverage,
    run_topics,
)
from tests.text.travel import make_requests


@pytest.fixture
def travel(database: Path) -> Path:
    """60 conversations in topics."""
    add_conversations([make_conversation(text) for text in make_requests(3)[0]])
    run_topics(num_topics=3, features="tfidf")
    return database


def read_hash() -> str:
    with reading() as session:
        return CoverageStep().input_hash(get_inputs(session, DATASET), CoverageSettings())


def test_the_facts_are_the_report_of_the_trainable_records(travel: Path) -> None:
    change_record(1, Facet(is_duplicate=True), duplicate_of=2)
    change_record(3, Facet(reason=Reason.TOO_LONG))
    change_record(4, Facet(is_archived=True))
    result = run_coverage()
    report = CoverageReport.model_validate(result.facts)
    assert report.num_records == 57
    assert sum(topic.count for topic in report.topics) == 57
    assert result.outcome is StepStatus.COMPLETE
    assert result.summary == f"{report.balance:.2f} balance · {report.rating}"
    with reading() as session:
        assert get_coverage(session, DATASET) == report


def test_a_leaf_that_lost_its_records_is_counted_as_empty(travel: Path) -> None:
    gone = read_records()[0].topic_id
    for row in read_records():
        if row.topic_id == gone:
            change_record(row.seq, Facet(is_archived=True))
    result = run_coverage()
    assert result.facts["balance"] == 0.0
    assert result.summary == "0.00 balance · Poor"


def test_records_without_a_topic_are_reported(travel: Path) -> None:
    change_record(5, Facet(), topic_id=None)
    report = run_coverage().facts
    assert (report["num_records"], report["num_without_topic"]) == (59, 1)
    assert any("1 record has no topic" in advice for advice in report["recommendations"])


def test_targets_change_the_report_and_make_it_stale(travel: Path) -> None:
    run_coverage()
    before = read_hash()
    with unit_of_work() as session:
        first, second, third = (leaf.key for leaf in get_topics(session, DATASET).leaves)
        tree = set_targets(session, DATASET, {first: 0.5}).tree
    assert tree.targets == {first: 0.5, second: None, third: None}
    assert changed_parts(before, read_hash()) == ("targets",)
    targets = {topic["key"]: topic["target_share"] for topic in run_coverage().facts["topics"]}
    assert targets == {first: 0.5, second: 0.25, third: 0.25}


def test_a_target_survives_a_run_that_finds_the_topic_again(travel: Path) -> None:
    with unit_of_work() as session:
        key = get_topics(session, DATASET).leaves[0].key
        set_targets(session, DATASET, {key: 0.4})
    run_topics(num_topics=3, features="tfidf")
    with reading() as session:
        assert get_topics(session, DATASET).targets[key] == 0.4


def test_impossible_targets_change_nothing(travel: Path) -> None:
    with reading() as session:
        tree = get_topics(session, DATASET)
    with pytest.raises(InvalidInputError, match="add up"), unit_of_work() as session:
        set_targets(session, DATASET, {leaf.key: 0.9 for leaf in tree.leaves})
    with pytest.raises(NotFoundError, match="no topic 'Nowhere'"), unit_of_work() as session:
        set_targets(session, DATASET, {"Nowhere": 0.1})
    with reading() as session:
        assert get_topics(session, DATASET) == tree


def test_other_topics_and_records_make_the_analysis_stale(travel: Path) -> None:
    run_coverage()
    before = read_hash()
    run_topics(num_topics=2, features="tfidf")
    assert changed_parts(before, read_hash()) == ("topics", "targets")
    before = read_hash()
    change_record(5, Facet(is_archived=True))
    assert changed_parts(before, read_hash()) == ("records", "topics")


def test_without_topics_or_analysis_the_message_says_what_comes_first(database: Path) -> None:
    add_conversations([make_conversation("Change my flight")])
    with pytest.raises(ConflictError, match="Run Topics"):
        run_coverage()
    with reading() as session:
        assert find_coverage(session, DATASET) is None
        with pytest.raises(NotFoundError, match="Run Coverage Analysis first"):
            get_coverage(session, DATASET)
