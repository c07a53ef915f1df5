"""What the create page shows of stored traces: filters, pages, selections."""

from enum import StrEnum

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.trace import GOOD_FROM, Rating, TraceId, TraceStatus


class TraceFilter(Entity):
    """Which stored traces, of all datasets, a list or an effect is about; all conditions hold."""

    search: str = ""
    """Words that must all occur in the trace; the last may be the beginning of one."""
    since: int | None = None
    """Recorded at this moment or later, in milliseconds since 1970, UTC."""
    until: int | None = None
    """Recorded before this moment, in milliseconds since 1970, UTC."""
    model: str | None = None
    min_turns: int = Field(default=0, ge=0)
    """Least number of user turns."""
    has_response: bool | None = None
    """Whether an assistant turn was recorded."""
    source: str | None = None
    """`file`, or the dialect of OTLP they arrived in."""
    status: TraceStatus | None = None
    rating: Rating | None = None
    tags: tuple[str, ...] = ()
    """It has all of them."""
    key: str | None = None
    """Id of the key they came with."""
    last_key: int | None = None
    """Stored up to this key: what arrives later is not meant, even where it matches."""
    conversation: TraceId | None = None
    """The last call of a conversation: it, and the calls that it continues.  Without one, calls
    that others continue are left out."""


class SampleKind(StrEnum):
    """How a part is drawn from traces."""

    RANDOM = "random"
    NEWEST = "newest"
    STRATIFIED = "stratified"
    """Each model and length has the share that it has in all of them."""
    REPRESENTATIVE = "representative"
    """Spread over groups of what users ask for."""


MAX_SAMPLE = 50_000


class TraceSample(Entity):
    """A part of some traces; the same seed draws the same from the same traces."""

    kind: SampleKind
    size: int = Field(ge=1, le=MAX_SAMPLE)
    seed: int = Field(default=0, ge=0, lt=2**32)
    num_from: int | None = None
    """Traces that it was drawn from; `None` until then."""

    @property
    def words(self) -> str:
        """How it was drawn.

        Example:
            >>> TraceSample(kind=SampleKind.RANDOM, size=500, seed=7, num_from=12_345).words
            'random sample from 12,345, seed 7'
        """
        source = "" if self.num_from is None else f" from {self.num_from:,}"
        if self.kind is SampleKind.NEWEST:
            return f"newest{source}"
        return f"{self.kind.value} sample{source}, seed {self.seed}"


class TraceSelection(Entity):
    """Traces an action is about: all that match but for some, or just these."""

    filter: TraceFilter = TraceFilter()
    excluded: tuple[TraceId, ...] = ()
    only: tuple[TraceId, ...] | None = None
    """When set, these and nothing else."""
    sample: TraceSample | None = None
    """A part of them; once it is drawn, `only` names it."""

    @property
    def is_empty(self) -> bool:
        """Whether it cannot hold anything."""
        return self.only is not None and not self.only


class TraceCount(Entity):
    """How much a selection stands for."""

    num_traces: int
    num_answers: int
    """Records when every answer becomes one; a trace without any gives one, too."""


class TraceSummary(Entity):
    """One line of the list."""

    id: TraceId
    title: str
    """The first user message, one line, shortened."""
    system_prompt: str
    """Its beginning, one line; empty without one."""
    model: str | None
    num_messages: int
    num_user_turns: int
    num_tools: int
    """Different tools that were called."""
    has_response: bool
    num_earlier: int
    """Answers of the calls that this one continues."""
    recorded_at: int
    """When it happened or, where the source does not say, was stored; milliseconds since 1970."""
    dataset_id: str | None
    """`None` where it arrived by itself."""
    dataset_name: str | None
    source: str
    """`file`, or the dialect of OTLP it arrived in."""
    status: TraceStatus
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: float | None
    reward: float | None
    """The reward or feedback that came with it, from 0 to 1."""

    @property
    def is_good(self) -> bool:
        """Whether it is rated, and well."""
        return self.reward is not None and self.reward >= GOOD_FROM


class TracePage(Entity):
    """One page of the list, newest first."""

    rows: tuple[TraceSummary, ...]
    num_unsearched: int = 0
    """Traces that the search did not look at, because the index does not hold them yet."""
    next_cursor: str | None = None
    """Opaque; `None` on the last page."""
