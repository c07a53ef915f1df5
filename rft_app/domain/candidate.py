"""Candidates: generated records that wait for a person's decision."""

from enum import StrEnum
from typing import Any, NewType

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.generation import StrategyName
from rft_app.domain.message import Message
from rft_app.domain.public_id import make_id, parse_id
from rft_app.domain.record import Record, RecordId
from rft_app.domain.validity import Reason

CandidateId = NewType("CandidateId", str)
"""`cand_` and the candidate's sequence number in lower-case hexadecimal."""


def candidate_id(seq: int) -> CandidateId:
    """The public id of the candidate with database key `seq`."""
    return CandidateId(make_id("cand", seq))


def parse_candidate_id(text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one.

    Example:
        >>> parse_candidate_id(candidate_id(255)), parse_candidate_id("rec_ff")
        (255, None)
    """
    return parse_id("cand", text)


class CandidateState(StrEnum):
    """Where a candidate stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REPLACED = "replaced"
    """Generated again; the new one waits instead."""


class GeneratedDraft(Entity):
    """The body of a record to be."""

    input: tuple[Message, ...]
    output: tuple[Message, ...] = ()
    """The answer, one assistant turn."""
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: str | dict[str, Any] | None = None
    reference: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def messages(self) -> tuple[Message, ...]:
        """Input and answer."""
        return (*self.input, *self.output)

    @property
    def wish(self) -> str:
        """What the user says, one message a line: what texts are compared by."""
        return "\n".join(message.text for message in self.input if message.role == "user")


class CandidateChecks(Entity):
    """What the machine found."""

    reason: Reason | None = None
    """The first fault, by the rule of Extract; `None` when it is valid."""
    near_record: RecordId | None = None
    """The most similar record above the limit."""
    near_candidate: CandidateId | None = None
    """The most similar earlier candidate above the limit."""
    similarity: float | None = None
    """To that one, in (0, 1]; 1 for the same words."""
    nearest_topic: str | None = None
    """The topic whose records it is most like; `None` where topics could not be compared."""
    is_topic_kept: bool | None = None
    """Whether it still belongs to its topic; `None` where topics could not be compared."""

    @property
    def passes(self) -> bool:
        """Whether nothing speaks against it."""
        is_near = self.near_record is not None or self.near_candidate is not None
        return self.reason is None and not is_near and self.is_topic_kept is not False

    @property
    def faults(self) -> tuple[str, ...]:
        """What speaks against it, in words."""
        found: list[str] = []
        if self.reason is not None:
            found.append(self.reason.message)
        if (near := self.near_record or self.near_candidate) is not None:
            found.append(f"It says {self.similarity or 1:.0%} the same as {near}.")
        if self.is_topic_kept is False:
            found.append(f"It is more like the records of {self.nearest_topic}.")
        return tuple(found)


class Candidate(Entity):
    """One generated record, what it came from, and what is decided about it."""

    id: CandidateId
    run_id: str
    state: CandidateState
    strategy: StrategyName
    model: str
    topic: str | None
    """Slash path of the leaf it was made for."""
    source_id: RecordId | None
    """The record it was made from."""
    draft: GeneratedDraft
    title: str
    num_tokens: int
    checks: CandidateChecks
    is_edited: bool = False
    record_id: RecordId | None = None
    """What it became."""
    created_at: int
    """Milliseconds since 1970, UTC."""


class CandidateReview(Entity):
    """A candidate beside what it came from."""

    candidate: Candidate
    source: Record | None
    """`None` where it was made from a topic, or the source is gone."""
    near_text: str | None = None
    """What the user says in the record or candidate that it is too near to; `None` where there is
    none, or it is gone."""


class ReviewCounts(Entity):
    """How many candidates of a dataset are in which state."""

    num_pending: int = 0
    num_passing: int = 0
    """Pending ones that pass every check."""
    num_accepted: int = 0
    num_rejected: int = 0


class ReviewPage(Entity):
    """One page of candidates, oldest first."""

    rows: tuple[CandidateReview, ...]
    next_cursor: str | None = None
    counts: ReviewCounts
