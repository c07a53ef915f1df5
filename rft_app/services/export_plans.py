"""Plans of exports, kept while nothing changes: with a million records one takes seconds."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlmodel import Session

from rft_app.domain.export import ExportOptions
from rft_app.domain.record import Selection
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.export_members import plan_export
from rft_app.storage.snapshots import SnapshotPlan
from rft_app.storage.topics import hash_targets

MAX_KEPT = 8
"""Plans, of 9 bytes a record each."""

Key = tuple[str, ...]
T = TypeVar("T")


class Kept(Generic[T]):
    """The last few values by everything that decides them; for all threads of a process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, make: Callable[[], T]) -> T:
        """The kept value, else the one that `make` returns."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


_plans: Kept[SnapshotPlan] = Kept(MAX_KEPT)


def get_plan(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> SnapshotPlan:
    """The records and sides of an export, as `plan_export` works them out.

    Raises:
        NotFoundError: There is no such dataset or snapshot.
        ConflictError: Balancing would leave nothing.
        InvalidInputError: No record is left, or targets do not add up.
    """
    key = plan_key(session, dataset_id, selection, options)
    return _plans.get(key, lambda: plan_export(session, dataset_id, selection, options))


def plan_key(
    session: Session, dataset_id: str, selection: Selection, options: ExportOptions
) -> Key:
    """Everything that decides a plan."""
    row = get_dataset_row(session, dataset_id)
    state = (row.records_hash, row.topics_hash, row.updated_at.isoformat())
    asked = (selection.model_dump_json(), options.rule.model_dump_json(), str(options.balance))
    targets = hash_targets(session, dataset_id)
    return (dataset_id, *state, targets, *asked, options.snapshot_id or "")
