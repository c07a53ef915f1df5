"""Records: one gradable example each."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, NewType

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.message import Message
from rft_app.domain.public_id import make_id, parse_id
from rft_app.domain.validity import Reason

RecordId = NewType("RecordId", str)
"""`rec_` and the record's sequence number in lower-case hexadecimal, e.g. `rec_7f3e10`."""


def record_id(seq: int) -> RecordId:
    """The public id of the record with database key `seq`.

    Example:
        >>> record_id(255)
        'rec_ff'
    """
    return RecordId(make_id("rec", seq))


def parse_record_id(text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one.

    Example:
        >>> parse_record_id("rec_ff"), parse_record_id("rec_"), parse_record_id("7")
        (255, None, None)
    """
    return parse_id("rec", text)


class SourceType(StrEnum):
    """Where a record comes from."""

    TRACE = "trace"
    UPLOAD = "upload"
    GENERATED = "generated"
    CORRECTION = "correction"
    PREFERENCE = "preference"


class Record(Entity):
    """One example: what the model was given and, where known, what it answered."""

    id: RecordId
    input: tuple[Message, ...]
    """The conversation up to, not including, the answer."""
    output: tuple[Message, ...] = ()
    """The recorded answer, one assistant turn; empty when none was recorded."""
    tools: tuple[dict[str, Any], ...] = ()
    tools_inferred: bool = False
    """Whether `tools` was derived from the calls because the trace did not say it."""
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    reference: str | None = None
    """The accepted answer."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Every field of the source row that has no place above."""
    topic: str | None = None
    """Slash path of the leaf topic."""
    topic_confidence: float | None = None
    topic_method: str | None = None
    """What put it there, e.g. `minilm` or `manual`."""
    tags: tuple[str, ...] = ()
    """In alphabetical order."""
    reward: float | None = None
    """Recorded reward in [0, 1]."""
    reason: Reason | None = None
    """Why the record is invalid; `None` when it is valid."""
    source_type: SourceType = SourceType.TRACE
    trace_id: str | None = None
    duplicate_of: RecordId | None = None
    parent: RecordId | None = None
    """The record it was edited or generated from."""
    is_archived: bool = False
    created_at: int = 0
    """Milliseconds since 1970, UTC."""
    updated_at: int = 0


class RecordBytes(NamedTuple):
    """A record as stored JSON, not parsed, for splicing into exports."""

    seq: int
    turn: int
    """Index of the answer in `messages`; their number when none was recorded."""
    topic: str | None
    reward: float | None
    source_type: SourceType
    trace_id: str | None
    split: Callable[[bytes], Sequence[bytes]]
    """Cuts a JSON array into its elements: bytes, or views of them."""
    messages: bytes
    """JSON array of the conversation; it may go on after the answer."""
    tools: bytes | None
    """JSON array."""
    tools_inferred: bool
    """Whether `tools` was derived from the calls because the trace did not say it."""
    tool_choice: bytes | None
    parallel_tool_calls: bytes | None
    reference: str | None
    metadata: bytes | None
    """JSON object."""
    message_kinds: int = 0
    """Bits of `rft_app.domain.message_kind`; 0 where they are not known."""

    @property
    def given(self) -> Sequence[bytes]:
        """The messages that were given, one JSON object each; maybe only views of their bytes."""
        return self.split(self.messages)[: self.turn]

    @property
    def input(self) -> tuple[bytes, ...]:
        """One JSON object per message that was given."""
        return tuple(map(bytes, self.given))

    @property
    def output(self) -> tuple[bytes, ...]:
        """The answer; empty when none was recorded."""
        return tuple(map(bytes, self.split(self.messages)[self.turn : self.turn + 1]))


class RecordFilter(Entity):
    """Which records of a dataset a list, a count or an effect is about; all conditions hold."""

    search: str = ""
    """Words that must all occur in the record's text; or the id of the one record."""
    topic: str | None = None
    """Slash path; a branch includes its leaves. The empty string means "no topic"."""
    is_valid: bool | None = None
    reasons: tuple[Reason, ...] = ()
    source_types: tuple[SourceType, ...] = ()
    is_duplicate: bool | None = None
    has_tools: bool | None = None
    min_reward: float | None = None
    max_reward: float | None = None
    tags: tuple[str, ...] = ()
    """Tags that it must all have."""
    dry_run: str | None = None
    """The dry run that the range of grades is about; the last finished one unless named."""
    min_grade: float | None = None
    """Smallest mean reward in that dry run; records without a graded rollout never match."""
    max_grade: float | None = None
    is_deleted: bool = False
    """Deleted records instead of current ones; those that an edit replaced are no deleted ones."""

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return self == RecordFilter()


class Selection(Entity):
    """Records an action is about: all that match but for some, or those of just these."""

    filter: RecordFilter = RecordFilter()
    excluded: tuple[RecordId, ...] = ()
    only: tuple[RecordId, ...] | None = None
    """When set, none but these; `excluded` says nothing then."""

    def graded_from(self, grade: float | None, *, has_grades: bool) -> "Selection":
        """Those of it whose grade is at least this.

        Args:
            grade: The smallest one; any where it is `None`.
            has_grades: Whether there is a dry run: then the mean grade in the one that the filter
                is about counts, else the recorded reward.

        Example:
            >>> chosen = Selection(filter=RecordFilter(dry_run="run_1", min_grade=0.2))
            >>> better = chosen.graded_from(0.5, has_grades=True)
            >>> better.filter.min_grade, chosen.graded_from(0.1, has_grades=True) == chosen
            (0.5, True)
            >>> Selection().graded_from(0.5, has_grades=False).filter.min_reward
            0.5
        """
        name = "min_grade" if has_grades else "min_reward"
        lowest: float | None = getattr(self.filter, name)
        if grade is None or (lowest is not None and grade <= lowest):
            return self
        narrower = self.filter.model_copy(update={name: grade})
        return self.model_copy(update={"filter": narrower})
