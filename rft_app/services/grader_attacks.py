"""Attack a grader: grade answers that no good model gives, and mark rewards that are suspicious."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.attack import (
    FAIR_REWARD,
    AttackName,
    AttackSummary,
    compares_with_reference,
    find_suspicion,
)
from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderSpec, spec_hash
from rft_app.domain.grading import Abstention, GradingFailure, Outcome, Verdict
from rft_app.domain.own_reference import tell_own_references
from rft_app.domain.paid import PaidTotals
from rft_app.domain.rollout import Rollout
from rft_app.domain.statistics import summarise
from rft_app.domain.words import count
from rft_app.graders._asked import find_unasked
from rft_app.graders.attacks import ATTACKS, Attack
from rft_app.pipeline._rollout_plan import pick_targets
from rft_app.services.grader_trial import TriedGrade, grade_now
from rft_app.services.grading_watch import Watch
from rft_app.services.judge_costs import JudgeEstimate, estimate_grading
from rft_app.storage import grader_attacks
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading, unit_of_work

NUM_ATTACKED = 5
MAX_ATTACKED = 10
"""Records: each is graded once for every attack, and once as it was recorded."""


class Spread(Entity):
    """Rewards of some answers; what is not graded is counted and in no reward."""

    rewards: tuple[float, ...]
    mean: float | None
    """`None` where nothing was graded."""
    num_failed: int
    num_abstained: int

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Spread":
        """Sum up outcomes.

        Example:
            >>> Spread.of([Verdict(reward=1.0), Abstention()]).mean
            1.0
        """
        rewards = [outcome.reward for outcome in outcomes if isinstance(outcome, Verdict)]
        found = summarise(rewards)
        return cls(
            rewards=tuple(rewards),
            mean=found.mean if found else None,
            num_failed=sum(isinstance(outcome, GradingFailure) for outcome in outcomes),
            num_abstained=sum(isinstance(outcome, Abstention) for outcome in outcomes),
        )


class AttackFinding(Entity):
    """What one attack got."""

    attack: AttackName
    label: str
    meaning: str
    """What the answer is, in a few words."""
    spread: Spread
    num_not_applicable: int
    """Records that have not what the attack is made of; they are in no figure."""
    suspicion: str
    """Why the rewards are suspicious; empty where they are not."""
    grades: tuple[TriedGrade, ...]
    """Where it is applicable, each answer beside its grade."""


class AttackReport(Entity):
    """A grader attacked with a few records."""

    num_records: int
    recorded: Spread
    """What the records' own answers get; those without an answer are in none of it."""
    compares: bool
    """Whether the grader compares with the reference, so that the reference should get much."""
    findings: tuple[AttackFinding, ...]
    paid: PaidTotals | None = None
    """What the calls of a judge cost; `None` for graders that ask no model."""
    num_unasked: int = 0
    """Answers that the judge was not asked about, because that would have failed, too; they are
    failures in the figures."""
    problem: str = ""
    """Why it was not, with the remedy; empty where all were asked."""
    notice: str = ""
    """Why the recorded answers flatter the grader; mostly empty."""

    @property
    def limit(self) -> float:
        """The mean reward from which an attack is suspicious."""
        own = self.recorded.mean
        return FAIR_REWARD if own is None else min(own, FAIR_REWARD)

    @property
    def num_suspicious(self) -> int:
        """Findings that are suspicious."""
        return sum(bool(finding.suspicion) for finding in self.findings)

    @property
    def summary(self) -> AttackSummary:
        """What is kept of it."""
        graded = [finding for finding in self.findings if finding.spread.rewards]
        return AttackSummary(
            num_records=self.num_records,
            num_attacks=len(graded),
            suspicious=tuple(finding.label for finding in graded if finding.suspicion),
        )


class _Shot(NamedTuple):
    """One answer to grade; `attack` is `None` for the record's own."""

    attack: AttackName | None
    rollout: Rollout


def estimate_attack(
    session: Session,
    dataset_id: str,
    spec: GraderSpec,
    num_records: int = NUM_ATTACKED,
    seed: int = 0,
) -> JudgeEstimate | None:
    """What an attack would ask a judge; `None` where the grader asks no model.

    Raises:
        ConflictError: There is no valid record.
        InvalidInputError: There is no such model.
    """
    shots = _aim(_load_targets(session, dataset_id, num_records, seed))
    return estimate_grading(session, spec, [shot.rollout for shot in shots], len(shots))


def attack_grader(
    dataset_id: str,
    spec: GraderSpec,
    num_records: int = NUM_ATTACKED,
    seed: int = 0,
    watch: Watch | None = None,
) -> AttackReport:
    """Grade every attack on a few records, and their own answers beside.

    No grade is stored, but which attacks were rewarded is, for the settings that were attacked.

    Opens its own transactions, because grading may take long; `watch` shows how far it is.

    Raises:
        JobCancelledError: It was stopped by `watch`; there is no report of a part of it.
        ConflictError: There is no valid record.
        InvalidInputError: The spec cannot work, e.g. a script fails while it is loaded.
        NotAvailableError: This system cannot isolate scripts, or has no provider for a judge.
    """
    with reading() as session:
        targets = _load_targets(session, dataset_id, num_records, seed)
    shots = _aim(targets)
    outcomes, paid = grade_now(dataset_id, spec, [shot.rollout for shot in shots], watch)
    graded = list(zip(shots, outcomes, strict=True))
    recorded = Spread.of([outcome for shot, outcome in graded if shot.attack is None])
    compares = compares_with_reference(spec)
    unasked = [told for outcome in outcomes if (told := find_unasked(outcome))]
    found = [_find(attack, graded, len(targets)) for attack in ATTACKS]
    report = AttackReport(
        num_records=len(targets),
        recorded=recorded,
        compares=compares,
        findings=tuple(_judge(finding, recorded, compares=compares) for finding in found),
        paid=paid,
        num_unasked=len(unasked),
        problem=unasked[0] if unasked else "",
        notice=tell_own_references(
            spec,
            targets,
            "What recorded answers get says little; what the attacks get stands.",
        ),
    )
    if not report.problem:
        with unit_of_work() as session:
            grader_attacks.put_attack(session, dataset_id, spec_hash(spec), report.summary)
    return report


def find_last_attack(session: Session, version_id: str) -> AttackSummary | None:
    """What the last attack found in a version of a grader; `None` where it was never attacked."""
    return grader_attacks.find_attack(session, version_id)


def describe_problem(report: AttackReport) -> str:
    """Why an attack stopped early; empty where it did not."""
    if not report.problem:
        return ""
    number = count(report.num_unasked, "answer was", "answers were")
    return f"{number} not asked about, because those calls would fail, too. {report.problem}"


def _load_targets(session: Session, dataset_id: str, num_records: int, seed: int) -> list[Rollout]:
    keys = pick_targets(session, dataset_id, num_records, seed)
    return load_rollouts(session, dataset_id, keys)


def _aim(targets: Sequence[Rollout]) -> list[_Shot]:
    """Every answer to grade: what was recorded first, then attack by attack."""
    shots = [_Shot(None, target) for target in targets if target.has_output]
    for attack in ATTACKS:
        answers = (attack.answer(target) for target in targets)
        shots += [_Shot(attack.name, answer) for answer in answers if answer is not None]
    return shots


def _find(
    attack: Attack, graded: Iterable[tuple[_Shot, Outcome]], num_targets: int
) -> AttackFinding:
    own = [(shot.rollout, outcome) for shot, outcome in graded if shot.attack is attack.name]
    return AttackFinding(
        attack=attack.name,
        label=attack.label,
        meaning=attack.meaning,
        spread=Spread.of([outcome for _, outcome in own]),
        num_not_applicable=num_targets - len(own),
        suspicion="",
        grades=tuple(TriedGrade.of(*pair) for pair in own),
    )


def _judge(finding: AttackFinding, recorded: Spread, *, compares: bool) -> AttackFinding:
    suspicion = find_suspicion(
        finding.attack, finding.spread.mean, recorded.mean, compares=compares
    )
    return finding.model_copy(update={"suspicion": suspicion})
