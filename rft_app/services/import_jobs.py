"""The jobs that read files: each runs a child process and finishes what it began."""

import time
from pathlib import Path
from typing import Any

from sqlmodel import Session

from rft_app.children import Message, run_child
from rft_app.domain.imports import ImportMode, ImportReport
from rft_app.domain.job import Job, JobError
from rft_app.domain.pipeline import StepName
from rft_app.domain.snapshot import SnapshotPurpose
from rft_app.jobs.context import JobContext
from rft_app.jobs.liveness import is_executing
from rft_app.jobs.queue import list_active_jobs, list_jobs
from rft_app.services.pipeline import get_step, queue_step
from rft_app.services.record_settling import settle_records
from rft_app.services.search_jobs import start_trace_index
from rft_app.services.snapshots import keep_once
from rft_app.settings import get_settings
from rft_app.storage import import_parts, imports
from rft_app.storage.restoring import archive_older, mark_replaced
from rft_app.storage.session import reading, unit_of_work

POLL_S = 0.2
RECORDS_PER_BATCH = 20_000


class ImportTraces:
    """Reads a file of traces, then starts Extract."""

    name = "import_traces"
    label = "Import of traces"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            RftError: The file cannot be read; the good rows before the place stay.
        """
        return extract_what_came(context, _read(context, "rft_app.processes.importing"))


class ImportRollouts:
    """Reads a file of answers to records that are there."""

    name = "import_rollouts"
    label = "Import of rollouts"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            RftError: The file cannot be read.
        """
        return _read_whole(context, "rft_app.processes.rollout_importing")


class ImportFeedback:
    """Reads a file of what people said of records."""

    name = "import_feedback"
    label = "Import of feedback"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            RftError: The file cannot be read, or none of its rows can be used.
        """
        return _read_whole(context, "rft_app.processes.feedback_importing")


class ImportArrivals:
    """Reads a file of traces that belong to no dataset."""

    name = "import_arrivals"
    label = "Import of gateway traces"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Go on where the last run ended.

        Raises:
            RftError: The file cannot be read, or none of its rows can be used.
        """
        result = _read_whole(context, "rft_app.processes.trace_importing")
        with unit_of_work() as session:
            start_trace_index(session)
        return result

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        """What was to be joined at the end is not."""
        import_parts.delete_parts(session, str(job.args["import_id"]))

    def on_cancelled(self, session: Session, job: Job) -> None:
        """As above; the traces that are stored stay."""
        import_parts.delete_parts(session, str(job.args["import_id"]))


def _read_whole(context: JobContext, module: str) -> dict[str, Any]:
    """Run the child to its end; nothing follows it."""
    report = _read(context, module)
    if not report.is_done:
        with unit_of_work() as session:
            imports.change_import(session, report.id, is_done=True)
    return _finish(report)


def _read(context: JobContext, module: str) -> ImportReport:
    """Run the child to its end, unless an earlier run of this job did."""
    import_id = str(context.args["import_id"])
    with reading() as session:
        report = imports.get_report(session, import_id)
    if report.is_done:
        return report

    def show(message: Message) -> None:
        bad = f" · {message['num_invalid']:,} bad" if message["num_invalid"] else ""
        label = f"{message['num_parsed']:,} rows read{bad}"
        context.progress(message["read_bytes"], message["size_bytes"], label)

    run_child(module, context.args, on_message=show, is_cancelled=context.is_cancelled)
    with reading() as session:
        return imports.get_report(session, import_id)


def extract_what_came(context: JobContext, report: ImportReport) -> dict[str, Any]:
    """Start Extract after the last trace is there; returns the import's result."""
    if not report.is_done and context.args.get("mode") == ImportMode.REPLACE:
        _archive_older(context, report.id)
    while not report.is_done and not _finish_with_extract(context, report):
        context.progress(0, label="Waiting for the Extract that runs, to start it again")
        time.sleep(POLL_S)
    extract_id = _find_extract(context.required_dataset_id)
    return {**_finish(report), "extract_job_id": extract_id}


def _finish_with_extract(context: JobContext, report: ImportReport) -> bool:
    """Note the end of the import and start Extract; not while an Extract runs that may have read
    the traces before the last of them were there.
    """
    with unit_of_work() as session:
        if not _start_extract(session, context.required_dataset_id):
            return False
        if context.args.get("mode") == ImportMode.REPLACE:
            mark_replaced(session, context.required_dataset_id, report.id)
            settle_records(session, context.required_dataset_id)
        imports.change_import(session, report.id, is_done=True)
    return True


def _archive_older(context: JobContext, import_id: str) -> None:
    """Keep what was there before as a snapshot and archive it, a batch a transaction.

    From here on nobody can cancel: half a replacement is no state to stay in.
    """
    dataset_id, now_ms = context.required_dataset_id, time.time_ns() // 1_000_000
    with unit_of_work() as session:
        keep_once(session, context.job_id, dataset_id, SnapshotPurpose.REPLACE)
    is_more = True
    while is_more:
        with unit_of_work() as session:
            found = archive_older(session, dataset_id, import_id, now_ms, RECORDS_PER_BATCH)
        is_more = found > 0


def _start_extract(session: Session, dataset_id: str) -> bool:
    """Start Extract as it was asked for at creation, or as it ran last; `False` while one runs.

    One that waits for its start will read every trace.
    """
    name = StepName.EXTRACT
    active = [job for job in list_active_jobs(session, dataset_id) if job.kind == name.value]
    if not active:
        queue_step(session, dataset_id, name, get_step(session, dataset_id, name).settings)
    return not any(is_executing(session, job) for job in active)


def _find_extract(dataset_id: str) -> str | None:
    """The job that makes records of what was imported: the newest one."""
    with reading() as session:
        kinds = {job.id: job.kind for job in list_jobs(session, dataset_id)}
    return next((id_ for id_, kind in kinds.items() if kind == StepName.EXTRACT.value), None)


def _finish(report: ImportReport) -> dict[str, Any]:
    """Delete the uploaded copy; a file elsewhere is its owner's."""
    with reading() as session:
        path = Path(imports.get_plan(session, report.id).path)
    if path.is_relative_to(get_settings().folder("uploads")):
        path.unlink(missing_ok=True)
    return {
        "import_id": report.id,
        "num_lines": report.num_lines,
        "num_parsed": report.num_parsed,
        "num_valid": report.num_valid,
        "num_invalid": report.num_invalid,
        "reasons": report.reasons,
    }
