"""Exports as a kind of job."""

from typing import Any, Final

from rft_app.children import run_child
from rft_app.domain.export import Export
from rft_app.jobs.context import JobContext
from rft_app.services.export_files import partial_path
from rft_app.services.export_run import run_export
from rft_app.services.exports import JOB_KIND, NUM_RECORDS
from rft_app.storage.exports import get_export, locate_export
from rft_app.storage.session import reading

FEW_RECORDS: Final = 10_000
"""Written by the worker itself: a child process would take longer to start than to write them."""
_ACCOUNT = ("skipped", "num_zero_reward")
"""What only the process that writes the rows knows."""


class ExportJob:
    """Writes one export; run again after a kill it starts over with the same snapshot."""

    name = JOB_KIND
    label = "Export"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Have the file written, unless it is there; returns its name and figures."""
        export = _read(context.args["export_id"])
        account = {} if export.is_done else self._write(context, export)
        export = _read(export.id)
        return {
            "export_id": export.id,
            "file_name": export.file_name,
            "size_bytes": export.size_bytes,
            "num_train": export.num_train,
            "num_test": export.num_test,
            **account,
        }

    def _write(self, context: JobContext, export: Export) -> dict[str, Any]:
        """Returns the account of the rows; `storage.exports` reads it in the job's result."""
        account: dict[str, Any] = {}

        def on_message(message: dict[str, Any]) -> None:
            if message["type"] == "written":
                account.update({name: message[name] for name in _ACCOUNT})
                return
            context.progress(message["done"], message["total"], message["label"])

        try:
            if context.args.get(NUM_RECORDS, FEW_RECORDS + 1) <= FEW_RECORDS:
                run_export(export.id, on_message, is_alone=False)
            else:
                run_child(
                    "rft_app.processes.exporting",
                    {"export_id": export.id},
                    on_message=on_message,
                    is_cancelled=context.is_cancelled,
                )
        finally:  # a killed child cannot tidy up
            partial_path(locate_export(export)).unlink(missing_ok=True)
        return account


def _read(export_id: str) -> Export:
    with reading() as session:
        return get_export(session, export_id)
