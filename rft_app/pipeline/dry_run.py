"""Step 5: grade a choice of rollouts, recorded or sampled, and judge whether training can work.

The plan (a frozen snapshot, the grader version, the list of rollouts) is written in one
transaction.  Rollouts are then graded in chunks; a chunk's grades are stored at once, and their
key is the position in the plan.  After a crash the run goes on behind the last stored chunk, so at
most one chunk is graded twice and no grade is stored twice.  A judge has its own way, because its
calls are slow and cost money (`_judging`).
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel
from sqlmodel import Session

from rft_app.domain.dry_run import DryRun, DryRunReport, DryRunSettings, make_report
from rft_app.domain.dry_run_rules import DryRunVerdict, RowStatus
from rft_app.domain.grade import Grade
from rft_app.domain.grader import GraderSpec, find_pass_threshold, list_asking
from rft_app.domain.grading import NO_ANSWER, FailureKind, GradingFailure, Outcome
from rft_app.domain.judge_noise import tell_judge_noise
from rft_app.domain.own_reference import IN_DRY_RUN, tell_left_out, tell_share
from rft_app.domain.paid import JudgeUse
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.errors import InvalidInputError, JobCancelledError
from rft_app.graders import open_grader
from rft_app.graders._base import GraderSession, Grades
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.pipeline._budget import require_prices
from rft_app.pipeline._judging import Judging, Unsampled
from rft_app.pipeline._rollout_plan import find_own_references, plan_rollouts, plan_samples
from rft_app.pipeline._sampling import Sampler
from rft_app.pipeline.grader import require_grader
from rft_app.storage import dry_runs, graders, rollouts
from rft_app.storage.dry_runs import DryRunPlan
from rft_app.storage.grades import add_grades, count_grades, iterate_grades
from rft_app.storage.record_plan import read_topic_keys
from rft_app.storage.records import map_num_tokens
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import freeze_snapshot, load_members
from rft_app.storage.step_inputs import StepInputs, get_inputs

MAX_TIMEOUTS = 20
"""Answers in a row that may run into the time limit."""
OUTCOMES = {
    DryRunVerdict.GO: StepStatus.PASSED,
    DryRunVerdict.CAUTION: StepStatus.ATTENTION,
    DryRunVerdict.NO_GO: StepStatus.FAILED,
}


class DryRunStep:
    """Grades recorded rollouts with the current grader."""

    name = StepName.DRY_RUN
    settings_type = DryRunSettings

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """Records, topics, grader and the newest rollout."""
        return fingerprint(
            records=inputs.records,
            topics=inputs.topics,
            grader=inputs.grader,
            rollouts=inputs.newest_rollout,
        )

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Plan unless this job has a plan, grade what is missing, report.

        Raises:
            ConflictError: There is no grader, or nothing to grade.
            InvalidInputError: There is a budget and a model without a price.  Or the grader cannot
                work, e.g. a script fails while it is loaded, or runs into its time limit again
                and again; the grades so far are kept.
            NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
            ProviderError: A judge's further calls would only fail, too.
        """
        chosen = DryRunSettings.model_validate(settings.model_dump())
        with unit_of_work() as session:
            run = dry_runs.find_by_job(session, context.job_id) or self._plan(
                session, dataset_id, chosen, context.job_id
            )
        if run.report is None:
            run = _report(run, _work(context, run))
        assert run.report is not None
        return describe_dry_run(run, run.report)

    def _plan(
        self, session: Session, dataset_id: str, settings: DryRunSettings, job_id: str
    ) -> DryRun:
        input_hash = self.input_hash(get_inputs(session, dataset_id), settings)
        grader = require_grader(session, dataset_id)
        snapshot = freeze_snapshot(session, dataset_id, purpose=StepName.DRY_RUN.value)
        members = set(load_members(session, snapshot.id).seqs.tolist())
        make_plan = plan_rollouts if settings.sampling is None else plan_samples
        plan = DryRunPlan(
            snapshot_id=snapshot.id,
            grader_version_id=grader.id,
            settings=settings,
            input_hash=input_hash,
            keys=make_plan(session, dataset_id, members, settings),
        )
        return dry_runs.add_dry_run(session, dataset_id, plan, job_id=job_id)


class _Uses(NamedTuple):
    """What models were asked; `None` where none was."""

    sampler: JudgeUse | None
    judge: JudgeUse | None


class _Plan(NamedTuple):
    """What is graded, and by position why there is no answer."""

    keys: Sequence[RolloutKey]
    unsampled: Unsampled


def _work(context: JobContext, run: DryRun) -> _Uses:
    """Sample and grade what is missing."""
    with reading() as session:
        spec = graders.get_version(session, run.grader_version_id).spec
        require_prices(session, run.settings, spec)
        keys, num_graded = dry_runs.load_plan(session, run.id), count_grades(session, run.id)
    if (sampling := run.settings.sampling) is None:
        return _Uses(None, _grade_rest(context, run, spec, _Plan(keys, {})))
    use, unsampled = Sampler(context, run, keys, sampling, num_graded).work()
    return _Uses(use, _grade_rest(context, run, spec, _Plan(keys, unsampled)))


def _grade_rest(context: JobContext, run: DryRun, spec: GraderSpec, plan: _Plan) -> JudgeUse | None:
    """Grade what is missing; returns what a judge was asked, `None` where no model is."""
    with reading() as session:
        num_done = count_grades(session, run.id)
    if not list_asking(spec):
        _grade_chunks(context, run, spec, plan, num_done)
        return None
    keys, unsampled = plan

    def store(first_item: int, outcomes: Sequence[Outcome]) -> None:
        _store(run, first_item, keys[first_item : first_item + len(outcomes)], outcomes)

    return Judging(context, run, keys, store, unsampled).work(spec, num_done)


def _grade_chunks(
    context: JobContext, run: DryRun, spec: GraderSpec, plan: _Plan, num_done: int
) -> None:
    pace, timeouts, num_planned = Pace(), TimeoutsInARow(), len(plan.keys)
    with open_grader(spec) as grading:
        while num_done < num_planned:
            context.progress(num_done, num_planned, _progress_label(num_done, num_planned))
            started_at = time.monotonic()
            items = range(num_done, min(num_done + pace.size, num_planned))
            timeouts.count(_grade_chunk(grading, run, plan, items))
            num_done += len(items)
            if num_done < num_planned:
                timeouts.require_few()
            pace.adapt(len(items), time.monotonic() - started_at)
    context.progress(num_done, num_planned, _progress_label(num_done, num_planned))


def _progress_label(num_done: int, num_planned: int) -> str:
    return f"{num_done:,} of {num_planned:,} rollouts graded"


def _grade_chunk(grading: GraderSession, run: DryRun, plan: _Plan, items: range) -> list[Outcome]:
    """Grade some rollouts and store what came of each."""
    keys = plan.keys[items.start : items.stop]
    with reading() as session:
        chunk = rollouts.load_rollouts(session, run.dataset_id, keys)
    graded = grade_rollouts(grading, chunk)
    outcomes = [plan.unsampled.get(at, one) for at, one in zip(items, graded, strict=True)]
    _store(run, items.start, keys, outcomes)
    return outcomes


def grade_rollouts(grading: Grades, chunk: Sequence[Rollout]) -> list[Outcome]:
    """One outcome for each rollout; one without an answer fails without asking the grader."""
    answered = [rollout for rollout in chunk if rollout.has_output]
    graded = iter(grading.grade([(rollout.sample, rollout.item) for rollout in answered]))
    return [next(graded) if rollout.has_output else NO_ANSWER for rollout in chunk]


def _store(
    run: DryRun,
    first_item: int,
    keys: Sequence[RolloutKey],
    outcomes: Sequence[Outcome],
) -> None:
    with unit_of_work() as session:
        if count_grades(session, run.id) != first_item:
            raise JobCancelledError  # Another worker took this job over.
        add_grades(session, run.id, first_item, keys, outcomes)


def _report(run: DryRun, uses: _Uses) -> DryRun:
    with reading() as session:
        outcomes = list(iterate_grades(session, run.id))
        spec = graders.get_version(session, run.grader_version_id).spec
        report = make_report(
            outcomes,
            read_topic_keys(session, run.dataset_id),
            find_pass_threshold(spec),
            settings=run.settings,
            num_tokens=map_num_tokens(session, {one.record_seq for one in outcomes}),
            num_cut=uses.sampler.num_cut if uses.sampler else 0,
        )
        report = report.model_copy(
            update={
                "judge": uses.judge,
                "sampler": uses.sampler,
                "hints": _list_hints(report, spec),
                "notice": _tell_own_references(session, run, spec, outcomes),
            }
        )
    with unit_of_work() as session:
        dry_runs.finish_dry_run(session, run.id, report)
        return dry_runs.get_dry_run(session, run.id)


def _list_hints(report: DryRunReport, spec: GraderSpec) -> tuple[str, ...]:
    """What to keep in mind where a spread within records made the verdict GO."""
    is_carried = report.verdict is DryRunVerdict.GO and report.learnable_share is not None
    noise = tell_judge_noise(spec) if is_carried else ""
    return (noise,) if noise else ()


def _tell_own_references(
    session: Session, run: DryRun, spec: GraderSpec, outcomes: Sequence[Grade]
) -> str:
    if run.settings.sampling is not None:
        return ""
    keys = dry_runs.load_plan(session, run.id)
    graded = [key for key, one in zip(keys, outcomes, strict=True) if one.reward is not None]
    own = [key.record_seq for key in graded if key.rollout_seq is None]
    others = {key.record_seq for key in keys} - {
        key.record_seq for key in keys if key.rollout_seq is None
    }
    left_out = tell_left_out(len(find_own_references(session, run.dataset_id, sorted(others))))
    num_same = len(find_own_references(session, run.dataset_id, own))
    return f"{left_out} {tell_share(spec, num_same, len(graded), IN_DRY_RUN)}".strip()


def describe_dry_run(run: DryRun, report: DryRunReport) -> StepResult:
    """The step's result for a finished dry run."""
    mean = None if report.statistics is None else report.statistics.mean
    shown = "nothing graded" if mean is None else f"mean {mean:.2f}"
    return StepResult(
        outcome=OUTCOMES[report.verdict],
        summary=f"{report.verdict} · {shown}",
        input_hash=run.input_hash,
        facts={
            "run_id": run.id,
            "number": run.number,
            "verdict": report.verdict.value,
            "mean": mean,
            "num_rollouts": report.num_rollouts,
            "num_failed": report.num_failed,
            "num_abstained": report.num_abstained,
            "learnable_share": report.learnable_share,
            "dataset_quality": report.dataset_quality,
            "grader_quality": report.grader_quality,
            "is_provider_to_blame": _is_provider_to_blame(report),
            "snapshot_id": run.snapshot_id,
        },
    )


def _is_provider_to_blame(report: DryRunReport) -> bool:
    row = report.provider_row
    return row is not None and row.status is RowStatus.NO_GO


class TimeoutsInARow:
    """Notices a grader that is too slow for every answer, before each has cost its time limit."""

    def __init__(self) -> None:
        self._num = 0
        self._message = ""

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of the next outcomes; those that no grader was asked for count neither way."""
        for outcome in outcomes:
            kind = outcome.failure_kind if isinstance(outcome, GradingFailure) else None
            if isinstance(outcome, GradingFailure) and kind is FailureKind.TIMEOUT:
                self._num, self._message = self._num + 1, outcome.message
            elif kind not in {FailureKind.NO_OUTPUT, FailureKind.NOT_SAMPLED}:
                self._num = 0

    def require_few(self) -> None:
        """Check that it is worth going on.

        Raises:
            InvalidInputError: The last `MAX_TIMEOUTS` answers all ran into the limit.
        """
        if self._num >= MAX_TIMEOUTS:
            raise InvalidInputError(
                f"{self._num} answers in a row ran into the time limit, so the dry run stopped; "
                f"the grades so far are kept. {self._message} Make the script faster, or raise its "
                "timeout_s (RFT_SCRIPT_TIMEOUT_S is the most)."
            )


class Pace:
    """How many rollouts make a chunk: about `GOAL_S` of work, so little is lost in a crash."""

    GOAL_S = 0.75
    SMALLEST, LARGEST = 1, 2000
    GROWTH = 4

    def __init__(self) -> None:
        self.size = 8

    def adapt(self, num_graded: int, elapsed_s: float) -> None:
        """Set the next chunk's size by the last one's speed."""
        ideal = int(num_graded * self.GOAL_S / max(elapsed_s, 1e-6))
        self.size = max(self.SMALLEST, min(ideal, self.size * self.GROWTH, self.LARGEST))
