"""A generated record beside its source, laid out for review."""

from dataclasses import dataclass, field

from rft_app.domain.candidate import (
    Candidate,
    CandidateChecks,
    CandidateReview,
    CandidateState,
    ReviewCounts,
)
from rft_app.domain.pipeline import StepStatus
from rft_app.strategies import STRATEGIES
from rft_app.ui.state.record_row import leaf
from rft_app.ui.state.review_parts import Part, PartView, compare_parts, list_parts, view_alone
from rft_app.ui.words import count, share


@dataclass(frozen=True)
class CandidateRow:
    """One generated record of the list."""

    id: str
    title: str
    topic: str
    status: str
    """A step's status, for its sign."""
    words: str

    @classmethod
    def of(cls, candidate: Candidate) -> "CandidateRow":
        """Build the row."""
        status, words = _describe_state(candidate)
        return cls(
            id=candidate.id,
            title=candidate.title or "(no user message)",
            topic=leaf(candidate.topic),
            status=status.value,
            words=words,
        )


def _describe_state(candidate: Candidate) -> tuple[StepStatus, str]:
    if candidate.state is CandidateState.ACCEPTED:
        return StepStatus.COMPLETE, "edited, accepted" if candidate.is_edited else "accepted"
    if candidate.state is CandidateState.REJECTED:
        return StepStatus.FAILED, "rejected"
    return _describe_checks(candidate.checks)


def _describe_checks(checks: CandidateChecks) -> tuple[StepStatus, str]:
    if checks.reason is not None:
        return StepStatus.FAILED, "invalid"
    if checks.near_record or checks.near_candidate:
        return StepStatus.ATTENTION, "near-duplicate"
    if checks.is_topic_kept is False:
        return StepStatus.ATTENTION, "other topic"
    return StepStatus.PASSED, "passes"


@dataclass(frozen=True)
class CheckView:
    """One check of the machine."""

    status: str
    name: str
    words: str
    near_id: str = ""
    """The record or candidate that the words name at their end."""
    near_text: str = ""
    is_near_record: bool = False


def view_checks(review: CandidateReview) -> list[CheckView]:
    """The three checks, each in a word and a sentence."""
    checks = review.candidate.checks
    return [
        _view_validity(checks),
        _view_nearness(checks, review.near_text),
        _view_topic(checks, review.candidate.topic),
    ]


def _view_validity(checks: CandidateChecks) -> CheckView:
    if checks.reason is None:
        return CheckView(StepStatus.PASSED.value, "Validity", "Valid")
    return CheckView(StepStatus.FAILED.value, "Validity", checks.reason.message)


def _view_nearness(checks: CandidateChecks, near_text: str | None) -> CheckView:
    """Something near that is gone is named without a link.

    Example:
        >>> _view_nearness(CandidateChecks(), None).words
        'No near-duplicate'
    """
    near = checks.near_record or checks.near_candidate
    if near is None:
        return CheckView(StepStatus.PASSED.value, "Near-duplicates", "No near-duplicate")
    words = f"{share(checks.similarity or 1.0)} the same as"
    if near_text is None:
        words = f"{words} {near}, which is gone"
    return CheckView(
        StepStatus.ATTENTION.value,
        "Near-duplicates",
        words,
        near_id="" if near_text is None else near,
        near_text=near_text or "",
        is_near_record=checks.near_record is not None,
    )


def _view_topic(checks: CandidateChecks, topic: str | None) -> CheckView:
    if checks.is_topic_kept is None:
        return CheckView(StepStatus.WAITING.value, "Topic", "Not compared: too few records")
    if checks.is_topic_kept:
        return CheckView(StepStatus.PASSED.value, "Topic", f"Kept: {leaf(topic)}")
    return CheckView(StepStatus.ATTENTION.value, "Topic", f"Nearer to {leaf(checks.nearest_topic)}")


@dataclass(frozen=True)
class CandidateView:
    """Everything the review shows of one generated record."""

    id: str = ""
    title: str = ""
    state: str = ""
    topic: str = "–"
    topic_path: str = ""
    made_by: str = ""
    size: str = ""
    checks: list[CheckView] = field(default_factory=list[CheckView])
    passes: bool = False
    is_valid: bool = False
    source_id: str = ""
    """The record it was made from; empty where there is none to compare with."""
    no_source: str = ""
    parts: list[PartView] = field(default_factory=list[PartView])
    record_id: str = ""


def view_candidate(review: CandidateReview) -> CandidateView:
    """Lay out one candidate beside its source."""
    candidate, source = review.candidate, review.source
    draft = candidate.draft
    old = list_parts([] if source is None else [*source.input, *source.output])
    new = list_parts(draft.messages)
    references = (source.reference or "" if source else "", draft.reference or "")
    old += [Part("reference", "Reference", "", references[0])] if references[0] else []
    new += [Part("reference", "Reference", "", references[1])] if references[1] else []
    return CandidateView(
        id=candidate.id,
        title=candidate.title or "(no user message)",
        state=candidate.state.value,
        topic=leaf(candidate.topic),
        topic_path=candidate.topic or "",
        made_by=f"{STRATEGIES.get(candidate.strategy).label} · {candidate.model}",
        size=f"{count(len(draft.messages), 'message')} · {count(candidate.num_tokens, 'token')}",
        checks=view_checks(review),
        passes=candidate.checks.passes,
        is_valid=candidate.checks.reason is None,
        source_id=source.id if source else "",
        no_source=_say_why_alone(candidate, has_source=source is not None),
        parts=view_alone(new) if source is None else compare_parts(old, new),
        record_id=candidate.record_id or "",
    )


def _say_why_alone(candidate: Candidate, *, has_source: bool) -> str:
    if has_source:
        return ""
    if candidate.source_id is not None:
        return f"Its source {candidate.source_id} is gone."
    return "Written from the topic, not from one record."


@dataclass(frozen=True)
class ProgressView:
    """How far the review is."""

    reviewed: str = ""
    percent: int = 0
    num_pending: int = 0
    num_passing: int = 0
    num_faulty: int = 0
    num_accepted: int = 0
    num_rejected: int = 0
    total: int = 0

    @classmethod
    def of(cls, counts: ReviewCounts) -> "ProgressView":
        """Describe the counts.

        Example:
            >>> counts = ReviewCounts(num_pending=6, num_passing=5, num_accepted=2)
            >>> ProgressView.of(counts).reviewed
            '2 of 8 reviewed'
        """
        done = counts.num_accepted + counts.num_rejected
        total = done + counts.num_pending
        return cls(
            reviewed=f"{done:,} of {total:,} reviewed",
            percent=100 * done // total if total else 0,
            num_pending=counts.num_pending,
            num_passing=counts.num_passing,
            num_faulty=counts.num_pending - counts.num_passing,
            num_accepted=counts.num_accepted,
            num_rejected=counts.num_rejected,
            total=total,
        )
