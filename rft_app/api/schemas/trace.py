"""Stored traces, and what they have in common, on the wire."""

from datetime import UTC, datetime

from pydantic import Field, model_validator

from rft_app.api.schemas._base import Time, Wire, WireRequest
from rft_app.api.schemas.scrubbing import ScrubRules
from rft_app.domain import pattern as found
from rft_app.domain import trace_page as domain
from rft_app.domain.trace import Rating, TraceId, TraceStatus
from rft_app.pipeline._cutting import ExtractMode

MAX_TURNS = 100_000
MAX_TAGS = 20


class Trace(Wire):
    """One stored trace."""

    id: str
    system_prompt: str
    """Its beginning, one line; empty without one."""
    title: str
    """The first user message, one line, shortened."""
    model: str | None
    turns: int
    """User turns."""
    messages: int
    tool_count: int
    """Different tools that were called."""
    has_response: bool
    earlier_answers: int
    """Answers of the calls that this one continues; lists leave those calls out."""
    timestamp: datetime
    """When it happened or, where the source does not say, was stored."""
    dataset_id: str | None
    """`null` where it arrived by itself."""
    dataset_name: str | None
    source: str
    """`file`, or the dialect of OTLP it arrived in."""
    status: TraceStatus
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: float | None
    reward: float | None
    """The reward or feedback that came with it, from 0 to 1."""

    @classmethod
    def of(cls, trace: domain.TraceSummary) -> "Trace":
        """Convert from the domain."""
        return cls(
            id=trace.id,
            system_prompt=trace.system_prompt,
            title=trace.title,
            model=trace.model,
            turns=trace.num_user_turns,
            messages=trace.num_messages,
            tool_count=trace.num_tools,
            has_response=trace.has_response,
            earlier_answers=trace.num_earlier,
            timestamp=datetime.fromtimestamp(trace.recorded_at / 1000, UTC),
            dataset_id=trace.dataset_id,
            dataset_name=trace.dataset_name,
            source=trace.source,
            status=trace.status,
            input_tokens=trace.input_tokens,
            output_tokens=trace.output_tokens,
            latency_ms=trace.latency_ms,
            reward=trace.reward,
        )


class TraceModel(Wire):
    """A model and how many stored traces it answered."""

    name: str
    traces: int


class TraceFilters(WireRequest):
    """Which traces; all conditions hold."""

    search: str = ""
    """Words that must all occur in the trace; the last may be a beginning."""
    since: Time | None = None
    """Recorded at this moment or later."""
    until: Time | None = None
    """Recorded before this moment."""
    model: str | None = None
    min_turns: int = Field(default=0, ge=0, le=MAX_TURNS)
    has_response: bool | None = None
    source: str | None = None
    """`file`, or the dialect of OTLP they arrived in."""
    status: TraceStatus | None = None
    rating: Rating | None = None
    """Of the reward or feedback that came with it: `good` from 0.5 on, `bad`, or `none`."""
    tags: list[str] = Field(default=[], max_length=MAX_TAGS)
    """It has all of them."""
    key: str | None = None
    """Id of the key they came with, or `RFT_OTLP_KEYS`."""

    def to_filter(self) -> domain.TraceFilter:
        """Convert to the domain."""
        return domain.TraceFilter(
            search=self.search.replace("\0", ""),
            since=_to_ms(self.since),
            until=_to_ms(self.until),
            model=None if self.model is None else self.model.replace("\0", ""),
            min_turns=self.min_turns,
            has_response=self.has_response,
            source=None if self.source is None else self.source.replace("\0", ""),
            status=self.status,
            rating=self.rating,
            tags=tuple(tag.replace("\0", "") for tag in self.tags),
            key=None if self.key is None else self.key.replace("\0", ""),
        )


def _to_ms(moment: datetime | None) -> int | None:
    """Milliseconds since 1970; a moment without a zone is UTC."""
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


class TraceSample(WireRequest):
    """A part of some traces; the same seed draws the same from the same traces."""

    kind: domain.SampleKind
    """At random, the newest, by model and length, or spread over what users ask for."""
    size: int = Field(ge=1, le=domain.MAX_SAMPLE)
    seed: int = Field(default=0, ge=0, lt=2**32)


class TraceSelection(WireRequest):
    """All that match but for some, or just these."""

    filter: TraceFilters | None = None
    except_: list[str] = Field(default=[], alias="except")
    trace_ids: list[str] | None = None
    sample: TraceSample | None = None
    """Only a part of them."""

    @model_validator(mode="after")
    def _refuse_both(self) -> "TraceSelection":
        if self.trace_ids is not None and (self.filter is not None or self.except_):
            raise ValueError("send traceIds, or filter and except, not both")
        if self.trace_ids is None and self.filter is None:
            raise ValueError("send traceIds, or a filter ({} means every trace)")
        return self

    def to_selection(self) -> domain.TraceSelection:
        """Convert to the domain."""
        wanted = self.filter or TraceFilters()
        return domain.TraceSelection(
            filter=wanted.to_filter(),
            excluded=tuple(map(TraceId, self.except_)),
            only=None if self.trace_ids is None else tuple(map(TraceId, self.trace_ids)),
            sample=self.sample and domain.TraceSample.model_validate(self.sample.model_dump()),
        )


class TraceCount(Wire):
    """How much a selection stands for."""

    traces: int
    last_answers: int
    """Records when the last answer of each trace becomes one."""
    every_answer: int
    """Records when every answer becomes one."""

    @classmethod
    def of(cls, count: domain.TraceCount) -> "TraceCount":
        """Convert from the domain."""
        return cls(
            traces=count.num_traces, last_answers=count.num_traces, every_answer=count.num_answers
        )


class FromTraces(TraceSelection):
    """A dataset to be made of traces."""

    name: str
    objective: str
    mode: ExtractMode = ExtractMode.LAST
    """Whether each trace gives its last answer or every one as a record."""
    scrub: ScrubRules | None = None
    """What is taken out of the dataset's copies; the traces themselves stay as they are."""


class ToolUse(Wire):
    """A tool and how often it is called."""

    name: str
    traces: int
    calls: int
    percentage: float
    """Traces that call it among those looked at, 0 to 100."""


class DetectedPattern(Wire):
    """What traces have in common, and what a dataset of them could be called."""

    title: str
    system_prompt: str
    """The commonest one, in full; empty without any."""
    capabilities: list[str]
    tool_count: int
    tools: list[ToolUse]
    suggested_name: str
    """Empty when nothing tells what the traces are about."""
    suggested_objective: str
    sharing: int
    """Traces among those looked at that have the system prompt."""
    analyzed: int
    """Traces that were looked at: some hundred of a large selection, evenly spread."""
    selected: int

    @classmethod
    def of(cls, pattern: found.Pattern) -> "DetectedPattern":
        """Convert from the domain."""
        tools = [
            ToolUse(
                name=tool.name,
                traces=tool.num_traces,
                calls=tool.num_calls,
                percentage=100 * tool.share,
            )
            for tool in pattern.tools
        ]
        return cls(
            title=pattern.title,
            system_prompt=pattern.system_prompt,
            capabilities=list(pattern.capabilities),
            tool_count=pattern.tool_count,
            tools=tools,
            suggested_name=pattern.suggested_name,
            suggested_objective=pattern.suggested_objective,
            sharing=pattern.num_sharing,
            analyzed=pattern.num_read,
            selected=pattern.num_selected,
        )
