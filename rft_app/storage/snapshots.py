"""Snapshots in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from rft_app.domain.record import Selection
from rft_app.domain.snapshot import Member, Snapshot, SnapshotPurpose
from rft_app.domain.split import SplitRule
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.storage.ids import new_id
from rft_app.storage.members import Members, pack_members, unpack_members
from rft_app.storage.snapshot_source import SnapshotColumns, read_columns, read_whole
from rft_app.storage.splits import Bools, find_test_side
from rft_app.storage.tables import SnapshotRow


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """A snapshot that is worked out and not yet stored."""

    members: Members
    content_hash: str
    rule: SplitRule
    selection: Selection
    num_unusable: int = 0


def plan_snapshot(
    session: Session, dataset_id: str, *, selection: Selection, rule: SplitRule
) -> SnapshotPlan:
    """Work out which records a snapshot would hold, and their sides.

    Only valid, current records that repeat no earlier one take part, whatever is selected.
    """
    return plan_columns(
        read_columns(session, dataset_id, selection), selection=selection, rule=rule
    )


def plan_columns(
    columns: SnapshotColumns,
    *,
    selection: Selection,
    rule: SplitRule,
    is_usable: Bools | None = None,
) -> SnapshotPlan:
    """Work out the sides of records that were read.

    Args:
        columns: The records.  Of a million, what only the hash reads takes 8 MB; it goes before
            the sides are worked out unless the caller keeps it.
        selection: What was selected.
        rule: How sides are given.
        is_usable: Which records have a side; all unless told.
    """
    seqs, split = columns.seqs, columns.split
    digest = sha256(seqs.astype("<i8", copy=False).data)
    digest.update(columns.content_hashes.astype("<i8", copy=False).data)
    del columns
    if is_usable is None:
        is_test, num_unusable = find_test_side(split, rule), 0
    else:
        is_test = np.zeros(len(seqs), dtype=np.bool_)
        is_test[is_usable] = find_test_side(split.pick(is_usable), rule)
        num_unusable = int((~is_usable).sum())
    digest.update(np.packbits(is_test).data)
    return SnapshotPlan(Members(seqs, is_test), digest.hexdigest(), rule, selection, num_unusable)


def plan_whole_snapshot(session: Session, dataset_id: str) -> SnapshotPlan:
    """Work out a snapshot of every current record; those that can be trained on have a side."""
    columns, is_usable = read_whole(session, dataset_id)
    return plan_columns(columns, selection=Selection(), rule=SplitRule(), is_usable=is_usable)


def add_snapshot(
    session: Session, dataset_id: str, plan: SnapshotPlan, purpose: SnapshotPurpose
) -> Snapshot:
    """Store a plan; an equal snapshot of the same purpose is used again.

    Raises:
        InvalidInputError: The plan holds no record.
    """
    require_members(plan)
    if (equal := find_equal(session, dataset_id, plan, purpose)) is not None:
        return equal
    row = _to_row(dataset_id, plan, purpose)
    session.add(row)
    session.flush()
    return to_snapshot(row)


def find_equal(
    session: Session, dataset_id: str, plan: SnapshotPlan, purpose: SnapshotPurpose
) -> Snapshot | None:
    """The first snapshot of this purpose that a plan would only repeat."""
    rows = session.exec(
        select(SnapshotRow)
        .where(col(SnapshotRow.dataset_id) == dataset_id)
        .where(col(SnapshotRow.content_hash) == plan.content_hash)
        .where(col(SnapshotRow.purpose) == purpose)
        .options(defer(SnapshotRow.members))  # pyright: ignore[reportArgumentType]
        .order_by(col(SnapshotRow.id))
    )
    wanted = (plan.rule, plan.selection)
    stored = map(to_snapshot, rows)
    return next((one for one in stored if (one.rule, one.selection) == wanted), None)


def add_whole_snapshot(
    session: Session, dataset_id: str, purpose: SnapshotPurpose, label: str = ""
) -> Snapshot:
    """Freeze every current record as it is now, always as a snapshot of its own.

    Raises:
        ConflictError: The dataset has no records.
    """
    plan = plan_whole_snapshot(session, dataset_id)
    if not len(plan.members):
        raise ConflictError("The dataset has no records to keep. Run Extract first.")
    row = _to_row(dataset_id, plan, purpose, label)
    session.add(row)
    session.flush()
    return to_snapshot(row)


def list_snapshots(
    session: Session, dataset_id: str, *, before: str | None, limit: int
) -> list[Snapshot]:
    """Snapshots of a dataset, newest first, behind the one with the id `before`."""
    statement = select(SnapshotRow).where(col(SnapshotRow.dataset_id) == dataset_id)
    if before is not None:
        statement = statement.where(col(SnapshotRow.id) < before)
    statement = statement.options(defer(SnapshotRow.members)).order_by(col(SnapshotRow.id).desc())  # pyright: ignore[reportArgumentType]
    return [to_snapshot(row) for row in session.exec(statement.limit(limit))]


def find_newest(session: Session, dataset_id: str, purpose: SnapshotPurpose) -> Snapshot | None:
    """The last snapshot that was made for a purpose."""
    statement = select(SnapshotRow).where(
        col(SnapshotRow.dataset_id) == dataset_id, col(SnapshotRow.purpose) == purpose
    )
    row = session.exec(statement.order_by(col(SnapshotRow.id).desc()).limit(1)).first()
    return row and to_snapshot(row)


def require_members(plan: SnapshotPlan) -> None:
    """Check that a plan holds a record.

    Raises:
        InvalidInputError: It holds none.
    """
    if not len(plan.members):
        among = "" if plan.selection == Selection() else " among those selected"
        if (grade := plan.selection.filter.min_grade) is not None:
            among += f" with a grade of at least {grade:g}"
        if (reward := plan.selection.filter.min_reward) is not None:
            among += f" with a recorded reward of at least {reward:g}"
        raise InvalidInputError(
            "No record can be used: none is valid, current and without an earlier duplicate"
            f"{among}."
        )


def freeze_snapshot(
    session: Session,
    dataset_id: str,
    *,
    purpose: SnapshotPurpose | str,
    selection: Selection = Selection(),  # noqa: B008  # frozen
    seed: int = 0,
    train_ratio: float = 0.8,
) -> Snapshot:
    """Freeze the records that can be trained on now, in the caller's transaction.

    Raises:
        InvalidInputError: There is none.
    """
    rule = SplitRule(seed=seed, train_ratio=train_ratio)
    plan = plan_snapshot(session, dataset_id, selection=selection, rule=rule)
    return add_snapshot(session, dataset_id, plan, SnapshotPurpose(purpose))


def get_snapshot(session: Session, snapshot_id: str) -> Snapshot:
    """One snapshot, without its members.

    Raises:
        NotFoundError: There is none.
    """
    return to_snapshot(_get_row(session, snapshot_id))


def load_members(session: Session, snapshot_id: str) -> Members:
    """All members as arrays: 9 bytes each.

    Raises:
        NotFoundError: There is no such snapshot.
    """
    return unpack_members(_get_row(session, snapshot_id).members)


def iterate_members(session: Session, snapshot_id: str) -> Iterator[Member]:
    """All members, in ascending order of their keys.

    Raises:
        NotFoundError: There is no such snapshot.
    """
    return iter(load_members(session, snapshot_id))


def to_snapshot(row: SnapshotRow) -> Snapshot:
    """Convert a row to the domain's value."""
    return Snapshot(
        id=row.id,
        dataset_id=row.dataset_id,
        purpose=SnapshotPurpose(row.purpose),
        content_hash=row.content_hash,
        num_records=row.num_records,
        num_train=row.num_train,
        num_test=row.num_test,
        rule=SplitRule(
            seed=row.seed, train_ratio=row.train_ratio, test_generated=row.test_generated
        ),
        selection=Selection.model_validate(row.filter),
        label=row.label,
        created_at=row.created_at.replace(tzinfo=row.created_at.tzinfo or UTC),
    )


def _to_row(
    dataset_id: str, plan: SnapshotPlan, purpose: SnapshotPurpose, label: str = ""
) -> SnapshotRow:
    num_test = int(plan.members.is_test.sum())
    return SnapshotRow(
        id=new_id("snap"),
        dataset_id=dataset_id,
        content_hash=plan.content_hash,
        purpose=purpose,
        num_records=len(plan.members),
        num_train=len(plan.members) - num_test - plan.num_unusable,
        num_test=num_test,
        seed=plan.rule.seed,
        train_ratio=plan.rule.train_ratio,
        test_generated=plan.rule.test_generated,
        label=label,
        filter=plan.selection.model_dump(mode="json"),
        members=pack_members(plan.members),
        created_at=datetime.now(UTC),
    )


def _get_row(session: Session, snapshot_id: str) -> SnapshotRow:
    if (row := session.get(SnapshotRow, snapshot_id)) is None:
        raise NotFoundError(f"There is no snapshot {snapshot_id}.")
    return row
