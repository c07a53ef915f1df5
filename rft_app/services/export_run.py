"""One export from its entry in the database to its file.

It freezes the snapshot first, in a transaction of its own, so that a run after a kill writes the
same records.  It is an edge of its own: it opens its units of work.
"""

from collections.abc import Callable
from typing import Any

from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.snapshot import Snapshot, SnapshotPurpose
from rft_app.exports import EXPORTERS, FileContext
from rft_app.services.export_blocks import open_encoders
from rft_app.services.export_description import ExportSource
from rft_app.services.export_rows import RowSource
from rft_app.services.export_writing import write_export
from rft_app.storage import exports, snapshots
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.export_members import count_unused, plan_export
from rft_app.storage.session import forgo_mapping, reading, unit_of_work

Send = Callable[[dict[str, Any]], None]


def run_export(export_id: str, send: Send, *, is_alone: bool) -> None:
    """Write the file of an export and store its figures.

    Args:
        export_id: The export.
        send: Hears of progress, and at the end what only the rows tell.
        is_alone: Whether the process does nothing else: then it keeps its memory small.

    Raises:
        InvalidInputError: No record has what the format needs.
        ConflictError: The disk is full.
    """
    with reading() as session:
        export = exports.get_export(session, export_id)
        dataset_name = get_dataset_row(session, export.dataset_id).name
    snapshot = _freeze(export, is_alone=is_alone)
    exporter = EXPORTERS.get(export.format)
    context = FileContext(
        options=export.options,
        dataset_name=dataset_name,
        created_at=snapshot.created_at.isoformat(),
    )

    def report(num_read: int) -> None:
        send(
            {
                "type": "progress",
                "done": num_read,
                "total": snapshot.num_records,
                "label": f"{num_read:,} of {snapshot.num_records:,} records read",
            }
        )

    frozen = ExportOptions(snapshot_id=snapshot.id)
    num_shared = snapshot.num_records if is_alone else 0  # a process with threads must not fork
    with (
        open_encoders(export.dataset_id, exporter, context, num_shared) as encoders,
        reading() as session,
    ):
        if is_alone:
            forgo_mapping(session)
        rows = RowSource(session, export.dataset_id, exporter, context)
        source = ExportSource(
            export=export,
            dataset_name=dataset_name,
            snapshot=snapshot,
            members=plan_export(session, export.dataset_id, export.selection, frozen).members,
            left_out=count_unused(session, export, snapshot.num_records),
        )
        done = write_export(rows, source, exports.locate_export(export), report, encoders)
    with unit_of_work() as session:
        exports.finish_export(session, done)
    send({"type": "written", "skipped": done.skipped, "num_zero_reward": done.num_zero_reward})


def _freeze(export: Export, *, is_alone: bool) -> Snapshot:
    """The export's snapshot: the one a killed run froze, else a new one.

    Planned outside the write transaction: with a million records that takes seconds.
    """
    with reading() as session:
        if export.snapshot_id is not None:
            return snapshots.get_snapshot(session, export.snapshot_id)
        if is_alone:
            forgo_mapping(session)
        plan = plan_export(session, export.dataset_id, export.selection, export.options)
    with unit_of_work() as session:
        snapshot = snapshots.add_snapshot(session, export.dataset_id, plan, SnapshotPurpose.EXPORT)
        exports.set_snapshot(session, export.id, snapshot.id)
    return snapshot
