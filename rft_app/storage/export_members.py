"""Which records an export holds: a selection as it is now, maybe balanced, or a snapshot."""

from collections.abc import Mapping

import numpy as np
from sqlmodel import Session

from rft_app.domain.coverage import resolve_targets
from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.record import Selection
from rft_app.errors import ConflictError, NotFoundError
from rft_app.storage import snapshots
from rft_app.storage.members import Members
from rft_app.storage.record_plan import map_leaf_ids
from rft_app.storage.snapshot_source import (
    SnapshotColumns,
    count_left_out,
    find_usable,
    read_columns,
)
from rft_app.storage.snapshots import SnapshotPlan
from rft_app.storage.splits import Bools, Ints, order_keys
from rft_app.storage.topics import get_tree


def plan_export(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> SnapshotPlan:
    """Work out the records and sides of an export.

    Raises:
        NotFoundError: The options name a snapshot that this dataset does not have.
        ConflictError: Balancing would leave nothing.
        InvalidInputError: No record is left, or targets do not add up.
    """
    if options.snapshot_id is not None:
        return _plan_snapshot(session, dataset_id, options.snapshot_id)
    plan = snapshots.plan_columns(
        _read_used(session, dataset_id, selection, options), selection=selection, rule=options.rule
    )
    snapshots.require_members(plan)
    return plan


def _read_used(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> SnapshotColumns:
    columns = read_columns(session, dataset_id, selection)
    if not options.balance:
        return columns
    targets = _read_targets(session, dataset_id)
    return columns.pick(_find_balanced(columns, targets, options.seed))


def count_unused(session: Session, export: Export, num_used: int) -> dict[str, int]:
    """How many selected records are not among those of an export, by reason.

    Args:
        session: Any.
        export: What was asked for; one of a snapshot leaves nothing out.
        num_used: Records of the export.
    """
    if export.options.snapshot_id is not None:
        return {}
    unused = count_left_out(session, export.dataset_id, export.selection)
    if export.options.balance:
        usable = read_columns(session, export.dataset_id, export.selection)
        unused["balance"] = len(usable.seqs) - num_used
    return unused


def _plan_snapshot(session: Session, dataset_id: str, snapshot_id: str) -> SnapshotPlan:
    snapshot = snapshots.get_snapshot(session, snapshot_id)
    if snapshot.dataset_id != dataset_id:
        raise NotFoundError(f"This dataset has no snapshot {snapshot_id}.")
    members = snapshots.load_members(session, snapshot_id)
    if snapshot.num_unusable:
        is_usable = find_usable(session, dataset_id, members.seqs)
        members = Members(members.seqs[is_usable], members.is_test[is_usable])
    return SnapshotPlan(members, snapshot.content_hash, snapshot.rule, snapshot.selection)


def _read_targets(session: Session, dataset_id: str) -> dict[int, tuple[str, float]]:
    """Name and target share of each leaf, by the topic's key in the database."""
    tree, ids = get_tree(session, dataset_id), map_leaf_ids(session, dataset_id)
    if not ids:
        raise ConflictError("There are no topics to balance by. Run Topics & Category first.")
    shares = resolve_targets(tuple(ids), tree.targets)
    return {ids[key]: (key, share) for key, share in shares.items()}


def _find_balanced(
    columns: SnapshotColumns, targets: Mapping[int, tuple[str, float]], seed: int
) -> Bools:
    """The largest part in which every topic has its target share."""
    topics = columns.split.topics
    counts = {topic: int((topics == topic).sum()) for topic in targets}
    wanted = {topic: share for topic, (_, share) in targets.items() if share > 0}
    total = min(counts[topic] / share for topic, share in wanted.items())
    if not total:
        empty = next(targets[topic][0] for topic in wanted if not counts[topic])
        raise ConflictError(
            f"“{empty}” has no record to export, so balancing would leave nothing. Set its target "
            "to 0% or generate records for it.",
            topic=empty,
        )
    keys = order_keys(columns.seqs, seed)
    is_kept = np.zeros(len(topics), dtype=np.bool_)
    for topic, share in wanted.items():
        members: Ints = np.flatnonzero(topics == topic)
        is_kept[members[np.argsort(keys[members])][: int(total * share + 1e-9)]] = True
    return is_kept
