"""Compare the current grader with people: the same answers, judged by both."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.attack import compares_with_reference
from rft_app.domain.calibration import (
    DEFAULT_THRESHOLD,
    MIN_GAP,
    MIN_RECORDS,
    NUM_ASKED,
    NUM_LOCAL,
    Coefficient,
    Confusion,
    Judgement,
    Said,
    sum_up,
    warn,
)
from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderVersion, find_pass_threshold, list_asking
from rft_app.domain.grading import Abstention, GradingFailure, Outcome, Verdict
from rft_app.domain.own_reference import tell_own_references
from rft_app.domain.rollout import RolloutKey
from rft_app.domain.statistics import has_passed
from rft_app.domain.words import count
from rft_app.services.calibration_figures import NUM_RESAMPLES, find_kappa, find_spearman
from rft_app.services.grader_trial import TriedGrade
from rft_app.storage import calibration, graders
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.rollouts import load_rollouts

NUM_LOOKED_AT = 50
"""Answers that are compared with their reference, to tell whether they are the same."""
NUM_SHOWN = 10
"""Disagreements that are listed."""


class Disagreement(Entity):
    """One answer that people and grader see differently."""

    grade: TriedGrade
    label: bool | None
    """Whether people call it good; `None` where they are of two minds."""
    rating: float | None
    """Mean of their ratings, 1 to 5."""
    gap: float
    """Between the reward and what people said, on the scale of rewards."""
    opinions: tuple[Said, ...]


class Calibration(Entity):
    """How far a grader agrees with people."""

    current: str | None
    """The grader that is saved now, e.g. `judge v3`; `None` where there is none."""
    grader: str | None
    """The version whose grades are compared; `None` where no version graded a rated answer."""
    is_stale: bool
    """Whether an older version than the current one made the figures."""
    threshold: float
    """The reward from which an answer has passed."""
    is_own_threshold: bool
    """Whether that is a setting of the grader."""
    num_judged: int
    """Records whose recorded answer people rated or corrected."""
    num_graded: int
    """Of these, with a reward."""
    num_abstained: int
    num_failed: int
    num_ungraded: int
    """Without any grade of the compared version."""
    num_to_grade: int
    """Without any grade of the current version."""
    num_next: int
    """Of these, how many one go grades."""
    num_undecided: int
    """Graded ones that people call neither good nor bad; they are in no label's figure."""
    num_only_corrected: int
    """Records that are bad only because somebody corrected them."""
    confusion: Confusion
    kappa: Coefficient
    spearman: Coefficient
    disagreements: tuple[Disagreement, ...]
    """The worst first."""
    num_disagreements: int
    """All that are at least `MIN_GAP` apart."""
    seed: int
    num_resamples: int = NUM_RESAMPLES
    warnings: tuple[str, ...] = ()
    """What keeps the figures from saying anything of the grader; mostly empty."""
    notice: str = ""
    """Why the recorded answers flatter the grader, by some of them; mostly empty."""

    @property
    def _is_early(self) -> bool:
        """Whether rated answers wait for their grade, and the graded ones are too few."""
        return self.num_ungraded > 0 and self.kappa.n < MIN_RECORDS

    @property
    def num_more(self) -> int | None:
        """Labels to add; `None` where it is unknown how many."""
        return None if self._is_early else self.kappa.num_more

    @property
    def more(self) -> str:
        """The same as a sentence that says what the number is; empty where none is missing.

        Answers that people rated already are graded first, before anybody rates more.
        """
        if self._is_early:
            return f"Grade the {count(self.num_ungraded, 'rated answer')} without a grade first."
        return self.kappa.more


class _Compared(NamedTuple):
    """One record with a reward."""

    seq: int
    judgement: Judgement
    verdict: Verdict

    @property
    def gap(self) -> float:
        return abs(self.judgement.value - self.verdict.reward)


def get_calibration(session: Session, dataset_id: str, seed: int = 0) -> Calibration:
    """Compare the grades that are stored with what people said; nothing is graded.

    Where the current version graded none of these answers, the newest one that did is compared.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    opinions = calibration.read_opinions(session, dataset_id)
    judged = {seq: found for seq, said in opinions.items() if (found := sum_up(said))}
    current = graders.find_current(session, dataset_id)
    version, outcomes = _find_grades(session, dataset_id, current, judged)
    is_stale = version is not None and current is not None and not _are_alike(version, current)
    own = None if version is None else find_pass_threshold(version.spec)
    num_to_grade = len(judged) - (0 if is_stale else len(outcomes))
    is_asking = current is not None and bool(list_asking(current.spec))
    threshold = DEFAULT_THRESHOLD if own is None else own
    compared = list(_pair(judged, outcomes))
    labelled = [
        (one.judgement.label, has_passed(one.verdict.reward, threshold))
        for one in compared
        if one.judgement.label is not None
    ]
    rated = [
        (one.judgement.rating, one.verdict.reward)
        for one in compared
        if one.judgement.rating is not None
    ]
    apart = [one for one in compared if one.gap >= MIN_GAP]
    worst = nsmallest(NUM_SHOWN, apart, key=lambda one: (-one.gap, one.seq))
    return Calibration(
        current=None if current is None else current.label,
        grader=None if version is None else version.label,
        is_stale=is_stale,
        threshold=threshold,
        is_own_threshold=own is not None,
        num_judged=len(judged),
        num_graded=len(compared),
        num_abstained=sum(isinstance(one, Abstention) for one in outcomes.values()),
        num_failed=sum(isinstance(one, GradingFailure) for one in outcomes.values()),
        num_ungraded=len(judged) - len(outcomes),
        num_to_grade=num_to_grade,
        num_next=min(num_to_grade, NUM_ASKED if is_asking else NUM_LOCAL),
        num_undecided=len(compared) - len(labelled),
        num_only_corrected=sum(map(_is_only_corrected, (opinions[seq] for seq in judged))),
        confusion=_count(labelled),
        kappa=find_kappa(labelled, seed),
        spearman=find_spearman(rated, seed),
        disagreements=_show(session, dataset_id, worst, opinions),
        num_disagreements=len(apart),
        seed=seed,
        notice=_tell_own(session, dataset_id, version, compared),
        warnings=warn([(one.judgement, one.verdict.reward) for one in compared], threshold),
    )


def read_mark(session: Session, dataset_id: str) -> str:
    """Changes whenever a comparison could come out otherwise."""
    return calibration.read_mark(session, dataset_id)


def list_lacking(session: Session, dataset_id: str, version: GraderVersion) -> list[int]:
    """Keys of the records that people judged and this grader did not, in their order."""
    opinions = calibration.read_opinions(session, dataset_id)
    alike = calibration.list_like(session, dataset_id, version.spec_hash)
    known = calibration.read_grades(session, dataset_id, alike)
    return [seq for seq, said in opinions.items() if seq not in known and sum_up(said)]


def _find_grades(
    session: Session,
    dataset_id: str,
    current: GraderVersion | None,
    judged: Mapping[int, Judgement],
) -> tuple[GraderVersion | None, dict[int, Outcome]]:
    """The grades of the current version, else of the newest that has any."""
    if current is None or not judged:
        return current, {}
    used = calibration.list_used(session, dataset_id)
    for version in (current, *(graders.get_version(session, id_) for id_ in used)):
        alike = calibration.list_like(session, dataset_id, version.spec_hash)
        grades = calibration.read_grades(session, dataset_id, alike)
        if outcomes := {seq: one for seq, one in grades.items() if seq in judged}:
            return (current if _are_alike(version, current) else version), outcomes
    return current, {}


def _tell_own(
    session: Session,
    dataset_id: str,
    version: GraderVersion | None,
    compared: Sequence[_Compared],
) -> str:
    """Whether the answers are the reference, by at most `NUM_LOOKED_AT` of them, spread evenly."""
    if version is None or not compares_with_reference(version.spec):
        return ""
    some = compared[:: max(1, -(-len(compared) // NUM_LOOKED_AT))]
    answers = load_rollouts(session, dataset_id, [RolloutKey(one.seq, None, None) for one in some])
    return tell_own_references(
        version.spec, answers, "Agreement on a model's own answers may be lower."
    )


def _are_alike(first: GraderVersion, second: GraderVersion) -> bool:
    return first.spec_hash == second.spec_hash


def _pair(judged: Mapping[int, Judgement], outcomes: Mapping[int, Outcome]) -> Iterator[_Compared]:
    for seq, judgement in judged.items():
        if isinstance(outcome := outcomes.get(seq), Verdict):
            yield _Compared(seq, judgement, outcome)


def _is_only_corrected(said: Sequence[Said]) -> bool:
    told = [one for one in said if one.value is not None]
    return all(one.thumb is None and one.rating is None for one in told)


def _count(labelled: Sequence[tuple[bool, bool]]) -> Confusion:
    return Confusion(
        good_passed=labelled.count((True, True)),
        good_refused=labelled.count((True, False)),
        bad_passed=labelled.count((False, True)),
        bad_refused=labelled.count((False, False)),
    )


def _show(
    session: Session,
    dataset_id: str,
    worst: Sequence[_Compared],
    opinions: Mapping[int, Sequence[Said]],
) -> tuple[Disagreement, ...]:
    keys = [RolloutKey(one.seq, None, None) for one in worst]
    answers = load_rollouts(session, dataset_id, keys)
    return tuple(
        Disagreement(
            grade=TriedGrade.of(answer, one.verdict),
            label=one.judgement.label,
            rating=one.judgement.rating,
            gap=one.gap,
            opinions=tuple(opinions[one.seq]),
        )
        for one, answer in zip(worst, answers, strict=True)
    )
