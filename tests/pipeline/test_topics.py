"""The topics step on conversations in the database."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.facet import Facet
from rft_app.domain.pipeline import StepResult, StepStatus
from rft_app.domain.topic import SURE, TopicTree
from rft_app.domain.validity import Reason
from rft_app.domain.words import share
from rft_app.errors import ConflictError, JobCancelledError
from rft_app.pipeline import _grouping, topics
from rft_app.pipeline._base import changed_parts
from rft_app.pipeline.topics import TopicsSettings, TopicsStep
from rft_app.services.topics import get_topics
from rft_app.storage.session import reading
from rft_app.storage.step_inputs import get_inputs
from rft_app.text import features, minilm
from tests.pipeline.topic_dataset import (
    DATASET,
    add_conversations,
    change_record,
    make_context,
    make_conversation,
    read_records,
    run_topics,
)
from tests.text.travel import make_requests


@pytest.fixture
def travel(database: Path) -> list[int]:
    """120 conversations in four groups; returns each record's group."""
    texts, groups = make_requests()
    add_conversations([make_conversation(text) for text in texts])
    return groups


def read_tree() -> TopicTree:
    with reading() as session:
        return get_topics(session, DATASET)


def read_assignments() -> list[tuple[int | None, float | None, str | None]]:
    return [(row.topic_id, row.topic_confidence, row.topic_method) for row in read_records()]


def test_conversations_are_grouped_by_what_the_user_wants(travel: list[int]) -> None:
    result = run_topics(num_topics=4, features="tfidf")
    by_topic: dict[int | None, Counter[int]] = {}
    for row, group in zip(read_records(), travel, strict=True):
        by_topic.setdefault(row.topic_id, Counter())[group] += 1
    most = sum(groups.most_common(1)[0][1] for groups in by_topic.values())
    assert most / len(travel) > 0.8
    names = {leaf.key for leaf in read_tree().leaves}
    assert {"Lost bag", "Vegetarian meal"} <= names
    assert result.outcome is StepStatus.COMPLETE


def test_facts_and_summary_agree_with_the_records(travel: list[int]) -> None:
    result = run_topics(num_topics=4, features="tfidf")
    confidences = [row.topic_confidence or 0.0 for row in read_records()]
    num_sure = sum(confidence >= SURE for confidence in confidences)
    assert result.facts["num_topics"] == 4
    assert result.facts["method"] == "tfidf"
    assert result.facts["num_unsure"] == 120 - num_sure
    assert result.facts["share_sure"] == pytest.approx(num_sure / 120)
    assert result.facts["mean_confidence"] == pytest.approx(sum(confidences) / 120, abs=1e-3)
    assert result.summary == f"4 topics · {share(num_sure / 120)} sure"
    tree = read_tree()
    assert (tree.num_records, tree.num_without_topic) == (120, 0)
    assert sum(topic["num_records"] for topic in result.facts["topics"]) == 120
    assert orjson.loads(orjson.dumps(result.facts)) == result.facts


def test_the_system_prompt_and_the_manners_do_not_enter(travel: list[int]) -> None:
    run_topics(num_topics=4, features="tfidf")
    words = " ".join(word for leaf in read_tree().leaves for word in leaf.keywords)
    for absent in ("stop", "thank", "reservation number", "agent"):
        assert absent not in words.lower()


def test_the_same_seed_gives_the_same_topics(travel: list[int]) -> None:
    first = run_topics(features="tfidf", seed=3)
    keys = [leaf.key for leaf in read_tree().leaves]
    confidences = [row.topic_confidence for row in read_records()]
    assert run_topics(features="tfidf", seed=3) == first
    assert [leaf.key for leaf in read_tree().leaves] == keys
    assert [row.topic_confidence for row in read_records()] == confidences


def test_running_again_replaces_tree_and_assignments(travel: list[int]) -> None:
    run_topics(num_topics=6, features="tfidf")
    before = {row.topic_id for row in read_records()}
    run_topics(num_topics=2, features="tfidf")
    after = {row.topic_id for row in read_records()}
    assert len(before) == 6
    assert len(read_tree().leaves) == 2
    assert len(after) == 2
    assert read_tree().num_records == 120


def test_a_duplicate_gets_the_topic_of_its_original(travel: list[int]) -> None:
    change_record(120, Facet(is_duplicate=True), duplicate_of=1)
    run_topics(num_topics=4, features="tfidf")
    rows = read_records()
    assert rows[119].topic_id == rows[0].topic_id
    assert rows[119].topic_confidence == rows[0].topic_confidence


def test_invalid_records_have_no_topic_and_archived_ones_count_nowhere(travel: list[int]) -> None:
    run_topics(num_topics=2, features="tfidf")
    change_record(1, Facet(reason=Reason.TOO_LONG))
    change_record(2, Facet(is_archived=True))
    run_topics(num_topics=2, features="tfidf")
    assert read_assignments()[0] == (None, None, None)
    assert read_tree().num_records == 118


def test_a_run_that_is_cancelled_changes_nothing(travel: list[int]) -> None:
    run_topics(num_topics=2, features="tfidf")
    tree, assignments = read_tree(), read_assignments()
    context = make_context(cancel_requested=True)
    with pytest.raises(JobCancelledError):
        TopicsStep().run(context, DATASET, TopicsSettings(num_topics=4, features="tfidf"))
    assert (read_tree(), read_assignments()) == (tree, assignments)


def test_more_records_than_are_clustered_get_the_nearest_topic(
    travel: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_grouping, "SAMPLED", 60)
    monkeypatch.setattr(_grouping, "READ_AT_ONCE", 7)
    monkeypatch.setattr(topics, "WRITTEN_AT_ONCE", 50)
    run_topics(num_topics=4, features="tfidf")
    assert read_tree().num_records == 120
    assert all(confidence is not None for _, confidence, _ in read_assignments())


@pytest.mark.parametrize("num_records", [1, 2, 5])
def test_tiny_datasets_get_topics(database: Path, num_records: int) -> None:
    add_conversations([make_conversation(text) for text in make_requests()[0][:num_records]])
    result = run_topics(features="tfidf")
    assert result.facts["num_topics"] == 1
    assert result.summary == "1 topic · 100% sure"


@pytest.mark.parametrize("messages", [["Hi"], ["yes", "ok"], []])
def test_records_that_want_nothing_are_in_one_topic_nobody_is_sure_of(
    database: Path, messages: list[str]
) -> None:
    add_conversations([make_conversation(*messages) for _ in range(9)])
    result = run_topics()
    assert result.facts["topics"] == [
        {"key": "General", "num_records": 9, "num_judged": 9, "num_sure": 0}
    ]
    assert result.summary == "1 topic · 0% sure"


def test_a_dataset_without_valid_records_says_where_to_look(database: Path) -> None:
    add_conversations([])
    with pytest.raises(ConflictError, match="no valid records"):
        run_topics()


def test_without_minilm_the_facts_name_the_fallback(
    travel: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "is_installed", lambda: False)
    assert run_topics().facts["method"] == "tfidf"
    assert {row.topic_method for row in read_records()} == {"tfidf"}


def test_new_records_and_other_settings_are_a_reason_to_run_again(travel: list[int]) -> None:
    def fingerprint(**settings: Any) -> str:
        with reading() as session:
            return TopicsStep().input_hash(get_inputs(session, DATASET), TopicsSettings(**settings))

    before = fingerprint()
    run_topics(num_topics=2, features="tfidf")
    assert fingerprint() == before
    assert changed_parts(before, fingerprint(seed=1)) == ("seed",)
    change_record(7, Facet(is_archived=True))
    assert changed_parts(before, fingerprint()) == ("records",)


def find_name(result: StepResult, fits: Callable[[str], bool]) -> str | None:
    return next((topic["key"] for topic in result.facts["topics"] if fits(topic["key"])), None)


@pytest.mark.shared_data
def test_real_agent_traces_get_names_a_person_understands(
    database: Path, shared_data: Path
) -> None:
    if not minilm.is_installed():
        pytest.skip("The MiniLM packages are not installed.")
    lines = (shared_data / "derived" / "tau_airline_traces.jsonl").read_bytes().splitlines()
    add_conversations([orjson.loads(line)["messages"] for line in lines])
    result = run_topics()
    assert 5 <= result.facts["num_topics"] <= 20
    assert result.facts["share_sure"] > 0.7
    names = [topic["key"].lower() for topic in result.facts["topics"]]
    for wanted in ("cancel", "book", "change", "upgrade"):
        assert any(wanted in name or "class" in name for name in names), names
