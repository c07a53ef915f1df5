from typing import Any

import orjson
import pytest
from sqlmodel import col, select

from rft_app.domain.facet import ARCHIVED, Facet
from rft_app.domain.feedback import FeedbackDraft, FeedbackKey
from rft_app.domain.pipeline import StepResult, StepStatus
from rft_app.domain.record import Record, RecordFilter, SourceType, record_id
from rft_app.errors import ConflictError, JobCancelledError
from rft_app.exports.message_kinds import classify, kinds_of
from rft_app.pipeline import extract
from rft_app.pipeline._cutting import ExtractMode
from rft_app.pipeline.extract import ExtractSettings, ExtractStep
from rft_app.services.feedback import put_feedback
from rft_app.services.records import get_record, list_records
from rft_app.services.search_jobs import IndexSearch
from rft_app.services.staleness import find_stale
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.records import insert_bodies, iterate_record_bytes, iterate_texts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import finish_step, get_step_row, list_step_rows
from rft_app.storage.tables import ImportRow, RecordRow
from tests.builders import SOME_DAY, make_dataset_row, make_record_row, make_trace_rows

LAST, EVERY = ExtractSettings(mode=ExtractMode.LAST), ExtractSettings(mode=ExtractMode.EVERY)


GENERATED = Facet(source_type=SourceType.GENERATED)
CORRECTION = Facet(source_type=SourceType.CORRECTION)


class Watch:
    """A job's context that can cancel at the n-th report."""

    required_dataset_id = "ds_a"

    def __init__(self, cancel_at: int | None = None) -> None:
        self.left = cancel_at

    def progress(self, done: int, total: int | None = None, label: str = "") -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise JobCancelledError


def say(role: str, content: str | None, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def add_dataset(*bodies: dict[str, Any], shape: str = "trajectory", **changes: Any) -> None:
    with unit_of_work() as session:
        session.add(make_dataset_row())
        session.flush()
        session.add(
            ImportRow(
                id="imp_a",
                dataset_id="ds_a",
                kind="traces",
                file_name="a.jsonl",
                path="a.jsonl",
                size_bytes=1,
                shape=shape,
                created_at=SOME_DAY,
            )
        )
        for seq, body in enumerate(bodies, 1):
            row, stored = make_trace_rows(seq, body, **changes)
            session.add(row)
            session.add(stored)


def run(settings: ExtractSettings = LAST, context: Watch | None = None) -> StepResult:
    return ExtractStep().run(context or Watch(), "ds_a", settings)  # pyright: ignore[reportArgumentType]


def current() -> list[RecordRow]:
    with reading() as session:
        rows = session.exec(
            select(RecordRow).where(~col(RecordRow.is_archived)).order_by(col(RecordRow.seq))
        )
        return list(rows)


def cuts() -> list[tuple[int | None, int]]:
    return sorted((row.trace_seq, row.turn) for row in current())


def read(seq: int) -> Record:
    with reading() as session:
        return get_record(session, "ds_a", record_id(seq))


def index(context: Watch | None = None) -> int:
    found = IndexSearch().run(context or Watch())  # pyright: ignore[reportArgumentType]
    return found["num_indexed"]


def total(search: str) -> int:
    with reading() as session:
        return list_records(session, "ds_a", RecordFilter(search=search)).total


TALK = {
    "messages": [
        say("system", "Be kind."),
        say("user", "Move my flight"),
        say("assistant", "To which day?"),
        say("user", "Monday"),
        say("assistant", "Done."),
        say("user", "Thanks"),
    ]
}


def test_the_last_answer_of_a_trace_is_its_record(any_database: str) -> None:
    add_dataset(TALK, reward=0.5, external_id="run-7", title="Move my flight")
    result = run()
    (row,) = current()
    record = read(row.seq)
    assert [message.text for message in record.input][-1] == "Monday"
    assert [message.text for message in record.output] == ["Done."]
    assert (record.reward, record.trace_id, record.source_type) == (0.5, "run-7", "trace")
    assert row.num_messages == 5
    assert result.summary == "1 record · 0% invalid"
    assert result.outcome is StepStatus.COMPLETE


def test_every_answer_gives_a_record_of_one_group(any_database: str) -> None:
    add_dataset(TALK)
    run(EVERY)
    assert cuts() == [(1, 2), (1, 4)]
    assert len({row.group_key for row in current()}) == 1


def test_only_turns_after_the_prompt_are_answers(any_database: str) -> None:
    add_dataset(TALK | {"num_prompt_messages": 4}, TALK | {"num_prompt_messages": 6})
    run(EVERY)
    assert cuts() == [(1, 4), (2, 6)]
    assert read(current()[-1].seq).output == ()


def test_rows_of_a_data_file_are_uploads(any_database: str) -> None:
    add_dataset(TALK, shape="question_answer")
    run()
    assert current()[0].source_type == "upload"


def test_rows_with_a_worse_answer_are_preferences_and_extraction_may_replace_them(
    any_database: str,
) -> None:
    add_dataset(TALK | {"rejected": [say("assistant", "No.")]}, TALK, shape="openai_dpo")
    run(EVERY)
    first, second, *others = current()
    assert [row.source_type for row in (first, second)] == ["preference"] * 2
    assert {row.source_type for row in others} == {"upload"}
    assert first.content_hash == others[0].content_hash
    run(LAST)
    assert [row.source_type for row in current()] == ["preference", "upload"]


def test_faults_are_counted_by_reason_and_stay_visible(any_database: str) -> None:
    long = {"messages": [say("user", "word " * 4000), say("assistant", "ok")]}
    empty = {"messages": []}
    add_dataset(TALK, long)
    with unit_of_work() as session:
        session.add_all(make_trace_rows(3, empty, reason="no_messages"))
    result = run(ExtractSettings(max_tokens=1000))
    assert result.facts["reasons"] == {"too_long": 1, "no_messages": 1}
    assert (result.facts["num_valid"], result.facts["num_invalid"]) == (1, 2)
    assert run(ExtractSettings(max_tokens=10_000)).facts["reasons"] == {"no_messages": 1}


def test_of_equal_records_the_first_stays(any_database: str) -> None:
    other = {"messages": [say("user", "Move my flight"), say("assistant", "Done.")]}
    add_dataset(TALK, other, TALK | {"metadata": {"n": 3}}, TALK | {"reference": "Done."})
    result = run()
    first, _, copy, with_reference = current()
    assert copy.duplicate_of == first.seq
    assert with_reference.duplicate_of is None
    assert result.facts["num_duplicates"] == 1
    with reading() as session:
        listed = list_records(session, "ds_a", RecordFilter(is_duplicate=True))
    assert [row.id for row in listed.rows] == [record_id(copy.seq)]


def test_fingerprints_of_an_older_version_are_renewed_and_the_records_stay(
    any_database: str,
) -> None:
    add_dataset(TALK, TALK)
    finish(run())
    before = [(row.seq, row.content_hash) for row in current()]
    with unit_of_work() as session:
        for row in session.exec(select(RecordRow)):
            row.content_hash = row.duplicate_of = row.seq
            session.add(row)
        step = get_step_row(session, "ds_a", ExtractStep.name)
        step.input_hash = (step.input_hash or "").rpartition(" ")[0]
        session.add(step)
    with reading() as session:
        stale = find_stale(list_step_rows(session, "ds_a"), get_inputs(session, "ds_a"))
    [reason] = stale.values()
    assert reason == "The way duplicates are found changed after this ran."
    assert run().facts["num_duplicates"] == 1
    assert [(row.seq, row.content_hash) for row in current()] == before


def test_running_again_changes_nothing(any_database: str) -> None:
    add_dataset(TALK, TALK)
    first = run()
    seqs = [row.seq for row in current()]
    with reading() as session:
        before = get_dataset_row(session, "ds_a").records_hash
    assert run() == first
    assert [row.seq for row in current()] == seqs
    with reading() as session:
        assert get_dataset_row(session, "ds_a").records_hash == before != ""


def test_another_mode_keeps_common_records_and_archives_the_others(any_database: str) -> None:
    add_dataset(TALK)
    run(EVERY)
    early, late = current()
    run(LAST)
    assert [row.seq for row in current()] == [late.seq]
    assert read(early.seq).output[0].text == "To which day?"


def test_a_persons_work_survives_another_extraction(any_database: str) -> None:
    add_dataset(TALK)
    with unit_of_work() as session:
        session.add(make_record_row(900, trace_seq=1, turn=4, facet=CORRECTION))
        session.add(make_record_row(901, trace_seq=None, facet=GENERATED))
        session.flush()
        insert_bodies(session, [(901, orjson.dumps({"messages": [say("user", "A sunny place")]}))])
    run()
    assert [row.seq for row in current()] == [900, 901]
    index()
    assert total("sunny") == 1
    assert read(901).input[0].text == "A sunny place"


def test_records_that_people_spoke_of_survive_another_extraction(any_database: str) -> None:
    add_dataset(TALK)
    run(EVERY)
    early, late = current()
    with unit_of_work() as session:
        key = FeedbackKey("ds_a", record_id(early.seq), "Ann")
        put_feedback(session, key, FeedbackDraft(rating=5))
    run(LAST)
    assert [row.seq for row in current()] == [early.seq, late.seq]


def test_a_run_after_a_crash_ends_as_if_nothing_had_happened(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "TRACES_PER_BATCH", 3)
    bodies = [
        {"messages": [say("user", f"Question {n % 8} zebra{n}"), say("assistant", "Yes.")]}
        for n in range(10)
    ]
    add_dataset(*bodies)
    for cancel_at in range(5):
        with pytest.raises(JobCancelledError):
            run(context=Watch(cancel_at))
    result = run()
    assert cuts() == [(n, 1) for n in range(1, 11)]
    assert result.facts["num_records"] == 10
    with pytest.raises(JobCancelledError):
        index(Watch(0))
    index()
    assert [total(f"zebra{n}") for n in range(10)] == [1] * 10
    assert total("zebra") == 10


def test_a_dataset_without_traces_cannot_be_extracted(any_database: str) -> None:
    add_dataset()
    with pytest.raises(ConflictError, match="Import a file first"):
        run()


def test_records_know_of_which_kinds_their_messages_are(any_database: str) -> None:
    add_dataset(TALK, {"messages": [*TALK["messages"], say("user", "Hm", mood="sour")]})
    run(EVERY)
    with reading() as session:
        records = list(iterate_record_bytes(session, "ds_a", RecordFilter()))
    known = [kinds_of(classify(r.split(r.messages)), r.turn) for r in records]
    assert [record.message_kinds for record in records] == known
    assert [kinds > 0 for kinds in known] == [True, True, False, False]


def test_records_stream_in_key_order_for_exports_and_topics(any_database: str) -> None:
    add_dataset(TALK, TALK | {"reference": "Done."})
    run(EVERY)
    with reading() as session:
        seqs = [row.seq for row in current()]
        streamed = list(iterate_record_bytes(session, "ds_a", RecordFilter()))
        chosen = list(iterate_record_bytes(session, "ds_a", reversed(seqs[1:3])))
        texts = [text.text for text in iterate_texts(session, "ds_a")]
    assert [record.seq for record in streamed] == seqs
    assert chosen == streamed[1:3]
    assert texts == ["Move my flight", "Move my flight\nMonday"] * 2


def test_the_step_is_stale_when_traces_or_settings_change(any_database: str) -> None:
    add_dataset(TALK)
    step = ExtractStep()
    with unit_of_work() as session:
        before = step.input_hash(get_inputs(session, "ds_a"), LAST)
        assert step.input_hash(get_inputs(session, "ds_a"), EVERY) != before
        session.add_all(make_trace_rows(2, TALK))
        session.flush()
        assert step.input_hash(get_inputs(session, "ds_a"), LAST) != before


def test_fingerprints_follow_records_and_not_their_order(any_database: str) -> None:
    add_dataset(TALK)
    run()
    with unit_of_work() as session:
        row = get_dataset_row(session, "ds_a")
        before = row.records_hash
        session.add(make_record_row(900))
        session.flush()
        refresh_counts(session, "ds_a")
        assert row.records_hash != before
        assert (row.num_records, row.num_traces) == (2, 1)


def remove(seq: int) -> None:
    """As a person's bulk action does."""
    with unit_of_work() as session:
        row = session.get_one(RecordRow, seq)
        row.is_archived, row.facet = True, row.facet + ARCHIVED


def test_a_record_that_a_person_removed_is_not_made_again(any_database: str) -> None:
    add_dataset(TALK, TALK)
    run(EVERY)
    (first, *_) = current()
    remove(first.seq)
    left = cuts()
    run(EVERY)
    assert cuts() == left
    run(LAST)
    run(EVERY)
    assert cuts() == left


def test_traces_of_a_replaced_import_give_no_records(any_database: str) -> None:
    add_dataset(TALK)
    run()
    (old,) = current()
    with unit_of_work() as session:
        session.get_one(ImportRow, "imp_a").is_replaced = True
        row, stored = make_trace_rows(2, TALK, import_id="imp_b")
        session.add(row)
        session.add(stored)
        session.add(
            ImportRow(
                id="imp_b",
                dataset_id="ds_a",
                kind="traces",
                file_name="b.jsonl",
                path="b.jsonl",
                size_bytes=1,
                shape="trajectory",
                created_at=SOME_DAY,
            )
        )
    remove(old.seq)
    result = run(EVERY)
    assert {row.trace_seq for row in current()} == {2}
    assert result.facts["num_traces"] == 1
    with reading() as session:
        assert get_dataset_row(session, "ds_a").num_traces == 1


def test_only_traces_that_arrived_since_the_last_result_are_read(any_database: str) -> None:
    add_dataset(TALK)
    finish(run())
    with unit_of_work() as session:
        row, stored = make_trace_rows(2, TALK)
        session.add(row)
        session.add(stored)
    watch = Counting()
    run(context=watch)
    assert watch.totals[0] == 1
    assert len(current()) == 2


def test_a_pass_over_all_traces_that_broke_off_is_made_good(any_database: str) -> None:
    add_dataset(TALK)
    finish(run(LAST))
    with pytest.raises(JobCancelledError):
        run(EVERY, Watch(cancel_at=0))
    run(LAST)
    assert cuts() == [(1, 4)]


class Counting(Watch):
    """Notes of how many traces each report speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.totals: list[int | None] = []

    def progress(self, done: int, total: int | None = None, label: str = "") -> None:
        self.totals.append(total)


def finish(result: StepResult, settings: ExtractSettings = LAST) -> None:
    """As the job does."""
    with unit_of_work() as session:
        finish_step(
            session,
            "ds_a",
            ExtractStep.name,
            result,
            settings=settings.model_dump(mode="json"),
            input_hash=ExtractStep().input_hash(get_inputs(session, "ds_a"), settings),
        )
