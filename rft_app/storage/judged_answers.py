"""The answers of records with all that judges them: feedback, corrections, pairs, rewards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
import orjson
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from rft_app.domain.example import Answer
from rft_app.domain.record import RecordBytes, SourceType
from rft_app.storage.bodies import split_array
from rft_app.storage.feedback import StoredFeedback, iterate_feedback
from rft_app.storage.records import iterate_record_bytes, stream_cuts
from rft_app.storage.tables import GradeRow, RecordRow, RolloutRow

RECORDS_AT_ONCE = 500
OWN = 0
"""Key of a record's own recorded answer among its answers."""


class _Grade(NamedTuple):
    """What a dry run says of one answer."""

    reward: float | None
    """`None` where the grader failed or abstained."""
    is_abstained: bool = False
    is_failed: bool = False


_Grades = Mapping[tuple[int, int], _Grade]
"""By record and answer."""


class _Rejected(msgspec.Struct):
    rejected: list[msgspec.Raw] = []


_decode_rejected = msgspec.json.Decoder(_Rejected).decode


@dataclass(slots=True)
class Judged:
    """What is known of one record's answers."""

    record: RecordBytes
    answers: dict[int, Answer] = field(default_factory=dict[int, Answer])
    """By the rollout's key."""
    feedback: list[StoredFeedback] = field(default_factory=list[StoredFeedback])
    """Oldest first."""
    original: tuple[bytes, ...] = ()
    """The answer that this one corrects."""
    original_feedback: list[StoredFeedback] = field(default_factory=list[StoredFeedback])
    rejected: tuple[bytes, ...] = ()
    """The worse answer of the source row."""


def read_judged(
    session: Session, dataset_id: str, seqs: Sequence[int], dry_run_id: str | None
) -> list[Judged]:
    """What judges the answers of a few records, in the order of their keys.

    Args:
        session: Any.
        dataset_id: Whose.
        seqs: Keys of at most `RECORDS_AT_ONCE` records.
        dry_run_id: The dry run whose grades count; rewards that were recorded count for answers
            that it did not look at.
    """
    known = {
        record.seq: Judged(record) for record in iterate_record_bytes(session, dataset_id, seqs)
    }
    _add_answers(session, known, _read_grades(session, known, dry_run_id))
    for given in iterate_feedback(session, dataset_id, list(known)):
        known[given.record_seq].feedback.append(given)
    _add_originals(session, dataset_id, known)
    for seq, _, _, body, _ in stream_cuts(session, dataset_id, sorted(known)):
        known[seq].rejected = tuple(map(bytes, _decode_rejected(body).rejected))
    return [known[seq] for seq in sorted(known)]


def read_judged_all(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[Judged]:
    """The same of any number of records, with recorded rewards only."""
    parts = (seqs[at : at + RECORDS_AT_ONCE] for at in range(0, len(seqs), RECORDS_AT_ONCE))
    return [one for part in parts for one in read_judged(session, dataset_id, part, None)]


def _read_grades(session: Session, known: dict[int, Judged], dry_run_id: str | None) -> _Grades:
    if dry_run_id is None:
        return {}
    rows = session.connection().execute(
        select_columns(
            col(GradeRow.record_seq),
            col(GradeRow.rollout_seq),
            col(GradeRow.reward),
            col(GradeRow.is_abstention),
            col(GradeRow.failure_kind).is_not(None),
        ).where(col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.record_seq).in_(list(known)))
    )
    return {
        (record_seq, rollout_seq or OWN): _Grade(reward, is_abstained, is_failed)
        for record_seq, rollout_seq, reward, is_abstained, is_failed in rows
    }


def _add_answers(session: Session, known: dict[int, Judged], grades: _Grades) -> None:
    for seq, judged in known.items():
        if output := judged.record.output:
            grade = grades.get((seq, OWN), _Grade(judged.record.reward))
            judged.answers[OWN] = Answer(OWN, output, *grade)
    rows = session.exec(
        select(RolloutRow.record_seq, RolloutRow.seq, RolloutRow.body, RolloutRow.reward)
        .where(col(RolloutRow.record_seq).in_(list(known)))
        .order_by(col(RolloutRow.seq))
    )
    for record_seq, seq, body, recorded in rows:
        grade = grades.get((record_seq, seq), _Grade(recorded))
        known[record_seq].answers[seq] = Answer(seq, tuple(split_array(body)), *grade)


def _add_originals(session: Session, dataset_id: str, known: dict[int, Judged]) -> None:
    """The answer before its correction, where the conversation before it is the same."""
    rows = session.exec(
        select(RecordRow.seq, RecordRow.parent_seq).where(
            col(RecordRow.seq).in_(list(known)),
            col(RecordRow.source_type) == SourceType.CORRECTION.value,
            col(RecordRow.parent_seq).is_not(None),
        )
    )
    parents = {parent: seq for seq, parent in rows if parent is not None}
    for parent in iterate_record_bytes(session, dataset_id, parents):
        judged = known[parents[parent.seq]]
        if list(map(orjson.loads, parent.input)) == list(map(orjson.loads, judged.record.input)):
            judged.original = parent.output
    for given in iterate_feedback(session, dataset_id, list(parents)):
        known[parents[given.record_seq]].original_feedback.append(given)
