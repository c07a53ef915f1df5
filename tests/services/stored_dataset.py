"""A dataset as people have it: imported through the real child process, extracted, with topics."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from rft_app.domain.export import Export, ExportOptions
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.record import RecordFilter, Selection
from rft_app.jobs.queue import get_job
from rft_app.jobs.running import JobRunner
from rft_app.processes import exporting
from rft_app.services.datasets import create_dataset
from rft_app.services.exports import check_export, get_export, start_export
from rft_app.services.imports import start_import
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.records import list_records
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work


def work() -> None:
    """Run every waiting job to its end, those that they start included."""
    runner = JobRunner(all_job_kinds(), "wk_test")
    while True:
        with reading() as session:
            waiting = jobs.list_active_attempts(session)
        if not waiting:
            return
        for job_id, attempt in waiting:
            runner.run(job_id, attempt)


def chat(words: str) -> dict[str, Any]:
    """A good row."""
    return {
        "messages": [
            {"role": "user", "content": words},
            {"role": "assistant", "content": f"About {words}"},
        ]
    }


def write(folder: Path, *rows: dict[str, Any], name: str = "a.jsonl") -> Path:
    """A file of rows."""
    path = folder / name
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def import_rows(dataset_id: str, folder: Path, *rows: dict[str, Any], **options: Any) -> Job:
    """Import into a dataset and extract."""
    path = write(folder, *rows)
    with unit_of_work() as session:
        job = start_import(
            session, dataset_id=dataset_id, path=path, file_name=path.name, **options
        )
    work()
    return settled(job)


def settled(job: Job) -> Job:
    """The job as it ended."""
    with reading() as session:
        return get_job(session, job.id)


def make_dataset(folder: Path, *rows: dict[str, Any]) -> str:
    """A dataset of these rows, extracted."""
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name="Bank", objective="Answer").id
    import_rows(dataset_id, folder, *rows)
    return dataset_id


def titles(dataset_id: str, **conditions: Any) -> list[str]:
    """Titles of the current records, sorted."""
    with reading() as session:
        page = list_records(session, dataset_id, RecordFilter(**conditions), limit=500)
    return sorted(row.title for row in page.rows)


def run(start: Callable[..., Job], *args: Any) -> Job:
    """Start a job in its own transaction and let it end."""
    with unit_of_work() as session:
        job = start(session, *args)
    work()
    return settled(job)


def order_export(
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008  # frozen
    selection: Selection = Selection(),  # noqa: B008
) -> Job:
    """Ask for an export, as every edge does: it is checked first, then started."""
    with reading() as session:
        order = check_export(
            session, dataset_id=dataset_id, format=format, options=options, selection=selection
        )
    with unit_of_work() as session:
        return start_export(session, order)


def export_here(
    dataset_id: str,
    format: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008  # frozen
    selection: Selection = Selection(),  # noqa: B008
) -> Export:
    """An export, with what its child process does done in this process."""
    job = order_export(dataset_id, format, options, selection)
    with unit_of_work() as session:
        assert jobs.begin_job(session, job.id, 0, "w")
    exporting.work(job.args, lambda _: None)
    with unit_of_work() as session:
        jobs.settle_job(session, job.id, "w", JobStatus.DONE)
        return get_export(session, job.args["export_id"])


def words_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What users ask in these rows."""
    return sorted(row["messages"][0]["content"] for row in rows)
