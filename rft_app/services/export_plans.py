"""Plans of exports, kept while nothing changes: with a million records one takes seconds."""

import threading
from collections import OrderedDict

from sqlmodel import Session

from rft_app.domain.export import ExportOptions
from rft_app.domain.record import Selection
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.export_members import plan_export
from rft_app.storage.snapshots import SnapshotPlan
from rft_app.storage.topics import hash_targets

MAX_KEPT = 8
"""Plans, of 9 bytes a record each."""

_Key = tuple[str, ...]
_kept: OrderedDict[_Key, SnapshotPlan] = OrderedDict()
_lock = threading.Lock()


def get_plan(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> SnapshotPlan:
    """The records and sides of an export, as `plan_export` works them out.

    Raises:
        NotFoundError: There is no such dataset or snapshot.
        ConflictError: Balancing would leave nothing.
        InvalidInputError: No record is left, or targets do not add up.
    """
    key = _make_key(session, dataset_id, selection, options)
    with _lock:
        if (plan := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return plan
    plan = plan_export(session, dataset_id, selection, options)
    with _lock:
        _kept[key] = plan
        while len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
    return plan


def _make_key(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> _Key:
    """Everything that decides a plan."""
    row = get_dataset_row(session, dataset_id)
    state = (row.records_hash, row.topics_hash, row.updated_at.isoformat())
    asked = (selection.model_dump_json(), options.rule.model_dump_json(), str(options.balance))
    targets = hash_targets(session, dataset_id)
    return (dataset_id, *state, targets, *asked, options.snapshot_id or "")
