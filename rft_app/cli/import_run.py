"""Import a file from the command line, to the end of Extract."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from rft_app.cli.dataset_argument import resolve_dataset
from rft_app.cli.following import Follower, following
from rft_app.cli.installation import ensure_schema
from rft_app.cli.output import note, write_json, write_line
from rft_app.cli.wire import SHOWN_FAULTS, dataset_json, import_json, imported_report
from rft_app.domain import words
from rft_app.domain.imports import GivenFile, ImportFault, ImportMode
from rft_app.domain.job import Job
from rft_app.domain.scrubbing import NOTHING, ScrubRules
from rft_app.errors import RftError
from rft_app.jobs.queue import list_jobs
from rft_app.services.datasets import create_dataset, delete_dataset, get_dataset
from rft_app.services.feedback_import import start_feedback_import
from rft_app.services.imports import (
    count_import_errors,
    list_import_errors,
    start_import,
    start_rollouts_import,
)
from rft_app.services.trace_imports import join_files, start_trace_import
from rft_app.storage.session import reading, unit_of_work


@dataclass(frozen=True)
class ImportPlan:
    """What to import, and where to."""

    file: Path
    name: str
    objective: str
    into: str | None
    """The dataset to add to, by id or name; `None` makes a new one."""
    mode: ImportMode
    mapping: dict[str, str] | None
    shape: str | None
    scrub: ScrubRules = NOTHING


def run_import(plan: ImportPlan, *, is_json: bool) -> None:
    """Import, extract, and print the dataset and the import's report.

    Raises:
        RftError: The import failed; a dataset made for it is gone again.
        Exit: The file is not whole; its good rows are stored.
    """
    ensure_schema()
    into = None if plan.into is None else resolve_dataset(plan.into)
    job = _start(plan, into)
    with following() as follower:
        finish_import(follower, job, is_new=plan.into is None, is_json=is_json)


def finish_import(follower: Follower, job: Job, *, is_new: bool, is_json: bool) -> None:
    """Follow an import and the Extract after it, and print what came of them.

    Raises:
        RftError: The import failed; where `is_new`, its dataset is gone again.
        Exit: The file is not whole; its good rows are stored.
    """
    dataset_id = str(job.dataset_id)
    try:
        job = follower.follow(job, "Import")
    except (RftError, KeyboardInterrupt):
        if is_new:
            _remove(dataset_id)
        raise
    _follow_extract(follower, dataset_id)
    _print(dataset_id, job, is_json=is_json)
    _require_whole(job)


def _start(plan: ImportPlan, into: str | None) -> Job:
    with unit_of_work() as session:
        dataset_id = into
        if dataset_id is None:
            dataset_id = create_dataset(session, name=plan.name, objective=plan.objective).id
        return start_import(
            session,
            dataset_id=dataset_id,
            path=plan.file,
            file_name=plan.file.name,
            shape=plan.shape,
            mapping=plan.mapping,
            mode=plan.mode,
            scrub=plan.scrub,
        )


def _follow_extract(follower: Follower, dataset_id: str) -> None:
    with reading() as session:
        jobs = [job for job in list_jobs(session, dataset_id) if job.kind == "extract"]
    if not jobs:
        return
    try:
        follower.follow(jobs[0], "Extract")
    except RftError:
        note(f"The traces are stored in {dataset_id}; only Extract failed. Try `rft run` again.")
        raise


def _remove(dataset_id: str) -> None:
    try:
        with unit_of_work() as session:
            delete_dataset(session, dataset_id)
    except RftError as error:
        note(f"The unfinished dataset {dataset_id} is kept: {error.message}")


def _print(dataset_id: str, job: Job, *, is_json: bool) -> None:
    with reading() as session:
        dataset = get_dataset(session, dataset_id)
        if is_json:
            write_json({**dataset_json(session, dataset), "import": import_json(session, job)})
            return
    write_line(f"{dataset.name} ({dataset.id})")
    write_line(dataset.nodes[0].summary)
    _print_report(job)


_NO_FAULTS = {"duplicate_rollout": "answers that are here already; they count once"}


def _print_report(job: Job) -> None:
    """The counts and the first bad lines of an import that is done."""
    with reading() as session:
        report = imported_report(session, job)
        faults = list_import_errors(session, report.id, limit=SHOWN_FAULTS)
        num_faults = count_import_errors(session, report.id)
    if report.damage is not None:
        write_line(f"Incomplete. {report.damage}")
    write_line(
        f"{words.count(report.num_lines, 'line')} · {report.num_parsed:,} parsed · "
        f"{report.num_valid:,} valid · {report.num_invalid:,} invalid"
    )
    for code, count in report.reasons.items():
        write_line(f"  {count:>7,}  {_NO_FAULTS.get(code, code)}")
    for told in (report.missing_half, report.without_answers):
        if told:
            note(told)
    for fault in faults:
        note(_describe_fault(fault))
    if num_more := num_faults - len(faults):
        note(f"… and {num_more:,} more: GET /api/optimization/imports/{report.id}/errors")


def _require_whole(job: Job) -> None:
    """End with 1 where the file was not whole; what could be read of it stays."""
    with reading() as session:
        if imported_report(session, job).damage is not None:
            raise typer.Exit(1)


def _describe_fault(fault: ImportFault) -> str:
    """One line for a terminal: what a file holds may not steer it."""
    text = f"line {fault.line_number:,}: {fault.message} [{fault.code}] {fault.excerpt}"
    return "".join(letter if letter.isprintable() else " " for letter in text).rstrip()


def run_rollouts_import(dataset: str, file: Path, *, is_json: bool) -> None:
    """Import recorded answers and print the report.

    Raises:
        RftError: The import failed.
    """
    dataset_id = resolve_dataset(dataset)
    with unit_of_work() as session:
        job = start_rollouts_import(session, dataset_id=dataset_id, path=file, file_name=file.name)
    _follow_to_report(job, "Import of rollouts", is_json=is_json)


def run_trace_import(files: Sequence[Path], format_name: str | None, *, is_json: bool) -> None:
    """Import traces that belong to no dataset and print the report.

    Raises:
        RftError: The import failed.
    """
    ensure_schema()
    given = join_files([GivenFile(file, file.name) for file in files])
    try:
        with unit_of_work() as session:
            job = start_trace_import(
                session, path=given.path, file_name=given.name, format_name=format_name
            )
    except BaseException:
        if given.path not in files:
            given.path.unlink(missing_ok=True)
        raise
    _follow_to_report(job, "Import of traces", is_json=is_json)


def run_feedback_import(dataset: str, file: Path, reviewer: str, *, is_json: bool) -> None:
    """Import what people said and print the report.

    Raises:
        RftError: The import failed.
    """
    dataset_id = resolve_dataset(dataset)
    with unit_of_work() as session:
        job = start_feedback_import(
            session, dataset_id=dataset_id, path=file, file_name=file.name, reviewer=reviewer
        )
    _follow_to_report(job, "Import of feedback", is_json=is_json)


def _follow_to_report(job: Job, title: str, *, is_json: bool) -> None:
    """Follow an import that nothing follows, and print what came of it."""
    with following() as follower:
        job = follower.follow(job, title)
    if is_json:
        with reading() as session:
            write_json(import_json(session, job))
    else:
        _print_report(job)
    _require_whole(job)
