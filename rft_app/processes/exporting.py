"""Child process that writes the file of one export.

It freezes the snapshot first, in a transaction of its own, so that a run after a kill writes the
same records.
"""

import gc

from rft_app.children import Message, Send, run_main
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

GC_THRESHOLD = 100_000
"""Rows hold no cycles; the default of 700 allocations would look for some at every tenth row."""


def work(args: Message, send: Send) -> None:
    """Write the export `args["export_id"]` and store its figures."""
    gc.set_threshold(GC_THRESHOLD)
    with reading() as session:
        export = exports.get_export(session, args["export_id"])
        dataset_name = get_dataset_row(session, export.dataset_id).name
    snapshot = _freeze(export)
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
    with (
        open_encoders(export.dataset_id, exporter, context, snapshot.num_records) as encoders,
        reading() as session,
    ):
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


def _freeze(export: Export) -> Snapshot:
    """The export's snapshot: the one a killed run froze, else a new one.

    Planned outside the write transaction: with a million records that takes seconds.
    """
    with reading() as session:
        if export.snapshot_id is not None:
            return snapshots.get_snapshot(session, export.snapshot_id)
        plan = plan_export(session, export.dataset_id, export.selection, export.options)
    with unit_of_work() as session:
        snapshot = snapshots.add_snapshot(session, export.dataset_id, plan, SnapshotPurpose.EXPORT)
        exports.set_snapshot(session, export.id, snapshot.id)
    return snapshot


if __name__ == "__main__":
    run_main(work)
