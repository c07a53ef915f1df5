"""Try a grader on a few records before it is saved: drawn by lot, chosen by id, or both."""

import re
from collections.abc import Sequence

from sqlmodel import Session

from rft_app import graders as kinds
from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderSpec, list_asking
from rft_app.domain.grading import Abstention, GradeOutcome, GradingFailure, Outcome, Verdict
from rft_app.domain.own_reference import tell_own_references
from rft_app.domain.paid import PaidTotals
from rft_app.domain.record import RecordId, parse_record_id, record_id
from rft_app.domain.rollout import Json, Rollout, RolloutKey
from rft_app.domain.statistics import percentile, summarise
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.graders import open_grader
from rft_app.graders._asked import find_unasked
from rft_app.pipeline._rollout_plan import pick_answers, pick_few
from rft_app.pipeline.dry_run import grade_rollouts
from rft_app.services.grading_watch import Watch, WatchedAsking, WatchedGrading
from rft_app.services.judge_costs import JudgeEstimate, estimate_grading
from rft_app.services.sampled_answers import pick_sampled
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.ids import new_id
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls, sum_paid_each
from rft_app.storage.records import get_record
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading

MAX_TRIED = 20
"""Records of one trial, drawn and chosen together."""
NUM_TRIED = 5
TRIAL_ATTEMPTS = 2
"""How often a trial asks a provider that could not serve a call."""


class TrialChoice(Entity):
    """Which records a grader is tried on."""

    num_drawn: int = NUM_TRIED
    """How many are drawn by lot, beside those that are chosen."""
    seed: int = 0
    """The same records for the same seed."""
    records: tuple[RecordId, ...] = ()
    """Chosen ones, which come first."""
    answers_of: str | None = None
    """Number or id of the dry run whose answers are graded; `None` for recorded ones."""


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


class TrialLatency(Entity):
    """How long the grader took for an answer, in milliseconds."""

    n: int
    """Answers it was asked about, at least one."""
    p50_ms: float
    p95_ms: float


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
    latency_ms: float | None = None
    """From its first step to the outcome, all calls of a judge included; `None` where it was not
    measured or not asked."""
    paid: PaidTotals | None = None
    """What its calls cost; `None` where no model was asked about it."""
    model: str | None = None
    """Who gave the answer; `None` for recorded ones, and where nobody knows."""

    @classmethod
    def of(
        cls,
        rollout: Rollout,
        outcome: GradeOutcome,
        latency_ms: float | None = None,
        paid: PaidTotals | None = None,
    ) -> "TriedGrade":
        """Lay an answer beside its outcome."""
        return cls(
            record_id=record_id(rollout.key.record_seq),
            topic=rollout.item.get("topic"),
            question=rollout.question,
            reference=rollout.item.get("reference"),
            output_text=rollout.sample["output_text"],
            output_tools=tuple(rollout.sample["output_tools"]),
            outcome=outcome,
            latency_ms=latency_ms,
            paid=paid,
            model=rollout.model,
        )


class Trial(Entity):
    """A grader tried on a few records."""

    grades: tuple[TriedGrade, ...]
    """Chosen records first, then those that were drawn."""
    paid: PaidTotals | None = None
    """What the calls of a judge cost; `None` for graders that ask no model."""
    notice: str = ""
    """Why these grades flatter the grader; mostly empty."""

    @property
    def latency(self) -> TrialLatency | None:
        """How long the grader took; `None` where it was asked about no answer."""
        return sum_up_latency([grade.latency_ms for grade in self.grades])


def read_records(words: str) -> tuple[RecordId, ...]:
    """Record ids as people write them, each once: between commas or blanks, with `rec_` or without.

    Raises:
        InvalidInputError: A word is no id; the message names it.

    Example:
        >>> read_records("rec_12, 40 3,12")
        ('rec_12', 'rec_40', 'rec_3')
    """
    words_ = [word for word in re.split(r"[\s,;]+", words) if word]
    return tuple(dict.fromkeys(map(require_record_id, words_)))


def require_record_id(word: str) -> RecordId:
    """The id that a person wrote.

    Raises:
        InvalidInputError: It is none.
    """
    seq = parse_record_id(word if word.startswith("rec_") else f"rec_{word.lower()}")
    if seq is None:
        raise InvalidInputError(
            f"{word!r} is no record id. Write ids as the records list shows them, between commas: "
            "rec_12, rec_40.",
            field="records",
        )
    return record_id(seq)


def try_grader(dataset_id: str, spec: GraderSpec, chosen: TrialChoice | None = None) -> Trial:
    """Grade one answer each of a few records, the same ones for the same choice; stores no grade.

    Of a chosen record without an answer the outcome says so. Opens its own transactions, because
    grading may take long.

    Raises:
        ConflictError: No record has an answer, and none was chosen.
        NotFoundError: There is no dry run of that name.
        InvalidInputError: The spec cannot work, e.g. a script fails while it is loaded; no record
            or more than `MAX_TRIED` were asked for, or the dataset lacks one of them.
        NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
    """
    watch = Watch()
    with reading() as session:
        keys = _pick(session, dataset_id, chosen or TrialChoice())
        chunk = load_rollouts(session, dataset_id, keys)
    outcomes, paid = grade_now(dataset_id, spec, chunk, watch)
    with reading() as session:
        paid_each = sum_paid_each(session, watch.scope) if watch.scope else {}
    places = _number_answered(chunk)
    grades: list[TriedGrade] = []
    for rollout, outcome, place in zip(chunk, outcomes, places, strict=True):
        took = None if find_unasked(outcome) else watch.latencies_ms.get(place)
        grades.append(TriedGrade.of(rollout, outcome, took, paid_each.get(str(place))))
    return Trial(grades=tuple(grades), paid=paid, notice=tell_own_references(spec, chunk))


def estimate_trial(
    session: Session, dataset_id: str, spec: GraderSpec, chosen: TrialChoice
) -> JudgeEstimate | None:
    """What a trial would ask a judge; `None` where the grader asks no model.

    Raises:
        ConflictError: No record has an answer, and none was chosen.
        InvalidInputError: There is no such model, or the choice of records cannot be tried.
    """
    if not list_asking(spec):
        return None
    chunk = load_rollouts(session, dataset_id, _pick(session, dataset_id, chosen))
    answered = [rollout for rollout in chunk if rollout.has_output]
    return estimate_grading(session, spec, answered, len(answered))


def _pick(session: Session, dataset_id: str, chosen: TrialChoice) -> list[RolloutKey]:
    num_asked = chosen.num_drawn + len(chosen.records)
    if not 1 <= num_asked <= MAX_TRIED:
        raise InvalidInputError(
            f"A trial takes 1 to {MAX_TRIED} records, drawn and chosen together; this asks for "
            f"{num_asked}.",
            field="records",
        )
    seqs = _find_seqs(session, dataset_id, chosen.records)
    if chosen.answers_of is not None:
        return pick_sampled(
            session,
            dataset_id,
            chosen.answers_of,
            seqs,
            num_drawn=chosen.num_drawn,
            seed=chosen.seed,
        )
    own = pick_answers(session, dataset_id, seqs)
    if not chosen.num_drawn:
        return own
    known = {key.record_seq for key in own}
    drawn = pick_few(session, dataset_id, num_asked, chosen.seed, must_find=not own)
    return own + [key for key in drawn if key.record_seq not in known][: chosen.num_drawn]


def _find_seqs(session: Session, dataset_id: str, records: Sequence[RecordId]) -> list[int]:
    """Keys of records that can be graded.

    Raises:
        InvalidInputError: The dataset lacks some, or they are invalid or deleted; all are named.
    """
    seqs: list[int] = []
    missing: list[str] = []
    unusable: list[str] = []
    for one in dict.fromkeys(records):
        try:
            record = get_record(session, dataset_id, one)
        except NotFoundError:
            missing.append(one)
            continue
        if record.reason is not None or record.is_archived:
            unusable.append(f"{one} ({'deleted' if record.is_archived else record.reason})")
        if (seq := parse_record_id(record.id)) is not None:
            seqs.append(seq)
    if missing or unusable:
        faults = [f"There is no record {', '.join(missing)} in this dataset."] if missing else []
        faults += [f"Cannot be graded: {', '.join(unusable)}."] if unusable else []
        raise InvalidInputError(
            f"{' '.join(faults)} Take them out and try again.",
            field="records",
            records=missing + unusable,
        )
    return seqs


def _number_answered(chunk: Sequence[Rollout]) -> list[int | None]:
    """The place of each among those that have an answer: only these reach the grader."""
    places = iter(range(len(chunk)))
    return [next(places) if rollout.has_output else None for rollout in chunk]


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
    scope = watch.scope = new_id("trial")
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


def sum_up_latency(latencies_ms: Sequence[float | None]) -> TrialLatency | None:
    """Median and 95th percentile; `None` where nothing was measured.

    Example:
        >>> found = sum_up_latency([30.0, 10.0, None, 20.0])
        >>> found.n, found.p50_ms, round(found.p95_ms)
        (3, 20.0, 29)
    """
    known = sorted(one for one in latencies_ms if one is not None)
    if not known:
        return None
    return TrialLatency(n=len(known), p50_ms=percentile(known, 50), p95_ms=percentile(known, 95))
