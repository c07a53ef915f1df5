"""What the results of steps are made from, as fingerprints: of many datasets in a few queries."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import String, bindparam, text
from sqlmodel import Session, col, select

from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.tables import GraderVersionRow, TopicRow
from rft_app.storage.topics import digest_targets

_NO_GRADER = "none"
_NEWEST = text(
    "SELECT d.id, d.records_hash, d.topics_hash, "
    "COALESCE((SELECT MAX(t.seq) FROM trace t WHERE t.dataset_id = d.id), 0) AS trace, "
    "COALESCE((SELECT MAX(o.seq) FROM rollout o WHERE o.dataset_id = d.id "
    "AND o.source = 'imported'), 0) AS rollout "
    "FROM dataset d WHERE d.id IN :ids"
).bindparams(bindparam("ids", expanding=True, type_=String()))


class StepInputs(NamedTuple):
    """All that any step reads of one dataset."""

    records: str
    """Of the current records, in any order."""
    topics: str
    """Of topic paths, and who is in which leaf."""
    newest_trace: int
    """Key of the newest trace, 0 without any: traces are only ever added."""
    newest_rollout: int
    """The same of imported rollouts; those that a dry run samples are its own."""
    targets: str
    """Of all topics' targets."""
    grader: str
    """Of the current version's settings; `none` before the first."""


def get_inputs(session: Session, dataset_id: str) -> StepInputs:
    """The inputs of one dataset.

    Raises:
        NotFoundError: There is none.
    """
    get_dataset_row(session, dataset_id)
    return map_inputs(session, [dataset_id])[dataset_id]


def map_inputs(session: Session, dataset_ids: Sequence[str]) -> dict[str, StepInputs]:
    """The inputs of some datasets; those that are not there are left out."""
    targets = _map_targets(session, dataset_ids)
    graders = _map_graders(session, dataset_ids)
    session.flush()
    rows = session.connection().execute(_NEWEST, {"ids": list(dataset_ids)})
    return {
        row.id: StepInputs(
            records=row.records_hash,
            topics=row.topics_hash,
            newest_trace=row.trace,
            newest_rollout=row.rollout,
            targets=digest_targets(targets.get(row.id, [])),
            grader=graders.get(row.id, _NO_GRADER),
        )
        for row in rows
    }


def _map_targets(
    session: Session, dataset_ids: Sequence[str]
) -> dict[str, list[tuple[str, float | None]]]:
    statement = (
        select(TopicRow.dataset_id, TopicRow.key, TopicRow.target_share)
        .where(col(TopicRow.dataset_id).in_(dataset_ids))
        .order_by(col(TopicRow.position), col(TopicRow.id))
    )
    found: dict[str, list[tuple[str, float | None]]] = {}
    for dataset_id, key, share in session.exec(statement):
        found.setdefault(dataset_id, []).append((key, share))
    return found


def _map_graders(session: Session, dataset_ids: Sequence[str]) -> dict[str, str]:
    statement = (
        select(GraderVersionRow.dataset_id, GraderVersionRow.spec_hash)
        .where(col(GraderVersionRow.dataset_id).in_(dataset_ids))
        .order_by(col(GraderVersionRow.version))
    )
    return dict(session.exec(statement).all())
