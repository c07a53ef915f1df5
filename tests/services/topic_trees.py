"""A dataset with topics and records in the database, and jobs run on the spot."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import col, select

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.topic import TopicTree
from rft_app.jobs.queue import get_job
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.topics import get_topics
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.sequences import reserve
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow, TopicRow, TraceBodyRow, TraceRow
from tests.builders import make_dataset_row, make_record_row, make_trace_rows

DATASET = "ds_a"
TREE = {"Changes": 0, "Changes/Seat": 3, "Changes/Flight": 4, "Bags": 5, "Empty": 0}
"""Records by topic."""


def add_tree(sizes: Mapping[str, int] = TREE, *, num_without: int = 2) -> None:
    """A dataset whose records, keys from 1, are in these topics, then some in none."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        first = reserve(session, "topic", len(sizes))
        seq = 0
        for place, (key, size) in enumerate(sizes.items()):
            session.add(TopicRow(id=first + place, dataset_id=DATASET, key=key, position=place))
            for _ in range(size):
                seq += 1
                placed = make_record_row(
                    seq,
                    topic_id=first + place,
                    topic_confidence=0.9 if seq % 3 else 0.5,
                    topic_method="tfidf",
                )
                session.add_all([*_make_trace(seq, f"{key} question {seq}"), placed])
        for _ in range(num_without):
            seq += 1
            session.add_all([*_make_trace(seq, f"Question {seq}"), make_record_row(seq)])
        session.flush()
        refresh_counts(session, DATASET)


def add_texts(texts: Sequence[str], **changes: Any) -> None:
    """A dataset with one valid record per text, keys from 1, and no topics."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET))
        session.flush()
        for seq, text in enumerate(texts, 1):
            session.add_all([*_make_trace(seq, text), make_record_row(seq, **changes)])
        session.flush()
        refresh_counts(session, DATASET)


def _make_trace(seq: int, text: str) -> tuple[TraceRow, TraceBodyRow]:
    return make_trace_rows(seq, {"messages": [{"role": "user", "content": text}]})


def read_tree() -> TopicTree:
    """The tree as services give it."""
    with reading() as session:
        return get_topics(session, DATASET)


def sizes() -> dict[str, int]:
    """Records per topic, with those that have none under the empty path."""
    tree = read_tree()
    return {node.key: node.num_records for node in tree.nodes} | {"": tree.num_without_topic}


def places() -> dict[int, tuple[str | None, float | None, str | None]]:
    """Path, confidence and method of every record by key."""
    with reading() as session:
        keys = {row.id: row.key for row in session.exec(select(TopicRow))}
        rows = session.exec(select(RecordRow).order_by(col(RecordRow.seq)))
        return {
            row.seq: (
                None if row.topic_id is None else keys[row.topic_id],
                row.topic_confidence,
                row.topic_method,
            )
            for row in rows
        }


def topics_hash() -> str:
    """Fingerprint that later steps read."""
    with reading() as session:
        return get_dataset_row(session, DATASET).topics_hash


def require_fresh_counts() -> None:
    """What is kept of topics must be what a recount gives."""
    kept, kept_hash = sizes(), topics_hash()
    with unit_of_work() as session:
        refresh_counts(session, DATASET)
    assert (kept, kept_hash) == (sizes(), topics_hash())


def work(job: Job, attempt: int = 0) -> Job:
    """Execute a queued job as a worker does, however it ends."""
    JobRunner(all_job_kinds(), "wk_test").run(job.id, attempt)
    with reading() as session:
        return get_job(session, job.id)


def run_job(job: Job) -> Job:
    """Execute a queued job; it must succeed."""
    settled = work(job)
    assert settled.status is JobStatus.DONE, settled.error
    return settled


def num_paid(job: Job) -> int:
    """Replies in the job's ledger."""
    with reading() as session:
        return sum_paid_calls(session, job.id).num_calls
