"""A dataset that people say something of: chats with a reward, some with imported rollouts."""

from pathlib import Path
from typing import Any

from rft_app.domain.feedback import FeedbackChange, FeedbackDraft, FeedbackKey
from rft_app.domain.message import Message
from rft_app.domain.record import RecordFilter, RecordId, parse_record_id
from rft_app.services.feedback import put_feedback
from rft_app.services.records import list_records
from rft_app.storage.rollouts import NewRollout, add_rollouts, list_keys
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import chat, make_dataset

ANN, BOB = "Ann", "Bob"


def make_feedback_dataset(folder: Path, num_records: int = 6) -> str:
    """Records `question 0` …, every second with a recorded reward of 0.9."""
    rows = [
        chat(f"question {n}") | {"trace_id": f"t-{n}"} | ({"feedback": 0.9} if n % 2 else {})
        for n in range(num_records)
    ]
    return make_dataset(folder, *rows)


def ids(dataset_id: str, **conditions: Any) -> list[RecordId]:
    """Current records, oldest first."""
    with reading() as session:
        page = list_records(session, dataset_id, RecordFilter(**conditions), limit=500)
    return [row.id for row in reversed(page.rows)]


def put(
    dataset_id: str,
    record_id: str,
    reviewer: str = ANN,
    *,
    corrected: str | None = None,
    **said: Any,
) -> FeedbackChange:
    """Say something in a transaction of its own."""
    answer = None if corrected is None else Message(role="assistant", content=corrected)
    with unit_of_work() as session:
        key = FeedbackKey(dataset_id, record_id, reviewer)
        return put_feedback(session, key, FeedbackDraft(**said), corrected=answer)


def add_answers(dataset_id: str, record_id: str, *texts: str) -> list[int]:
    """Import answers; returns their keys."""
    seq = parse_record_id(record_id) or 0
    with unit_of_work() as session:
        rollouts = [
            NewRollout(seq, b'[{"role":"assistant","content":"%s"}]' % text.encode())
            for text in texts
        ]
        add_rollouts(session, dataset_id, rollouts)
        return list_keys(session, dataset_id, [seq])[seq]
