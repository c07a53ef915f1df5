"""Configure a dataset's grader, and try one before saving it; versions are in `grader_versions`."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app import graders as kinds
from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderSpec, GraderVersion, list_asking
from rft_app.domain.grading import Abstention, GradeOutcome, GradingFailure, Outcome, Verdict
from rft_app.domain.paid import PaidTotals
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordId, record_id
from rft_app.domain.rollout import Json, Rollout
from rft_app.domain.statistics import summarise
from rft_app.graders import open_grader
from rft_app.graders.sandbox import Isolation, probe_isolation
from rft_app.pipeline._base import fingerprint
from rft_app.pipeline._rollout_plan import pick_few
from rft_app.pipeline.dry_run import grade_rollouts
from rft_app.pipeline.grader import describe_grader, require_model, store_spec
from rft_app.services.grading_watch import Watch, WatchedAsking, WatchedGrading
from rft_app.storage import graders
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.ids import new_id
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step

MAX_TRIED = 20
TRIAL_ATTEMPTS = 2
"""How often a trial asks a provider that could not serve a call."""


class TrialSpread(Entity):
    """How the rewards of a trial spread; what is not graded is counted and in no other figure."""

    n: int
    """Graded answers, at least one."""
    mean: float
    sd: float
    low: float
    high: float
    num_failed: int
    num_abstained: int = 0


class TriedGrade(Entity):
    """One answer beside what the grader says of it."""

    record_id: RecordId
    topic: str | None
    question: str
    """Text of the last user message; empty where there is none."""
    reference: str | None
    output_text: str
    output_tools: tuple[Json, ...]
    outcome: GradeOutcome

    @classmethod
    def of(cls, rollout: Rollout, outcome: GradeOutcome) -> "TriedGrade":
        """Lay an answer beside its outcome."""
        return cls(
            record_id=record_id(rollout.key.record_seq),
            topic=rollout.item.get("topic"),
            question=rollout.question,
            reference=rollout.item.get("reference"),
            output_text=rollout.sample["output_text"],
            output_tools=tuple(rollout.sample["output_tools"]),
            outcome=outcome,
        )


class Trial(Entity):
    """A grader tried on a few records."""

    grades: tuple[TriedGrade, ...]
    paid: PaidTotals | None = None
    """What the calls of a judge cost; `None` for graders that ask no model."""


def save_grader(session: Session, dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Make `spec` the dataset's grader; a changed one is the next version.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The spec cannot work; details have `line` and `column` where known.
    """
    get_dataset_row(session, dataset_id)
    version = store_spec(session, dataset_id, spec)
    finish_step(
        session,
        dataset_id,
        StepName.GRADER,
        describe_grader(version),
        settings={},
        input_hash=fingerprint(grader=version.spec_hash),
    )
    return version


def check_grader(spec: GraderSpec) -> None:
    """Find the faults of a spec that can be seen without grading anything.

    Opens its own transaction where the spec names a model.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    kinds.check_grader(spec)
    _require_model(spec)


def load_grader(spec: GraderSpec) -> None:
    """Load a grader once, to see what only shows then; may take seconds.

    Opens its own transaction where the spec names a model.

    Raises:
        InvalidInputError: It cannot work; details have `line` and `column` where known.
    """
    kinds.load_grader(spec)
    _require_model(spec)


def _require_model(spec: GraderSpec) -> None:
    if list_asking(spec):
        with reading() as session:
            require_model(session, spec)


def configure_grader(dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Load a grader once, then save it.

    Opens its own transaction, because loading may take long.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The spec cannot work; details have `line` and `column` where known.
    """
    load_grader(spec)
    with unit_of_work() as session:
        return save_grader(session, dataset_id, spec)


def current_grader(session: Session, dataset_id: str) -> GraderVersion | None:
    """The version dry runs use; `None` before the first."""
    return graders.find_current(session, dataset_id)


def try_grader(dataset_id: str, spec: GraderSpec, n: int = 5) -> Trial:
    """Grade the answers of a few records, always the same ones; no grade is stored.

    Opens its own transactions, because grading may take long.

    Raises:
        ConflictError: No record has an answer.
        InvalidInputError: The spec cannot work, e.g. a script fails while it is loaded.
        NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
    """
    with reading() as session:
        keys = pick_few(session, dataset_id, n)
        chunk = load_rollouts(session, dataset_id, keys)
    outcomes, paid = grade_now(dataset_id, spec, chunk)
    pairs = zip(chunk, outcomes, strict=True)
    return Trial(grades=tuple(TriedGrade.of(*pair) for pair in pairs), paid=paid)


def grade_now(
    dataset_id: str, spec: GraderSpec, chunk: Sequence[Rollout], watch: Watch | None = None
) -> tuple[list[Outcome], PaidTotals | None]:
    """Grade a few answers while somebody waits, and what a judge's calls cost; stores no grade.

    Raises:
        JobCancelledError: It was stopped by `watch`, which knows what was paid.
        InvalidInputError: The spec cannot work, e.g. a script fails while it is loaded.
        NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
    """
    if list_asking(spec):
        return _ask_judge(dataset_id, spec, chunk, watch or Watch())
    with open_grader(spec) as grading:
        watched = grading if watch is None else WatchedGrading(grading, watch)
        return grade_rollouts(watched, chunk), None


def _ask_judge(
    dataset_id: str, spec: GraderSpec, chunk: Sequence[Rollout], watch: Watch
) -> tuple[list[Outcome], PaidTotals]:
    """Ask with little patience, for somebody waits; each trial has a ledger of its own."""
    scope = new_id("trial")
    with reading() as session:
        hasty = read_catalogue(session).limit_attempts(TRIAL_ATTEMPTS)
    try:
        with kinds.open_asking(spec, StoredPaidCalls(scope, dataset_id), hasty) as judge:
            outcomes = grade_rollouts(WatchedAsking(judge, watch), chunk)
    finally:
        with reading() as session:
            watch.paid = sum_paid_calls(session, scope)
    return outcomes, watch.paid


def sum_up(outcomes: Sequence[GradeOutcome]) -> TrialSpread | None:
    """The figures of a trial; `None` where nothing was graded.

    Example:
        >>> found = sum_up([Verdict(reward=0.0), Verdict(reward=1.0)])
        >>> found.mean, found.low, found.high, found.num_failed
        (0.5, 0.0, 1.0, 0)
    """
    rewards = [outcome.reward for outcome in outcomes if isinstance(outcome, Verdict)]
    if (spread := summarise(rewards)) is None:
        return None
    return TrialSpread(
        n=spread.n,
        mean=spread.mean,
        sd=spread.sd,
        low=min(rewards),
        high=max(rewards),
        num_failed=sum(isinstance(outcome, GradingFailure) for outcome in outcomes),
        num_abstained=sum(isinstance(outcome, Abstention) for outcome in outcomes),
    )


def check_isolation() -> Isolation:
    """How well this system can confine scripts; starts a process, some 40 ms.

    Raises:
        NotAvailableError: Scripts cannot run here at all.
    """
    return probe_isolation()
