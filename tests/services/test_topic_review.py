"""The queue of unsure records, and a person's decisions."""

import pytest
from sqlmodel import select

from rft_app.domain.facet import Facet
from rft_app.domain.topic import TopicNode
from rft_app.domain.topic_review import ReviewPage
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services import topic_edits
from rft_app.services.topic_review import assign, list_review, take_back
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow, TopicChoiceRow, TopicRow
from tests.services.topic_trees import (
    DATASET,
    add_tree,
    places,
    require_fresh_counts,
    sizes,
)

pytestmark = pytest.mark.usefixtures("any_database")


def review(**asked: object) -> ReviewPage:
    with reading() as session:
        return list_review(session, DATASET, **asked)  # type: ignore[arg-type]


def decide(record: str, topic: str) -> int:
    with unit_of_work() as session:
        done = assign(session, DATASET, record, topic)
    require_fresh_counts()
    return done.num_left


def test_unsure_records_come_by_age_a_page_at_a_time() -> None:
    add_tree()
    first = review(limit=3)
    assert [item.id for item in first.items] == ["rec_3", "rec_6", "rec_9"]
    assert first.total == 4
    second = review(limit=3, cursor=first.next_cursor)
    assert [item.id for item in second.items] == ["rec_c"]
    assert second.next_cursor is None
    assert [item.id for item in review(topic="Changes").items] == ["rec_3", "rec_6"]


def test_each_has_three_choices_of_which_its_own_is_one() -> None:
    add_tree()
    with unit_of_work() as session:
        ids = {row.key: row.id for row in session.exec(select(TopicRow))}
        stored = [[ids["Changes/Seat"], 0.5], [ids["Bags"], 0.4], [ids["Empty"], 0.2]]
        session.add(TopicChoiceRow(seq=3, choices=stored))
    known, unknown = review().items[:2]
    assert [(choice.key, choice.confidence) for choice in known.choices] == [
        ("Changes/Seat", 0.5),
        ("Bags", 0.4),
        ("Empty", 0.2),
    ]
    assert unknown.choices[0].key == "Changes/Flight"
    assert len({choice.key for choice in unknown.choices}) == 3


def test_choices_that_are_no_more_are_filled_up() -> None:
    add_tree()
    with unit_of_work() as session:
        ids = {row.key: row.id for row in session.exec(select(TopicRow))}
        session.add(TopicChoiceRow(seq=3, choices=[[ids["Changes/Seat"], 0.5], [ids["Bags"], 0.4]]))
    with unit_of_work() as session:
        topic_edits.merge_topics(session, DATASET, ["Bags"], "Changes/Flight")
    keys = [choice.key for choice in review().items[0].choices]
    assert sorted(keys) == ["Changes/Flight", "Changes/Seat", "Empty"]


def test_a_decision_is_sure_and_leaves_the_queue() -> None:
    add_tree()
    assert decide("rec_3", "Bags") == 3
    assert places()[3] == ("Bags", 1.0, "manual")
    assert sizes()["Bags"] == 6
    assert "rec_3" not in [item.id for item in review().items]


def test_what_cannot_be_decided_is_said() -> None:
    add_tree()
    with unit_of_work() as session:
        row = session.get_one(RecordRow, 1)
        row.facet, row.reason = Facet(reason=Reason.TOO_LONG).pack(), Reason.TOO_LONG
    for record, topic, error, message in (
        ("rec_3", "Changes", InvalidInputError, "has topics below it"),
        ("rec_3", "Nowhere", NotFoundError, "no topic 'Nowhere'"),
        ("rec_fff", "Bags", NotFoundError, "no record 'rec_fff'"),
        ("x", "Bags", NotFoundError, "no record 'x'"),
        ("rec_1", "Bags", InvalidInputError, "invalid record"),
    ):
        with pytest.raises(error, match=message):
            decide(record, topic)
    with pytest.raises(NotFoundError, match="no topic"):
        review(topic="Nowhere")
    with pytest.raises(InvalidInputError, match="no cursor"):
        review(cursor="n5")


def test_a_tree_of_two_has_two_choices() -> None:
    add_tree({"A": 3, "B": 0})
    assert [choice.key for choice in review().items[0].choices] == ["A", "B"]
    with unit_of_work() as session:
        topic_edits.add_topic(session, DATASET, TopicNode(key="C"))
    assert len(review().items[0].choices) == 3


def test_a_decision_is_taken_back_to_the_queue_as_it_was() -> None:
    add_tree()
    before = review()
    item = before.items[0]
    assert decide(item.id, "Bags") == before.total - 1
    with unit_of_work() as session:
        assert take_back(session, DATASET, item) == before.total
    require_fresh_counts()
    assert review().items[0] == item


def test_a_decision_cannot_be_taken_back_to_a_topic_that_is_gone() -> None:
    add_tree()
    item = review().items[0]
    decide(item.id, "Bags")
    with unit_of_work() as session:
        topic_edits.delete_topics(session, DATASET, [item.topic])
    with unit_of_work() as session, pytest.raises(NotFoundError, match="may have been changed"):
        take_back(session, DATASET, item)
