"""A dataset of conversations in the database, ready for the topics step."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import col, select

from rft_app.domain.facet import Facet
from rft_app.domain.pipeline import StepName, StepResult
from rft_app.jobs.context import JobContext
from rft_app.pipeline.coverage import CoverageSettings, CoverageStep
from rft_app.pipeline.topics import TopicsSettings, TopicsStep
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import finish_step
from rft_app.storage.tables import JobRow, RecordRow
from tests.builders import make_dataset_row, make_record_row, make_trace_rows

DATASET = "ds_a"
SYSTEM = {"role": "system", "content": "You are the vegetarian meal agent of the lost bag airline."}


def make_conversation(*wishes: str) -> list[dict[str, Any]]:
    """Greeting, wishes with answers between, thanks and a stop mark; the answer comes last."""
    said = ["Hi there!", *wishes, "Yes please, thank you! ###STOP###"]
    turns = [turn for text in said for turn in _exchange(text)]
    return [SYSTEM, *turns]


def _exchange(text: str) -> list[dict[str, Any]]:
    answer = {"role": "assistant", "content": "Sure, what is your reservation number?"}
    return [{"role": "user", "content": text}, answer]


def add_conversations(conversations: Sequence[list[dict[str, Any]]]) -> None:
    """Store each as a trace with one valid record of its last turn, keys from 1."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        for seq, messages in enumerate(conversations, 1):
            trace, body = make_trace_rows(seq, {"messages": messages})
            session.add_all([trace, body, make_record_row(seq, turn=len(messages) - 1)])
        session.flush()
        refresh_counts(session, DATASET)


def change_record(seq: int, facet: Facet, **changes: Any) -> None:
    """Give a record another facet and columns."""
    with unit_of_work() as session:
        row = session.get_one(RecordRow, seq)
        row.facet, row.reason, row.is_archived = facet.pack(), facet.reason, facet.is_archived
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        refresh_counts(session, DATASET)


def make_context(**changes: Any) -> JobContext:
    """The context of a job that runs now."""
    now = datetime.now(UTC)
    values = {"kind": "topics", "args": {}, "status": "running", "worker_id": "wrk_a"}
    with unit_of_work() as session:
        session.merge(
            JobRow(
                id="job_a",
                dataset_id=DATASET,
                created_at=now,
                updated_at=now,
                **(values | changes),
            )
        )
    return JobContext(job_id="job_a", dataset_id=DATASET, args={}, worker_id="wrk_a")


def run_topics(**settings: Any) -> StepResult:
    """Run the topics step."""
    result = TopicsStep().run(make_context(), DATASET, TopicsSettings(**settings))
    make_context(status="done")
    return result


def run_coverage() -> StepResult:
    """Run the coverage step and store its result, as its job does."""
    step, settings = CoverageStep(), CoverageSettings()
    with reading() as session:
        read = step.input_hash(get_inputs(session, DATASET), settings)
    result = step.run(make_context(kind="coverage"), DATASET, settings)
    with unit_of_work() as session:
        finish_step(session, DATASET, StepName.COVERAGE, result, settings={}, input_hash=read)
    return result


def read_records() -> list[RecordRow]:
    """All records by key."""
    with reading() as session:
        return list(session.exec(select(RecordRow).order_by(col(RecordRow.seq))))
