"""`rft jobs`: background work of every kind."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.domain.job import JobStatus
from rft_app.domain.words import duration

if TYPE_CHECKING:
    from rft_app.domain.job import Job

app = typer.Typer(
    help="Durable jobs of every kind: list, show, cancel, follow.", no_args_is_help=True
)
JobId = Annotated[str, typer.Argument(metavar="JOB", help="See `rft jobs list`.")]


@app.command("list")
def list_all(
    dataset: Annotated[str | None, typer.Option(help="Only of one, by its id or name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    before: Annotated[
        str | None, typer.Option(metavar="JOB", help="Go on behind the last one of a page.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """The latest jobs, newest first."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.jobs import queue
    from rft_app.storage.session import reading

    ensure_schema()
    dataset_id = None if dataset is None else resolve_dataset(dataset)
    with reading() as session:
        found = queue.list_jobs(session, dataset_id, limit + 1, before)
    shown = found[:limit]
    if json:
        write_json([_to_json(job) for job in shown])
    elif shown:
        write_table(("ID", "KIND", "DATASET", "STATUS", "PROGRESS"), map(_describe, shown))
    else:
        note("There is no job.")
    if len(found) > limit:
        note(f"There are more: --before {shown[-1].id}")


@app.command()
def show(job: JobId, json: JsonOption = False) -> None:
    """How a job stands, what it brought or why it failed."""
    from rft_app.cli.installation import ensure_schema

    ensure_schema()
    _write(_read(job), is_json=json)


@app.command()
def cancel(job: JobId, json: JsonOption = False) -> None:
    """Ask a job to stop; it does so within seconds once a worker runs it."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.jobs import queue
    from rft_app.storage.session import unit_of_work

    ensure_schema()
    with unit_of_work() as session:
        found = queue.cancel_job(session, job)
    if json:
        write_json(_to_json(found))
    else:
        write_line(f"{found.id} was asked to stop.")


@app.command()
def follow(job: JobId, json: JsonOption = False) -> None:
    """Wait for a job's end and show how far it is; starts a worker where none lives.

    Interrupting it leaves the job alone; a worker that was started for it ends, and the job waits
    for the next one.
    """
    from rft_app.cli.following import following
    from rft_app.cli.installation import ensure_schema

    ensure_schema()
    found = _read(job)
    with following() as follower:
        follower.follow(found, _label(found), cancels=False)
    _write(_read(job), is_json=json)


def _read(job_id: str) -> "Job":
    from rft_app.jobs import queue
    from rft_app.storage.session import reading

    with reading() as session:
        return queue.get_job(session, job_id)


def _to_json(job: "Job") -> dict[str, object]:
    from rft_app.api.results import view_job
    from rft_app.storage.session import reading

    with reading() as session:
        return view_job(session, job).to_json()


def _describe(job: "Job") -> tuple[str, ...]:
    return job.id, job.kind, job.dataset_id or "–", _status(job), _progress(job) or "–"


def _progress(job: "Job") -> str:
    """What it does now or did last; how long it took, once it is done."""
    if job.status is not JobStatus.DONE or not (job.started_at and job.finished_at):
        return job.progress_label
    return f"took {duration((job.finished_at - job.started_at).total_seconds())}"


def _status(job: "Job") -> str:
    is_stopping = job.cancel_requested and not job.status.is_settled
    return f"{job.status} (stopping)" if is_stopping else job.status.value


def _label(job: "Job") -> str:
    """For people; a kind that this version does not know keeps its name."""
    from rft_app.services.job_kinds import JOB_KINDS

    return next((kind.label for kind in JOB_KINDS if kind.name == job.kind), job.kind)


def _write(job: "Job", *, is_json: bool) -> None:
    if is_json:
        write_json(_to_json(job))
        return
    write_line(f"{job.id}  {_label(job)}  {_status(job)}  {_progress(job)}".rstrip())
    if job.dataset_id:
        write_line(f"dataset: {job.dataset_id}")
    for name, at in (("created", job.created_at), ("started", job.started_at)):
        if at is not None:
            write_line(f"{name}: {at:%Y-%m-%d %H:%M:%S} UTC")
    if job.finished_at is not None:
        write_line(f"finished: {job.finished_at:%Y-%m-%d %H:%M:%S} UTC")
    if job.error is not None:
        write_line(f"{job.error.code}: {job.error.message}")
    for name, value in (job.result or {}).items():
        write_line(f"{name}: {'–' if value is None else value}")
