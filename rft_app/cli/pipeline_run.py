"""Run the pipeline from the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer
from sqlmodel import Session

from rft_app.cli.costs import describe_asking, tell_judge
from rft_app.cli.dataset_argument import resolve_dataset
from rft_app.cli.following import Follower, following
from rft_app.cli.output import note, write_json, write_line
from rft_app.cli.verdict import print_verdict
from rft_app.cli.wire import dataset_json, dry_run_json
from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import GraderSpec, spec_hash
from rft_app.domain.job import Job
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.errors import InvalidInputError
from rft_app.graders.grader_file import SUFFIXES, parse_grader
from rft_app.jobs.queue import get_job, list_active_jobs
from rft_app.services.datasets import get_dataset
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.graders import current_grader, load_grader, save_grader
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.services.pipeline import find_step, get_step, read_step_settings, start_step
from rft_app.services.run_estimates import estimate_dry_run
from rft_app.storage.session import reading, unit_of_work

ORDER = (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER, StepName.DRY_RUN)


@dataclass(frozen=True)
class RunPlan:
    """What to run and with what."""

    dataset_id: str
    """Until the run begins its name, too."""
    until: str
    grader: Path | None
    settings: Mapping[str, Mapping[str, Any]]
    """By step: only what was asked for."""
    is_estimate: bool = False
    """Whether only to say what the dry run would ask, cost and take."""


def run_pipeline(plan: RunPlan, *, is_json: bool) -> None:
    """Run what lacks a current result, up to the goal, and print the outcome.

    Raises:
        RftError: A step failed; the earlier ones keep their results.
    """
    require_grader_file(plan.grader)
    plan = replace(plan, dataset_id=resolve_dataset(plan.dataset_id))
    if plan.is_estimate:
        _print_estimate(plan, is_json=is_json)
        return
    spec = read_grader(plan.grader) if plan.grader else None
    goal = StepName(plan.until)
    if spec is None and goal.number >= StepName.GRADER.number:
        _require_grader(plan.dataset_id)
    with following() as follower:
        _follow_imports(follower, plan.dataset_id)
        for step in ORDER[: goal.number]:
            if step is StepName.GRADER:
                _set_grader(plan, spec)
            else:
                _run_step(follower, plan, step)
    _print(plan.dataset_id, goal, is_json=is_json)


def require_grader_file(path: Path | None) -> None:
    """Refuse a name that no grader has, before anything is looked up.

    Raises:
        BadParameter: It ends otherwise.
    """
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--grader {path}: a grader is a .py script or a .json file.")


def read_grader(path: Path) -> GraderSpec:
    """A script, stored settings or an OpenAI grader, loaded once.

    Raises:
        InvalidInputError: The file is neither or cannot work; the message names it and the line.
    """
    raw = path.read_bytes()
    try:
        spec = parse_grader(path.name, raw)
        load_grader(spec)
    except InvalidInputError as error:
        details = {**error.details, "file": str(path)}
        raise InvalidInputError(f"{path}: {error.message}", **details) from error
    except ValueError as error:
        raise InvalidInputError(f"{path} cannot be read as a grader: {error}") from error
    return spec


def _require_grader(dataset_id: str) -> None:
    """Refuse a run that would stop at the grader, before any step has taken its time."""
    with reading() as session:
        if current_grader(session, get_dataset(session, dataset_id).id) is None:
            raise typer.BadParameter("The dataset has no grader yet; name one: --grader FILE.")


def _follow_imports(follower: Follower, dataset_id: str) -> None:
    """Wait for traces that are still being read: the steps judge all of them or none."""
    with reading() as session:
        jobs = list_active_jobs(session, dataset_id)
    for job in jobs:
        if job.kind == "import_traces":
            follower.follow(job, "Import")


def _set_grader(plan: RunPlan, spec: GraderSpec | None) -> None:
    with unit_of_work() as session:
        current = current_grader(session, plan.dataset_id)
        if spec is not None and (current is None or current.spec_hash != spec_hash(spec)):
            note(f"Grader: {save_grader(session, plan.dataset_id, spec).label}")
        elif current is not None:
            note(f"Grader: {current.label}" + (", unchanged" if spec is not None else ""))


def _run_step(follower: Follower, plan: RunPlan, step: StepName) -> None:
    title = step.value.replace("_", " ").capitalize()
    with unit_of_work() as session:
        job = _start_if_needed(session, plan, step)
    if job is not None:
        follower.follow(job, title)
    with reading() as session:
        node = get_dataset(session, plan.dataset_id).nodes[step.number - 1]
    note(f"{title}: {node.summary}" + ("" if job else " (current)"))


def _start_if_needed(session: Session, plan: RunPlan, step: StepName) -> Job | None:
    view = get_step(session, plan.dataset_id, step)
    if view.node.status is StepStatus.PROCESSING and view.job_id:
        return get_job(session, view.job_id)
    asked = {**view.settings, **plan.settings.get(step.value, {})}
    settings = read_step_settings(find_step(step), asked)
    has_result = view.node.status not in {StepStatus.READY, StepStatus.WAITING, StepStatus.FAILED}
    if has_result and view.node.stale_reason is None and settings == view.settings:
        return None
    if step is StepName.DRY_RUN:
        _tell_cost(session, plan.dataset_id, DryRunSettings.model_validate(settings))
    return start_step(session, plan.dataset_id, step, settings)


def _tell_cost(session: Session, dataset_id: str, settings: DryRunSettings) -> None:
    """Say what answers and a judge will cost, before anybody is asked."""
    answers, found = estimate_dry_run(session, dataset_id, settings)
    if answers is not None:
        note(f"Answers: {describe_asking(answers.model, answers.cost, answers.time)}")
    tell_judge(found, with_time=True)


def _print_estimate(plan: RunPlan, *, is_json: bool) -> None:
    """What the dry run would ask, cost and take; nothing is run and nobody is asked."""
    from rft_app.api.schemas.dry_run_estimate import DryRunEstimate

    with reading() as session:
        view = get_step(session, plan.dataset_id, StepName.DRY_RUN)
        asked = {**view.settings, **plan.settings.get(StepName.DRY_RUN.value, {})}
        wanted = read_step_settings(find_step(StepName.DRY_RUN), asked)
        found = estimate_dry_run(session, plan.dataset_id, DryRunSettings.model_validate(wanted))
    if is_json:
        wire = DryRunEstimate.of(found.judge, found.answers)
        write_json(None if wire is None else wire.to_json())
        return
    for role, one in (("Answers", found.answers), ("Judge", found.judge)):
        if one is not None:
            obstacle = one.obstacle if isinstance(one, JudgeEstimate) else ""
            told = obstacle or describe_asking(one.model, one.cost, one.time)
            write_line(f"{role}: {told}")
    if found == (None, None):
        write_line("No model is asked: free, on this machine.")


def _print(dataset_id: str, goal: StepName, *, is_json: bool) -> None:
    with reading() as session:
        dataset = get_dataset(session, dataset_id)
        if goal is not StepName.DRY_RUN:
            if is_json:
                write_json(dataset_json(session, dataset))
            else:
                write_line(dataset.nodes[goal.number - 1].summary)
            return
        dry_run = get_dry_run(session, dataset_id)
    if is_json:
        write_json(dry_run_json(dry_run))
    else:
        print_verdict(dry_run)
