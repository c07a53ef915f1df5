from collections import Counter

import pytest
from sqlmodel import col, select

from rft_app.domain.candidate import CandidateState, GeneratedDraft
from rft_app.domain.generation import GenerationSettings
from rft_app.domain.job import JobStatus
from rft_app.domain.message import Message
from rft_app.domain.record import RecordId
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services.categorising import count_by_method
from rft_app.services.datasets import get_dataset
from rft_app.services.generation import start_generation
from rft_app.services.generation_review import (
    ReviewQuery,
    accept,
    check_edited,
    edit_and_accept,
    get_review,
    list_review,
    reject,
    reopen,
    start_accepting,
)
from rft_app.services.records import get_record
from rft_app.services.regeneration import start_regeneration
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import freeze_snapshot, load_members
from rft_app.storage.tables import RecordRow
from rft_app.storage.topic_counts import read_figures
from tests.llm.provider import in_turn, say_json
from tests.services.generation_world import BAGS, DATASET, World, read_candidates
from tests.services.generation_world import world as world


@pytest.fixture
def ids(world: World) -> list[str]:
    """Three candidates of each of the two records about bags."""
    with world.provider(CONCURRENCY="1"):
        settings = GenerationSettings(max_synthetic_ratio=1.0)
        with unit_of_work() as session:
            job = start_generation(session, DATASET, settings)
        assert world.work(job).status is JobStatus.DONE
    return [f"cand_{row.seq:x}" for row in read_candidates()]


def read_rows() -> list[RecordRow]:
    with reading() as session:
        statement = select(RecordRow).where(col(RecordRow.source_type) == "generated")
        return list(session.exec(statement.order_by(col(RecordRow.seq))))


def test_the_list_shows_each_beside_its_source_in_pages(ids: list[str]) -> None:
    with reading() as session:
        first = list_review(session, DATASET, limit=4)
        second = list_review(session, DATASET, cursor=first.next_cursor, limit=4)
        assert [row.candidate.id for row in (*first.rows, *second.rows)] == ids
        assert second.next_cursor is None
        assert (first.counts.num_pending, first.counts.num_passing) == (6, 6)
        row = first.rows[0]
        assert row.source is not None
        assert row.source.input[1].content == "My bag is lost in Bern."
        assert row.candidate.draft.reference == row.source.reference
        assert get_review(session, DATASET, ids[0]) == row
        with pytest.raises(InvalidInputError, match="cursor"):
            list_review(session, DATASET, cursor="rec_1")


def test_an_accepted_one_is_a_record_in_its_sources_group_and_topic(ids: list[str]) -> None:
    with unit_of_work() as session:
        (record_id,) = accept(session, DATASET, ids[:1])
    with reading() as session:
        record = get_record(session, DATASET, record_id)
        review = get_review(session, DATASET, ids[0])
        source = session.get_one(RecordRow, 101)
        assert get_dataset(session, DATASET).stats.num_generated == 1
    (row,) = read_rows()
    assert record.parent == review.candidate.source_id == "rec_65"
    assert (record.topic, row.topic_id, row.group_key) == ("Bags", BAGS, source.group_key)
    assert record.input == review.candidate.draft.input
    assert (record.tools, record.reference) == (review.candidate.draft.tools, "ref 101")
    assert (review.candidate.state, review.candidate.record_id) == (
        CandidateState.ACCEPTED,
        record_id,
    )


def test_accepting_twice_makes_one_record(ids: list[str]) -> None:
    with unit_of_work() as session:
        accept(session, DATASET, [ids[0], ids[0]])
    with unit_of_work() as session, pytest.raises(ConflictError, match="accepted already"):
        accept(session, DATASET, ids[:2])
    assert len(read_rows()) == 1, "None or all."


def test_an_invalid_one_must_be_edited_first(world: World) -> None:
    long = {"user_messages": ["bag " * 600_000], "answer": None}
    with world.provider(in_turn(say_json({"variations": [long]}))):
        with unit_of_work() as session:
            settings = GenerationSettings(max_synthetic_ratio=1.0, variations_per_record=1)
            job = start_generation(session, DATASET, settings)
        world.work(job)
    id_ = f"cand_{read_candidates()[0].seq:x}"
    with unit_of_work() as session, pytest.raises(ConflictError, match=r"token limit.*Edit it"):
        accept(session, DATASET, [id_])
    with pytest.raises(InvalidInputError, match="No user message"):
        edit(id_, GeneratedDraft(input=(say("assistant", "Hi"),)))
    edited = GeneratedDraft(input=(say("user", "My bag?"),), output=(say("assistant", "Here."),))
    record_id = edit(id_, edited)
    with reading() as session:
        record = get_record(session, DATASET, record_id)
        assert get_review(session, DATASET, id_).candidate.is_edited
    assert (record.input, record.output) == (edited.input, edited.output)
    assert record.reason is None


def edit(id_: str, draft: GeneratedDraft) -> RecordId:
    """As the routes do it."""
    with reading() as session:
        checks = check_edited(session, DATASET, id_, draft)
    with unit_of_work() as session:
        return edit_and_accept(session, DATASET, id_, draft, checks)


def test_an_edit_that_repeats_its_source_is_told_and_a_duplicate(ids: list[str]) -> None:
    with reading() as session:
        source = get_review(session, DATASET, ids[0]).source
    assert source is not None
    copy = GeneratedDraft(
        input=source.input, output=source.output, reference=source.reference, tools=source.tools
    )
    first, again = edit(ids[0], copy), edit(ids[1], copy)
    with reading() as session:
        checks = get_review(session, DATASET, ids[0]).candidate.checks
        assert get_record(session, DATASET, again).duplicate_of == first
    assert (checks.near_record, checks.similarity, checks.passes) == (source.id, 1.0, False)
    assert checks.is_topic_kept is not None


def test_an_edit_is_not_near_to_what_it_was_before(ids: list[str]) -> None:
    with reading() as session:
        draft = get_review(session, DATASET, ids[0]).candidate.draft
        assert check_edited(session, DATASET, ids[0], draft).passes
        near = check_edited(session, DATASET, ids[1], draft)
    assert (near.near_candidate, near.passes) == (ids[0], False)


def test_how_sure_an_accepted_one_is_of_its_topic_is_not_known(ids: list[str]) -> None:
    with unit_of_work() as session:
        accept(session, DATASET, ids[:2])
        figures = read_figures(session, DATASET)[BAGS]
        methods = count_by_method(session, DATASET)
    assert {row.topic_confidence for row in read_rows()} == {None}
    assert methods["generated"] == 2
    assert figures.num_records - figures.num_judged >= 2


def say(role: str, content: str) -> Message:
    return Message(role=role, content=content)


def test_a_rejected_one_becomes_nothing_and_can_wait_again(ids: list[str]) -> None:
    with unit_of_work() as session:
        assert reject(session, DATASET, ids[:2]) == 2
        assert reject(session, DATASET, ids[:2]) == 0
    with reading() as session:
        rejected = list_review(session, DATASET, ReviewQuery(state=CandidateState.REJECTED))
    assert [row.candidate.id for row in rejected.rows] == ids[:2]
    assert rejected.counts.num_rejected == 2
    with unit_of_work() as session:
        assert reopen(session, DATASET, ids) == 2
    assert read_rows() == []


def test_all_that_pass_are_accepted_by_a_job_and_no_other(world: World) -> None:
    copied = {"user_messages": ["My bag is lost in Bern."], "answer": None}
    fine = {"user_messages": ["Where did my suitcase end up?"], "answer": None}
    with world.provider(in_turn(say_json({"variations": [copied, fine]}))):
        with unit_of_work() as session:
            settings = GenerationSettings(max_synthetic_ratio=1.0, variations_per_record=3)
            job = start_generation(session, DATASET, settings)
        world.work(job)
    with unit_of_work() as session:
        job = start_accepting(session, DATASET)
    job = world.work(job)
    assert (job.status, job.result) == (JobStatus.DONE, {"accepted": 1}), job.error
    assert [row.title for row in read_rows()] == ["Where did my suitcase end up?"]
    assert Counter(row.state for row in read_candidates()) == {"accepted": 1, "pending": 3}
    with unit_of_work() as session, pytest.raises(ConflictError, match="passes every check"):
        start_accepting(session, DATASET)


def test_a_split_never_parts_a_generated_record_from_its_source(ids: list[str]) -> None:
    with unit_of_work() as session:
        accept(session, DATASET, ids)
    for seed in range(5):
        with unit_of_work() as session:
            snapshot = freeze_snapshot(
                session, DATASET, purpose="export", seed=seed, train_ratio=0.5
            )
            members = load_members(session, snapshot.id)
            found = dict(zip(members.seqs.tolist(), members.is_test.tolist(), strict=True))
        for row in read_rows():
            if row.seq in found:
                assert row.parent_seq is not None
                assert found[row.seq] == found[row.parent_seq]


def test_what_is_not_there_is_named(ids: list[str]) -> None:
    with unit_of_work() as session:
        for act in (accept, reject, reopen, start_regeneration):
            with pytest.raises(NotFoundError, match="cand_ffff"):
                act(session, DATASET, ["cand_ffff"])
        with pytest.raises(NotFoundError):
            list_review(session, "ds_gone")


def test_an_accepted_one_is_not_made_again(ids: list[str]) -> None:
    with unit_of_work() as session:
        accept(session, DATASET, ids[:1])
    with unit_of_work() as session, pytest.raises(ConflictError, match="cannot be made again"):
        start_regeneration(session, DATASET, ids[:1])
