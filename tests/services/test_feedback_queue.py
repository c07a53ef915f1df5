"""The queue of records that a person is asked about, and how far two people agree."""

from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.feedback import RECORDED, Thumb, answer_id
from rft_app.domain.record import RecordFilter, SourceType
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.feedback_agreement import list_agreement
from rft_app.services.feedback_queue import count_progress, list_queue
from rft_app.storage import feedback_queue
from rft_app.storage.session import reading
from tests.services.feedback_dataset import (
    ANN,
    BOB,
    add_answers,
    ids,
    make_feedback_dataset,
    put,
)
from tests.services.stored_dataset import chat, make_dataset

ANY = RecordFilter()


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    return make_feedback_dataset(tmp_path)


def queue(dataset_id: str, reviewer: str = ANN, **options: Any) -> list[str]:
    wanted = options.pop("record_filter", ANY)
    with reading() as session:
        return [
            item.record.id for item in list_queue(session, dataset_id, reviewer, wanted, **options)
        ]


def progress(dataset_id: str, reviewer: str = ANN, **conditions: Any) -> tuple[int, int]:
    with reading() as session:
        found = count_progress(session, dataset_id, reviewer, RecordFilter(**conditions))
    assert found.is_exact
    return found.num_done, found.num_matching


def test_a_person_is_asked_about_what_they_said_nothing_of(dataset_id: str) -> None:
    records = ids(dataset_id)
    assert queue(dataset_id) == records
    put(dataset_id, records[1], ANN, rating=3)
    put(dataset_id, records[2], BOB, rating=3)
    assert queue(dataset_id) == [records[0], *records[2:]]
    assert queue(dataset_id, BOB) == [*records[:2], *records[3:]]
    assert progress(dataset_id) == (1, 6)


def test_nobody_is_asked_about_their_own_correction_but_others_are(dataset_id: str) -> None:
    record = ids(dataset_id)[0]
    corrected = put(dataset_id, record, ANN, corrected="Better").now
    assert corrected is not None
    assert corrected.correction not in queue(dataset_id, ANN)
    assert queue(dataset_id, BOB)[-1] == corrected.correction
    assert (progress(dataset_id, ANN), progress(dataset_id, BOB)) == ((1, 6), (0, 6))


def test_the_queue_goes_on_behind_a_record(dataset_id: str) -> None:
    records = ids(dataset_id)
    assert queue(dataset_id, after=records[1], limit=2) == records[2:4]
    assert queue(dataset_id, after=records[-1]) == []
    with pytest.raises(InvalidInputError, match="no cursor"):
        queue(dataset_id, after="behind")


def test_only_what_matches_the_filter_is_asked(dataset_id: str) -> None:
    records = ids(dataset_id)
    rewarded = RecordFilter(min_reward=0)
    assert queue(dataset_id, record_filter=rewarded) == records[1::2]
    put(dataset_id, records[1], rating=3)
    put(dataset_id, records[2], rating=3)
    assert queue(dataset_id, record_filter=rewarded) == records[3::2]
    assert progress(dataset_id, min_reward=0) == (1, 3)
    assert queue(dataset_id, record_filter=RecordFilter(search="question 4")) == [records[4]]
    assert progress(dataset_id, search="question 2") == (1, 1)
    assert progress(dataset_id, search="question") == (2, 6)
    assert progress(dataset_id, topic="None such") == (0, 0)
    generated = RecordFilter(source_types=(SourceType.GENERATED,))
    assert queue(dataset_id, record_filter=generated) == []


def test_many_records_that_are_done_are_passed_over(
    dataset_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_queue, "_FIRST_WINDOW", 1)
    monkeypatch.setattr(feedback_queue, "_LARGEST_WINDOW", 2)
    records = ids(dataset_id)
    for record in records[:4]:
        put(dataset_id, record, rating=3)
    assert queue(dataset_id, limit=1) == [records[4]]
    assert queue(dataset_id) == records[4:]


def test_nobody_is_asked_about_invalid_records_and_duplicates(
    any_database: str, tmp_path: Path
) -> None:
    found = make_dataset(
        tmp_path, chat("a"), chat("a"), {"messages": [{"role": "assistant", "content": "Hi"}]}
    )
    assert len(ids(found)) == 3
    assert queue(found) == [ids(found)[0]]
    assert queue(found, record_filter=RecordFilter(is_duplicate=True)) == [ids(found)[1]]
    assert queue(found, record_filter=RecordFilter(is_valid=False)) == [ids(found)[2]]


def test_a_record_comes_with_its_answers_and_what_was_said(dataset_id: str) -> None:
    record = ids(dataset_id)[1]
    [rollout] = add_answers(dataset_id, record, "another")
    with reading() as session:
        [item] = list_queue(session, dataset_id, ANN, ANY, after=ids(dataset_id)[0], limit=1)
    assert [answer.id for answer in item.answers] == [RECORDED, answer_id(rollout)]
    assert [answer.messages[0].text for answer in item.answers] == ["About question 1", "another"]
    assert (item.answers[0].reward, item.answers[1].reward, item.feedback) == (0.9, None, None)


def test_unknown_datasets_and_blank_names_are_refused(dataset_id: str) -> None:
    with pytest.raises(NotFoundError):
        queue("ds_none")
    with pytest.raises(InvalidInputError, match="name is blank"):
        queue(dataset_id, " ")


def test_agreement_counts_only_what_both_said(dataset_id: str) -> None:
    records = ids(dataset_id)
    said: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"thumb": Thumb.UP}, {"rating": 5}),
        ({"thumb": Thumb.UP}, {"thumb": Thumb.DOWN}),
        ({"rating": 1}, {"rating": 2}),
        ({"rating": 1}, {"thumb": Thumb.DOWN}),
        ({"note": "unsure"}, {"thumb": Thumb.UP}),
    ]
    for record, (ann, bob) in zip(records, said, strict=False):
        put(dataset_id, record, ANN, **ann)
        put(dataset_id, record, BOB, **bob)
    put(dataset_id, records[5], ANN, thumb=Thumb.UP)
    with reading() as session:
        [found] = list_agreement(session, dataset_id)
    assert (found.reviewers, found.num_records) == ((ANN, BOB), 5)
    assert (found.labels.n, found.labels.share_equal, found.labels.value) == (4, 0.75, 0.5)
    assert (found.ratings.n, found.ratings.value) == (1, 0)


def test_of_several_people_those_with_most_in_common_come_first(dataset_id: str) -> None:
    records = ids(dataset_id)
    for record in records[:3]:
        put(dataset_id, record, ANN, rating=3)
    for record in records[2:6]:
        put(dataset_id, record, BOB, rating=3)
    for record in records[1:3]:
        put(dataset_id, record, "Cy", rating=3)
    with reading() as session:
        found = [
            (set(one.reviewers), one.num_records) for one in list_agreement(session, dataset_id)
        ]
    assert found[0] == ({ANN, "Cy"}, 2)
    assert sorted(number for _, number in found) == [1, 1, 2]
