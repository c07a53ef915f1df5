"""Edits of a stored tree: who is where afterwards, and back again."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from rft_app.domain.pipeline import StepName
from rft_app.domain.topic import TopicNode
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue
from rft_app.services import topic_edits
from rft_app.services.pipeline import get_step
from rft_app.services.topic_edits import SplitPlan, TopicEdit
from rft_app.storage.records import TopicAssignment, set_topics
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicRow
from rft_app.storage.topic_changes import count_changes
from tests.services.topic_trees import (
    DATASET,
    TREE,
    add_texts,
    add_tree,
    places,
    read_tree,
    require_fresh_counts,
    run_job,
    sizes,
    topics_hash,
)
from tests.text.travel import make_requests

pytestmark = pytest.mark.usefixtures("any_database")

Edit = Callable[[Session], TopicEdit]


def do(edit: Edit) -> TopicEdit:
    with unit_of_work() as session:
        done = edit(session)
    require_fresh_counts()
    return done


def undo() -> TopicEdit:
    return do(lambda session: topic_edits.undo(session, DATASET))


def redo() -> TopicEdit:
    return do(lambda session: topic_edits.redo(session, DATASET))


def rename(key: str, name: str, version: int | None = None) -> TopicEdit:
    return do(lambda s: topic_edits.rename_topic(s, DATASET, key, name, version=version))


@pytest.mark.parametrize(
    "edit",
    [
        lambda s: topic_edits.rename_topic(s, DATASET, "Bags", " Bags "),
        lambda s: topic_edits.describe_topic(s, DATASET, "Changes", ""),
        lambda s: topic_edits.set_keywords(s, DATASET, "Bags", ()),
        lambda s: topic_edits.move_topic(s, DATASET, "Bags", None, position=1),
        lambda s: topic_edits.set_targets(s, DATASET, {"Bags": None}),
    ],
)
def test_an_edit_that_changes_nothing_does_not_count(edit: Edit) -> None:
    add_tree()
    before = read_tree()
    assert do(edit).tree.version == before.version
    assert read_tree() == before
    with reading() as session:
        assert count_changes(session, DATASET) == 0


EDITS: dict[str, tuple[Edit, dict[str, int], int]] = {
    "rename a branch": (
        lambda s: topic_edits.rename_topic(s, DATASET, "Changes", "Edits"),
        {"Edits": 7, "Edits/Seat": 3, "Edits/Flight": 4, "Bags": 5, "Empty": 0, "": 2},
        0,
    ),
    "add a leaf": (
        lambda s: topic_edits.add_topic(s, DATASET, TopicNode(key="Changes/Date")),
        {**TREE, "Changes": 7, "Changes/Date": 0, "": 2},
        0,
    ),
    "add below a leaf with records": (
        lambda s: topic_edits.add_topic(s, DATASET, TopicNode(key="Bags/Lost")),
        {**TREE, "Changes": 7, "Bags/Other": 5, "Bags/Lost": 0, "": 2},
        0,
    ),
    "move a leaf": (
        lambda s: topic_edits.move_topic(s, DATASET, "Bags", "Changes", position=0),
        {
            **{"Changes": 12, "Changes/Bags": 5, "Changes/Seat": 3, "Changes/Flight": 4},
            **{"Empty": 0, "": 2},
        },
        0,
    ),
    "merge leaves": (
        lambda s: topic_edits.merge_topics(s, DATASET, ["Changes/Seat", "Bags"], "Changes/Seat"),
        {"Changes": 12, "Changes/Seat": 8, "Changes/Flight": 4, "Empty": 0, "": 2},
        5,
    ),
    "merge a branch into a leaf": (
        lambda s: topic_edits.merge_topics(s, DATASET, ["Changes"], "Bags"),
        {"Bags": 12, "Empty": 0, "": 2},
        7,
    ),
    "merge all children into their branch": (
        lambda s: topic_edits.merge_topics(
            s, DATASET, ["Changes/Seat", "Changes/Flight"], "Changes"
        ),
        {"Changes": 7, "Bags": 5, "Empty": 0, "": 2},
        7,
    ),
    "delete a branch": (
        lambda s: topic_edits.delete_topics(s, DATASET, ["Changes", "Empty"]),
        {"Bags": 5, "": 9},
        7,
    ),
    "delete to another": (
        lambda s: topic_edits.delete_topics(s, DATASET, ["Changes"], move_to="Bags"),
        {"Bags": 12, "Empty": 0, "": 2},
        7,
    ),
    "replace the tree": (
        lambda s: topic_edits.replace_topics(
            s, DATASET, [TopicNode(key=key) for key in ("Luggage", "Luggage/Bags", "Changes")]
        ),
        {"Luggage": 5, "Luggage/Bags": 5, "Changes": 7, "": 2},
        7,
    ),
    "replace and let go": (
        lambda s: topic_edits.replace_topics(
            s, DATASET, [TopicNode(key="Bags")], keeps_records=False
        ),
        {"Bags": 0, "": 14},
        12,
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_records_are_where_the_edit_puts_them_and_back_after_undo(name: str) -> None:
    edit, wanted, num_moved = EDITS[name]
    add_tree()
    before = places(), read_tree().nodes, topics_hash()
    done = do(edit)
    after = places(), read_tree().nodes, topics_hash()
    assert sizes() == wanted
    assert sum(leaf.num_records for leaf in done.tree.leaves) == done.tree.num_records
    assert done.num_records == num_moved
    assert undo().label.endswith(done.label)
    assert (places(), read_tree().nodes, topics_hash()) == before
    redo()
    assert (places(), read_tree().nodes, topics_hash()) == after
    undo()
    assert (places(), read_tree().nodes, topics_hash()) == before


def test_every_edit_makes_later_steps_out_of_date_and_its_undo_current_again() -> None:
    add_tree()
    before = topics_hash()
    rename("Bags", "Luggage")
    assert topics_hash() != before
    undo()
    assert topics_hash() == before


def test_renaming_and_moving_change_no_record() -> None:
    add_tree()
    with reading() as session:
        before = {row.key.rpartition("/")[2]: row.id for row in session.exec(select(TopicRow))}
    rename("Changes", "Edits")
    do(lambda s: topic_edits.move_topic(s, DATASET, "Bags", "Edits"))
    with reading() as session:
        after = {row.key.rpartition("/")[2]: row.id for row in session.exec(select(TopicRow))}
    assert after == {("Edits" if name == "Changes" else name): id_ for name, id_ in before.items()}


def test_two_tabs_cannot_undo_each_other_unseen() -> None:
    add_tree()
    seen = read_tree().version
    rename("Bags", "Luggage", version=seen)
    with pytest.raises(ConflictError, match=r"“Renamed Bags to Luggage”.*reload"):
        rename("Changes", "Edits", version=seen)
    assert "Changes" in sizes()
    rename("Changes", "Edits", version=read_tree().version)
    undo()
    with pytest.raises(ConflictError, match="“Undone: Renamed Changes to Edits”"):
        rename("Empty", "Void", version=seen + 2)


def test_a_record_that_was_moved_since_stays_where_it_is() -> None:
    add_tree()
    do(lambda s: topic_edits.merge_topics(s, DATASET, ["Changes/Seat"], "Bags"))
    with unit_of_work() as session:
        flight = next(row.id for row in session.exec(select(TopicRow)) if "Flight" in row.key)
        set_topics(session, DATASET, [TopicAssignment(1, flight, 1.0, "manual")])
    undo()
    assert places()[1] == ("Changes/Flight", 1.0, "manual")
    assert places()[2] == ("Changes/Seat", 0.9, "tfidf")


def test_a_new_edit_ends_what_could_be_done_again() -> None:
    add_tree()
    rename("Bags", "Luggage")
    undo()
    rename("Empty", "Void")
    with pytest.raises(NotFoundError, match="nothing to do again"):
        redo()
    with reading() as session:
        history = topic_edits.list_changes(session, DATASET)
    assert (history.undo_label, history.redo_label) == ("Renamed Empty to Void", None)


def test_the_log_keeps_the_latest_changes() -> None:
    add_tree()
    for number in range(35):
        do(lambda s, n=number: topic_edits.describe_topic(s, DATASET, "Bags", f"Text {n}"))
    with reading() as session:
        assert count_changes(session, DATASET) == 30
    for _ in range(30):
        undo()
    with pytest.raises(NotFoundError, match="Nothing to undo"):
        undo()
    bags = read_tree().find("Bags")
    assert bags is not None
    assert bags.description == "Text 4"


def test_edits_wait_for_a_job_that_works_on_topics() -> None:
    add_tree()
    with unit_of_work() as session:
        enqueue(session, "categorize", DATASET, {})
    with pytest.raises(ConflictError, match="categorize job works on the topics"):
        rename("Bags", "Luggage")


def test_words_and_targets_are_stored_and_undone() -> None:
    add_tree()
    do(lambda s: topic_edits.set_keywords(s, DATASET, "Bags", [" lost  bag ", "Lost Bag", ""]))
    do(lambda s: topic_edits.set_targets(s, DATASET, {"Bags": 0.5}))
    bags = read_tree().find("Bags")
    assert bags is not None
    assert (bags.keywords, bags.target_share) == (("lost bag",), 0.5)
    with pytest.raises(InvalidInputError, match="add up to 120%"):
        do(lambda s: topic_edits.set_targets(s, DATASET, {"Bags": 0.7, "Empty": 0.5}))
    undo()
    undo()
    bags = read_tree().find("Bags")
    assert bags is not None
    assert (bags.keywords, bags.target_share) == ((), None)


def test_the_step_tells_of_the_tree_as_it_is() -> None:
    add_tree()
    do(lambda s: topic_edits.delete_topics(s, DATASET, ["Bags", "Empty"]))
    with reading() as session:
        step = get_step(session, DATASET, StepName.TOPICS)
    assert step.node.summary == "2 topics · 71% sure · 7 without topic"
    assert step.facts["num_unsure"] == 2
    assert step.facts["mean_confidence"] == pytest.approx((5 * 0.9 + 2 * 0.5) / 7)
    assert [topic["key"] for topic in step.facts["topics"]] == ["Changes/Seat", "Changes/Flight"]


def test_a_missing_dataset_and_a_missing_topic_are_named() -> None:
    add_tree()
    with pytest.raises(NotFoundError, match="no topic 'Nowhere'"):
        rename("Nowhere", "Here")
    with pytest.raises(NotFoundError, match="no dataset 'ds_x'"), unit_of_work() as session:
        topic_edits.rename_topic(session, "ds_x", "Bags", "Luggage")


def start_split(plan: SplitPlan) -> None:
    with unit_of_work() as session:
        job = topic_edits.start_split(session, DATASET, plan)
    run_job(job)
    require_fresh_counts()


def add_travel() -> list[int]:
    texts, groups = make_requests()
    add_texts(texts)
    with unit_of_work() as session:
        topic_edits.replace_topics(session, DATASET, [TopicNode(key="All")])
        topic_id = session.exec(select(TopicRow)).one().id
        everything = [TopicAssignment(seq, topic_id, 1.0, "manual") for seq in range(1, 121)]
        set_topics(session, DATASET, everything)
    return groups


def test_a_leaf_is_split_by_what_its_records_want() -> None:
    groups = add_travel()
    before = places()
    start_split(SplitPlan(key="All", num_children=4))
    assert len(read_tree().leaves) == 4
    assert sizes()["All"] == 120
    pairs = {(places()[seq][0], group) for seq, group in enumerate(groups, 1)}
    assert len(pairs) <= 10
    undo()
    assert places() == before


def test_a_leaf_is_split_into_parts_that_are_named() -> None:
    groups = add_travel()
    parts = (
        TopicNode(key="Bags", keywords=("lost bag", "suitcase")),
        TopicNode(key="Refunds", keywords=("refund",)),
        TopicNode(key="Dates", keywords=("change flight", "later date")),
        TopicNode(key="Meals", keywords=("vegetarian meal", "meal")),
    )
    start_split(SplitPlan(key="All", children=parts))
    wanted = [f"All/{part.key}" for part in parts]
    found = places()
    right = sum(found[seq][0] == wanted[group] for seq, group in enumerate(groups, 1))
    assert right > 100


def test_what_cannot_be_split_is_refused_before_a_job_starts() -> None:
    add_tree()
    with unit_of_work() as session:
        for plan, message in (
            (SplitPlan(key="Empty"), "fewer than two records"),
            (SplitPlan(key="Changes"), "split already"),
            (SplitPlan(key="Bags", children=(TopicNode(key="One"),)), "two or more"),
        ):
            with pytest.raises(InvalidInputError, match=message):
                topic_edits.start_split(session, DATASET, plan)
