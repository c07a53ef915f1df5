"""A grader beside people, on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.job import Paid
from rft_app.domain import calibration as domain
from rft_app.domain.calibration import TARGET_WIDTH
from rft_app.domain.feedback import Thumb
from rft_app.domain.grading import Verdict
from rft_app.services import calibration as use_cases
from rft_app.services.calibration_grading import GradedLacking


class CalibrationCounts(Wire):
    """Rated records; each is in exactly one of the last four."""

    rated: int
    """Records whose recorded answer people gave a thumb or a rating, or corrected."""
    graded: int
    """With a reward."""
    abstained: int
    failed: int
    ungraded: int
    """Without a grade of the compared version."""


class CalibrationConfusion(Wire):
    """Graded records that people call good or bad."""

    good_passed: int
    good_refused: int
    bad_passed: int
    bad_refused: int


class Agreement(Wire):
    """One figure of agreement."""

    n: int
    """Records that it rests on."""
    value: float | None
    """-1 to 1; `null` where it is unknown, then `note` says why."""
    low: float | None
    """Ends of the 95 % bootstrap interval."""
    high: float | None
    label_more: int | None
    """Labels to add until the interval is `targetWidth` wide; `null` where that is unknown."""
    note: str

    @classmethod
    def of(cls, found: domain.Coefficient) -> "Agreement":
        """Convert from the domain."""
        return cls(**found.model_dump(exclude={"num_more"}), label_more=found.num_more)


class CalibrationOpinion(Wire):
    """What one person said."""

    reviewer: str
    thumb: Thumb | None
    rating: int | None
    corrected: bool
    note: str

    @classmethod
    def of(cls, said: domain.Said) -> "CalibrationOpinion":
        """Convert from the domain."""
        reviewer, thumb, rating, corrected, note = said
        return cls(reviewer=reviewer, thumb=thumb, rating=rating, corrected=corrected, note=note)


class CalibrationDisagreement(Wire):
    """One answer that people and grader see differently."""

    record_id: str
    question: str
    answer: str
    score: float
    reasoning: str | None
    good: bool | None
    """What people say; `null` where they are of two minds."""
    rating: float | None
    """Mean of the ratings, 1 to 5."""
    gap: float
    """Between the score and what people said, both from 0 to 1."""
    opinions: list[CalibrationOpinion]

    @classmethod
    def of(cls, found: use_cases.Disagreement) -> "CalibrationDisagreement":
        """Convert from the use case's value."""
        outcome = found.grade.outcome
        assert isinstance(outcome, Verdict), "only rewards are compared"
        return cls(
            record_id=found.grade.record_id,
            question=found.grade.question,
            answer=found.grade.output_text,
            score=outcome.reward,
            reasoning=outcome.reason,
            good=found.label,
            rating=found.rating,
            gap=found.gap,
            opinions=list(map(CalibrationOpinion.of, found.opinions)),
        )


class GraderCalibration(Wire):
    """How far a grader agrees with people."""

    grader: str | None
    """The compared version, e.g. `judge v3`; `null` where there is no grader."""
    current_grader: str | None
    stale: bool
    """Whether an older version than the current one made the figures."""
    threshold: float
    """The score from which an answer has passed."""
    own_threshold: bool
    """Whether that is a setting of the grader; else it is the default."""
    records: CalibrationCounts
    to_grade: int
    """Rated records without a grade of the current version."""
    undecided: int
    """Graded records that people call neither good nor bad."""
    only_corrected: int
    """Records that count as bad because somebody corrected them without a thumb or rating."""
    confusion: CalibrationConfusion
    kappa: Agreement
    """Cohen's kappa of good and passed."""
    spearman: Agreement
    """Spearman's rank correlation of ratings and scores."""
    label_more: int | None
    """That of `kappa`."""
    label_more_sentence: str
    """What that number is: the least there must be, or an estimate from the interval's width."""
    warnings: list[str]
    """What keeps the figures from saying anything, e.g. that all rewards are equal."""
    notice: str
    """Why the recorded answers flatter the grader; mostly empty."""
    target_width: float
    disagreements: list[CalibrationDisagreement]
    """The worst first."""
    num_disagreements: int
    seed: int
    resamples: int

    @classmethod
    def of(cls, found: use_cases.Calibration) -> "GraderCalibration":
        """Convert from the use case's value."""
        return cls(
            grader=found.grader,
            current_grader=found.current,
            stale=found.is_stale,
            threshold=found.threshold,
            own_threshold=found.is_own_threshold,
            records=CalibrationCounts(
                rated=found.num_judged,
                graded=found.num_graded,
                abstained=found.num_abstained,
                failed=found.num_failed,
                ungraded=found.num_ungraded,
            ),
            to_grade=found.num_to_grade,
            undecided=found.num_undecided,
            only_corrected=found.num_only_corrected,
            confusion=CalibrationConfusion(**found.confusion.model_dump()),
            kappa=Agreement.of(found.kappa),
            spearman=Agreement.of(found.spearman),
            label_more=found.num_more,
            label_more_sentence=found.more,
            warnings=list(found.warnings),
            notice=found.notice,
            target_width=TARGET_WIDTH,
            disagreements=list(map(CalibrationDisagreement.of, found.disagreements)),
            num_disagreements=found.num_disagreements,
            seed=found.seed,
            resamples=found.num_resamples,
        )


class CalibrationGrading(Wire):
    """What grading the answers that lacked a grade did."""

    graded: int
    unanswered: int
    """Answers that the provider did not judge, or was not asked about once `stopped`: without a
    grade still, to be tried again."""
    stopped: bool
    """Whether it stopped early, because further calls would only have failed, too."""
    left: int
    """Rated answers still without a grade."""
    problem: str
    """What the provider said of the first that it did not judge; mostly empty."""
    paid: Paid | None
    """What all calls about this version's calibration cost so far; `null` where none is made."""
    calibration: GraderCalibration

    @classmethod
    def of(cls, done: GradedLacking, found: use_cases.Calibration) -> "CalibrationGrading":
        """Convert from the use cases' values."""
        return cls(
            graded=done.num_graded,
            unanswered=done.num_unanswered,
            left=done.num_left,
            problem=done.problem,
            stopped=done.is_stopped,
            paid=None if done.paid is None else Paid.of(done.paid),
            calibration=GraderCalibration.of(found),
        )
