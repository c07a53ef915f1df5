"""One record as a line of a list; the topics dialog and the records overlay share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rft_app.domain.record_grade import GradedRun, RecordGrade
from rft_app.domain.record_page import RecordSummary
from rft_app.domain.topic import SURE
from rft_app.ui.words import count, reward, share

NUM_TAGS = 3
"""Shown on a row; the rest is a number."""
GRADED, FAILED, ABSTAINED, UNSEEN = "graded", "failed", "abstained", "unseen"
NOT_GIVEN = "not_given"


@dataclass(frozen=True)
class GradeCell:
    """What one dry run says of a record."""

    words: str
    state: str
    """`graded`, `failed`, `abstained`, `not_given` or `unseen`."""
    hint: str

    @classmethod
    def of(cls, grade: RecordGrade | None) -> "GradeCell":
        """Build the cell: a failure and an abstention have a word, never a zero.

        Example:
            >>> GradeCell.of(RecordGrade(mean=None, num_graded=0, num_failed=2)).words
            'failed'
            >>> GradeCell.of(RecordGrade(mean=0.0, num_graded=1, num_failed=1)).hint
            'Mean of 1 rollout; the grader failed on 1 more'
            >>> abstained = RecordGrade(mean=None, num_graded=0, num_failed=0, num_abstained=1)
            >>> GradeCell.of(abstained).words
            'abstained'
            >>> missing = RecordGrade(mean=None, num_graded=0, num_failed=0, num_not_sampled=2)
            >>> GradeCell.of(missing).hint
            'The model gave none of 2 answers: there was nothing to grade'
            >>> GradeCell.of(None).words
            '–'
        """
        if grade is None:
            return cls("–", UNSEEN, "Not in this dry run")
        if grade.mean is None:
            return _without_mean(grade)
        parts = [
            f"Mean of {count(grade.num_graded, 'rollout')}",
            *([f"the grader failed on {grade.num_failed:,} more"] if grade.num_failed else []),
            *([f"it abstained on {grade.num_abstained:,} more"] if grade.num_abstained else []),
            *_missing(grade),
        ]
        return cls(reward(grade.mean), GRADED, "; ".join(parts))


def _without_mean(grade: RecordGrade) -> GradeCell:
    abstained = count(grade.num_abstained, "rollout")
    if grade.num_failed:
        parts = [f"The grader failed on {count(grade.num_failed, 'rollout')}: there is no grade"]
        parts += [f"it abstained on {abstained}"] if grade.num_abstained else []
        return GradeCell("failed", FAILED, "; ".join([*parts, *_missing(grade)]))
    if grade.num_abstained:
        parts = [f"The grader abstained on {abstained}", *_missing(grade)]
        return GradeCell("abstained", ABSTAINED, "; ".join(parts))
    missing = count(grade.num_not_sampled, "answer")
    hint = f"The model gave none of {missing}: there was nothing to grade"
    return GradeCell("not given", NOT_GIVEN, hint)


def _missing(grade: RecordGrade) -> list[str]:
    missing = count(grade.num_not_sampled, "more answer")
    return [f"the model did not give {missing}"] if grade.num_not_sampled else []


@dataclass(frozen=True)
class RecordRow:
    """Ready to show."""

    id: str
    title: str
    has_title: bool
    topic: str
    source: str
    is_generated: bool
    reason: str
    """Code of the fault; empty when the record is valid."""
    reason_text: str
    num_messages: str
    reward: str
    has_reward: bool
    reward_hint: str
    sure: str
    is_unsure: bool
    is_duplicate: bool
    tags: list[str] = field(default_factory=list[str])
    more_tags: str = ""
    """How many further tags there are; empty for none."""
    all_tags: str = ""
    grades: list[GradeCell] = field(default_factory=list[GradeCell])
    """One per dry run that has a column."""

    @classmethod
    def of(
        cls,
        summary: RecordSummary,
        runs: Sequence[GradedRun] = (),
        grades: Mapping[str, RecordGrade] | None = None,
    ) -> "RecordRow":
        """Build the row, with a cell for each of some dry runs."""
        confidence = summary.topic_confidence
        invalid = "the record is invalid" if summary.reason else "none was recorded"
        return cls(
            id=summary.id,
            title=summary.title or "(no user message)",
            has_title=bool(summary.title),
            topic=leaf(summary.topic),
            source=summary.source_type.value,
            is_generated=summary.source_type.value == "generated",
            reason=summary.reason.value if summary.reason else "",
            reason_text=summary.reason.message if summary.reason else "",
            num_messages=f"{summary.num_messages:,}",
            reward=reward(summary.reward),
            has_reward=summary.reward is not None,
            reward_hint="Recorded reward"
            if summary.reward is not None
            else f"No reward: {invalid}",
            sure="–" if confidence is None else share(round(confidence, 2)),
            is_unsure=confidence is not None and confidence < SURE,
            is_duplicate=summary.is_duplicate,
            tags=list(summary.tags[:NUM_TAGS]),
            more_tags=f"+{len(summary.tags) - NUM_TAGS}" if len(summary.tags) > NUM_TAGS else "",
            all_tags=", ".join(summary.tags),
            grades=[GradeCell.of((grades or {}).get(run.id)) for run in runs],
        )


def leaf(path: str | None) -> str:
    """The last part of a topic's path; a dash when there is none.

    Example:
        >>> leaf("Changes/Change a flight"), leaf(None)
        ('Change a flight', '–')
    """
    return path.rpartition("/")[2] if path else "–"
