"""Suggested graders on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.api.schemas.grader import GraderConfig
from rft_app.services import grader_suggestion as use_cases


class GraderAgreement(Wire):
    """How often a suggested grader and recorded rewards call the same answers good."""

    same: int
    checked: int
    """Answers with a recorded reward that it was tried on."""


class GraderSuggestion(Wire):
    """A grader that was not saved."""

    config: GraderConfig
    reason: str
    agreement: GraderAgreement | None
    """`null` where it was not tried, or only repeats recorded rewards."""

    @classmethod
    def of(cls, found: use_cases.GraderSuggestion) -> "GraderSuggestion":
        """Convert from the use case's value."""
        tried = found.agreement
        return cls(
            config=GraderConfig.of_spec(found.spec),
            reason=found.reason,
            agreement=tried and GraderAgreement(same=tried.num_same, checked=tried.num_checked),
        )
