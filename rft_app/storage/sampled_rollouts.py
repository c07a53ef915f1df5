"""Rollouts that a dry run asks of a model: their keys are taken with the plan, rows follow."""

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlmodel import Session, col, select

from rft_app.storage.rollouts import NewRollout
from rft_app.storage.sequences import reserve
from rft_app.storage.tables import RolloutRow

_KEYS_PER_READ = 500
_INSERT = text(
    "INSERT INTO rollout (seq, dataset_id, record_seq, source, model, body, created_at) "
    "VALUES (:seq, :dataset_id, :record_seq, 'sampled', :model, :body, :created_at) "
    "ON CONFLICT (seq) DO NOTHING"
)


def reserve_rollouts(session: Session, count: int) -> int:
    """Take keys for `count` rollouts that do not exist yet; returns the first."""
    return reserve(session, "rollout", count)


def find_missing(session: Session, seqs: Sequence[int]) -> set[int]:
    """Which of these keys have no rollout yet."""
    missing = set(seqs)
    for start in range(0, len(seqs), _KEYS_PER_READ):
        some = seqs[start : start + _KEYS_PER_READ]
        missing.difference_update(
            session.exec(select(RolloutRow.seq).where(col(RolloutRow.seq).in_(some)))
        )
    return missing


def add_sampled(session: Session, dataset_id: str, rollouts: Mapping[int, NewRollout]) -> None:
    """Store answers under the keys taken for them; what is there already stays."""
    now_ms = time.time_ns() // 1_000_000
    rows = [
        {
            "seq": seq,
            "dataset_id": dataset_id,
            "record_seq": new.record_seq,
            "model": new.model,
            "body": new.messages,
            "created_at": now_ms,
        }
        for seq, new in rollouts.items()
    ]
    if rows:
        session.connection().execute(_INSERT, rows)
