"""What lists show of records: summaries, pages and the choices of a filter menu."""

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.record import RecordId, SourceType
from rft_app.domain.validity import Reason


class RecordSummary(Entity):
    """A record as one line of a list."""

    id: RecordId
    title: str
    """The first user message on one line; empty when there is none."""
    topic: str | None = None
    """Slash path of the leaf topic."""
    topic_confidence: float | None = None
    source_type: SourceType
    reason: Reason | None = None
    """Why the record is invalid; `None` when it is valid."""
    num_messages: int
    num_tokens: int
    """Estimate, 4 characters a token."""
    reward: float | None = None
    """Recorded reward in [0, 1]."""
    has_tools: bool = False
    is_duplicate: bool = False
    tags: tuple[str, ...] = ()
    created_at: int = 0
    """Milliseconds since 1970, UTC."""


class RecordPage(Entity):
    """One page of a list, newest first."""

    rows: tuple[RecordSummary, ...]
    next_cursor: str | None = None
    """Opaque; `None` on the last page."""
    total: int
    """Records that match on all pages."""
    is_total_exact: bool = True
    """Whether `total` is the number; otherwise there are at least as many."""
    is_search_complete: bool = True
    """Whether search covers every record; false while the index is being filled."""

    @property
    def total_text(self) -> str:
        """The total as people read it.

        Example:
            >>> RecordPage(rows=(), total=1000, is_total_exact=False).total_text
            '1,000+'
        """
        return f"{self.total:,}{'' if self.is_total_exact else '+'}"


class FilterOption(Entity):
    """One choice of a filter menu."""

    value: str
    """What a `RecordFilter` takes: a topic path, a reason, a source type or a tag."""
    label: str
    num_records: int


class FilterOptions(Entity):
    """All choices that some current record of the dataset answers to, with exact counts."""

    topics: tuple[FilterOption, ...] = ()
    """In the tree's order, a branch with the sum of its leaves; records without topic last."""
    reasons: tuple[FilterOption, ...] = ()
    source_types: tuple[FilterOption, ...] = ()
    tags: tuple[FilterOption, ...] = ()
    num_records: int = 0
    num_valid: int = 0
    num_duplicates: int = 0
    num_with_tools: int = 0
    num_with_reward: int = 0
    num_deleted: int = 0
    """Records that can be restored; they are in none of the other numbers."""


class SelectionCount(Entity):
    """How many records a selection stands for."""

    total: int = Field(ge=0)
    is_exact: bool = True
    """Whether `total` is the number; otherwise there are at least as many."""
