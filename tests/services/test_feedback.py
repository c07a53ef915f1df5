"""Feedback: one per person and record, replaced, removed, taken back, on both databases."""

from pathlib import Path

import pytest

from rft_app.domain.feedback import (
    RECORDED,
    AnswerId,
    Feedback,
    FeedbackKey,
    FeedbackSource,
    Thumb,
    answer_id,
)
from rft_app.domain.record import SourceType
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services.datasets import delete_dataset
from rft_app.services.duplication import start_duplicate
from rft_app.services.feedback import (
    count_feedback,
    list_feedback,
    remove_feedback,
    undo_feedback,
)
from rft_app.services.feedback_queue import get_queue_item
from rft_app.services.record_changes import archive_records, select_only, undo_change
from rft_app.services.records import get_record
from rft_app.storage.feedback import count_all_feedback, iterate_feedback
from rft_app.storage.record_changes import find_edit_row
from rft_app.storage.records import to_seqs
from rft_app.storage.session import reading, unit_of_work
from tests.services.feedback_dataset import (
    ANN,
    BOB,
    add_answers,
    ids,
    make_feedback_dataset,
    put,
)
from tests.services.stored_dataset import run


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    return make_feedback_dataset(tmp_path)


def stored(dataset_id: str, **conditions: str) -> tuple[Feedback, ...]:
    with reading() as session:
        page = list_feedback(session, dataset_id, **conditions)  # pyright: ignore[reportArgumentType]
    assert page.total == len(page.rows)
    return page.rows


def test_what_a_person_says_again_replaces_what_they_said(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    first = put(dataset_id, record, thumb=Thumb.UP, note="good tone").now
    again = put(dataset_id, record, "  Ann ", rating=2)
    assert again.before == first
    [only] = stored(dataset_id)
    assert only == again.now
    assert (only.thumb, only.rating, only.note, only.reviewer) == (None, 2, "", ANN)
    assert first is not None
    assert (only.id, only.created_at) == (first.id, first.created_at)


def test_two_people_may_say_different_things_of_one_record(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    put(dataset_id, record, ANN, thumb=Thumb.UP)
    put(dataset_id, record, BOB, thumb=Thumb.DOWN)
    assert {one.reviewer: one.thumb for one in stored(dataset_id, record_id=record)} == {
        ANN: Thumb.UP,
        BOB: Thumb.DOWN,
    }


def test_saying_nothing_removes_what_was_said(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    put(dataset_id, record, rating=4)
    change = put(dataset_id, record)
    assert change.now is None
    assert stored(dataset_id) == ()


def test_undo_puts_back_exactly_what_was_said_before(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    first = put(dataset_id, record, rating=4, note="ok")
    second = put(dataset_id, record, thumb=Thumb.DOWN)
    removed = put(dataset_id, record)
    for change, expected in ((removed, second.now), (second, first.now), (first, None)):
        with unit_of_work() as session:
            undo_feedback(session, change)
        assert stored(dataset_id) == (() if expected is None else (expected,))


def test_undo_is_refused_where_something_else_was_said_since(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    first = put(dataset_id, record, rating=4)
    put(dataset_id, record, rating=5)
    with unit_of_work() as session, pytest.raises(ConflictError, match="changed since"):
        undo_feedback(session, first)
    assert [one.rating for one in stored(dataset_id)] == [5]


def test_a_corrected_answer_becomes_the_record_and_names_its_original(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    change = put(dataset_id, record, corrected="Better", thumb=Thumb.DOWN)
    [said] = stored(dataset_id)
    assert said.correction is not None
    with reading() as session:
        successor = get_record(session, dataset_id, said.correction)
        original = get_record(session, dataset_id, record)
    assert (successor.output[0].content, successor.source_type) == ("Better", SourceType.CORRECTION)
    assert (successor.parent, original.is_archived, said.record_id) == (record, True, record)
    assert record not in ids(dataset_id)
    with unit_of_work() as session:
        undo_feedback(session, change)
    assert stored(dataset_id) == ()
    assert record in ids(dataset_id)
    assert said.correction not in ids(dataset_id)


def test_a_correction_stays_when_its_author_says_more(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    correction = put(dataset_id, record, corrected="Better").now
    more = put(dataset_id, record, rating=1)
    same = put(dataset_id, record, corrected="Better", rating=1)
    assert correction is not None
    assert more.now is not None
    assert same.now is not None
    assert (more.now.correction, same.now.correction) == (correction.correction,) * 2
    assert same.edit is None
    with unit_of_work() as session:
        undo_feedback(session, same)
        undo_feedback(session, more)
    assert [(one.rating, one.correction) for one in stored(dataset_id)] == [
        (None, correction.correction)
    ]


def test_what_was_corrected_by_one_cannot_be_judged_by_another(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    put(dataset_id, record, ANN, corrected="Better")
    with pytest.raises(ConflictError, match="go on with the next record"):
        put(dataset_id, record, BOB, thumb=Thumb.UP)
    assert [one.reviewer for one in stored(dataset_id)] == [ANN]


@pytest.mark.parametrize("text", ["About question 0", ""])
def test_a_correction_must_say_something_else(dataset_id: str, text: str) -> None:
    record = ids(dataset_id)[0]
    if text:
        with pytest.raises(InvalidInputError, match="Nothing is different"):
            put(dataset_id, record, corrected=text, thumb=Thumb.UP)
    assert stored(dataset_id) == ()
    assert record in ids(dataset_id)


def test_removing_feedback_takes_its_correction_back(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    put(dataset_id, record, corrected="Better", rating=2)
    key = FeedbackKey(dataset_id, record, ANN)
    with unit_of_work() as session:
        assert remove_feedback(session, key).rating == 2
    assert (stored(dataset_id), record in ids(dataset_id)) == ((), True)
    with unit_of_work() as session, pytest.raises(NotFoundError, match="said nothing"):
        remove_feedback(session, key)


def test_a_correction_that_was_taken_back_elsewhere_is_not_taken_back_twice(
    dataset_id: str,
) -> None:
    record = ids(dataset_id)[0]
    change = put(dataset_id, record, corrected="Better")
    assert change.edit is not None
    with unit_of_work() as session:
        undo_change(session, change.edit.id)
        assert find_edit_row(session, dataset_id, change.edit.target) is None
    with unit_of_work() as session, pytest.raises(ConflictError, match="taken back already"):
        remove_feedback(session, FeedbackKey(dataset_id, record, ANN))


def test_a_preference_is_between_answers_of_the_record(dataset_id: str) -> None:
    record, other = ids(dataset_id)[:2]
    first, second = add_answers(dataset_id, record, "one", "two")
    [foreign] = add_answers(dataset_id, other, "three")
    chosen = put(dataset_id, record, chosen=answer_id(second), rejected=RECORDED).now
    assert chosen is not None
    assert stored(dataset_id) == (chosen,)
    for wrong in (answer_id(foreign), AnswerId("roll_"), AnswerId("nonsense")):
        with pytest.raises(InvalidInputError, match="has no answer"):
            put(dataset_id, record, chosen=wrong, rejected=answer_id(first))
    with reading() as session:
        [keys] = iterate_feedback(session, dataset_id, to_seqs([record]))
    assert (keys.chosen_seq, keys.rejected_seq) == (second, 0)


def test_exports_read_feedback_by_record(dataset_id: str) -> None:
    records = ids(dataset_id)
    put(dataset_id, records[2], ANN, rating=5)
    put(dataset_id, records[0], BOB, thumb=Thumb.DOWN)
    corrected = put(dataset_id, records[2], BOB, corrected="Better").now
    with reading() as session:
        found = list(iterate_feedback(session, dataset_id, to_seqs(reversed(records))))
        others = list(iterate_feedback(session, "ds_other", to_seqs(records)))
    assert [(one.reviewer, one.thumb, one.rating) for one in found] == [
        (BOB, Thumb.DOWN, None),
        (ANN, None, 5),
        (BOB, None, None),
    ]
    assert corrected is not None
    assert corrected.correction is not None
    assert found[2].correction_seq == to_seqs([corrected.correction])[0]
    assert others == []


def test_pages_go_on_behind_their_cursor(dataset_id: str) -> None:
    for record in ids(dataset_id)[:5]:
        put(dataset_id, record, rating=3)
    seen: list[str] = []
    cursor = None
    while True:
        with reading() as session:
            page = list_feedback(session, dataset_id, cursor=cursor, limit=2)
        assert page.total == 5
        seen += [one.record_id for one in page.rows]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == list(reversed(ids(dataset_id)[:5]))
    with reading() as session, pytest.raises(InvalidInputError, match="no cursor"):
        list_feedback(session, dataset_id, cursor="rec_1")


def test_counts_say_what_there_is(dataset_id: str) -> None:
    records = ids(dataset_id)
    [rollout] = add_answers(dataset_id, records[3], "one")
    put(dataset_id, records[0], ANN, thumb=Thumb.UP, rating=5)
    put(dataset_id, records[0], BOB, thumb=Thumb.DOWN)
    put(dataset_id, records[1], BOB, corrected="Better")
    put(dataset_id, records[3], ANN, chosen=RECORDED, rejected=answer_id(rollout))
    with reading() as session:
        counts = count_feedback(session, dataset_id).model_dump()
        assert count_all_feedback(session) == 4
    assert counts == {
        "num_feedback": 4,
        "num_records": 3,
        "num_reviewers": 2,
        "num_up": 1,
        "num_down": 1,
        "num_rated": 1,
        "num_corrected": 1,
        "num_preferences": 1,
    }


def test_what_is_not_there_is_named(dataset_id: str) -> None:
    for record in ("rec_fffff", "nonsense"):
        with pytest.raises(NotFoundError, match=record):
            put(dataset_id, record, rating=1)
    with pytest.raises(NotFoundError, match="no dataset"):
        put("ds_none", ids(dataset_id)[0], rating=1)
    with pytest.raises(InvalidInputError, match="name is blank"):
        put(dataset_id, ids(dataset_id)[0], " ", rating=1)


def test_a_deleted_record_takes_no_feedback(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    with unit_of_work() as session:
        archive_records(session, dataset_id, select_only([record]))
    with pytest.raises(ConflictError, match="corrected or deleted"):
        put(dataset_id, record, rating=1)


def test_a_copy_of_the_dataset_has_the_feedback_on_its_own_records(dataset_id: str) -> None:
    records = ids(dataset_id)
    [rollout] = add_answers(dataset_id, records[0], "one")
    put(dataset_id, records[0], chosen=answer_id(rollout), rejected=RECORDED, note="why")
    put(dataset_id, records[1], corrected="Better", thumb=Thumb.DOWN)
    copy_id = run(start_duplicate, dataset_id).dataset_id or ""
    corrected, preferred = stored(copy_id)
    copies = ids(copy_id)
    assert (preferred.record_id, preferred.note, preferred.rejected) == (copies[0], "why", RECORDED)
    assert (corrected.correction, corrected.thumb) == (copies[-1], Thumb.DOWN)
    with reading() as session:
        item = get_queue_item(session, copy_id, copies[0], ANN)
        made = get_record(session, copy_id, corrected.correction or "")
    assert [answer.id for answer in item.answers] == [RECORDED, preferred.chosen]
    assert made.parent == corrected.record_id
    assert {one.dataset_id for one in stored(dataset_id)} == {dataset_id}


def test_feedback_goes_with_its_dataset(dataset_id: str) -> None:
    put(dataset_id, ids(dataset_id)[0], rating=1)
    with unit_of_work() as session:
        delete_dataset(session, dataset_id)
    with reading() as session:
        assert count_all_feedback(session) == 0


def test_a_persons_own_words_are_marked_as_such(dataset_id: str) -> None:
    said = put(dataset_id, ids(dataset_id)[0], rating=1).now
    assert said is not None
    assert said.source is FeedbackSource.PERSON
