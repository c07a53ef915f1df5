"""The job that copies stored traces into a new dataset."""

from typing import Any

from rft_app.domain.trace_page import TraceSelection
from rft_app.errors import NotFoundError
from rft_app.jobs.context import JobContext
from rft_app.services.import_jobs import extract_what_came
from rft_app.services.scrubbing import read_scrubber, scrub_copies
from rft_app.services.traces import COPY_TRACES
from rft_app.storage import imports, trace_copies, trace_pages
from rft_app.storage.session import reading, unit_of_work

TRACES_PER_BATCH = 2_000


class CopyTraces:
    """Copies a selection of traces, then starts Extract."""

    name = COPY_TRACES
    label = "Copy of traces"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            NotFoundError: The traces are gone: their datasets were deleted meanwhile.
        """
        import_id = str(context.args["import_id"])
        with reading() as session:
            report = imports.get_report(session, import_id)
        if not report.is_done:
            _copy(context, import_id)
            with unit_of_work() as session:
                imports.save_tally(
                    session, import_id, trace_copies.tally_copies(session, import_id)
                )
            with reading() as session:
                report = imports.get_report(session, import_id)
        if not report.num_parsed:
            raise NotFoundError("The selected traces are gone: their datasets were deleted.")
        return extract_what_came(context, report)


def _copy(context: JobContext, import_id: str) -> None:
    selection = TraceSelection.model_validate(context.args["selection"])
    last_key, total = int(context.args["last_key"]), int(context.args["num_selected"])
    scrubber = read_scrubber(context.args)
    with reading() as session:
        after, num_done = trace_copies.read_progress(session, import_id)
    while True:
        with unit_of_work() as session:
            last_seq = trace_pages.find_last_key(session)
            where = trace_pages.select_heads(session, selection)
            keys = (after, last_key, TRACES_PER_BATCH)
            after, number = trace_copies.copy_traces(
                session, where, context.required_dataset_id, import_id, keys
            )
            if scrubber is not None:
                scrub_copies(session, import_id, last_seq, scrubber)
        if not number:
            return
        num_done += number
        context.progress(num_done, total, f"{num_done:,} of {total:,} traces copied")
