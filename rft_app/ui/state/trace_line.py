"""One line of a list of traces."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rft_app.domain.imports import TRACE_SHAPES
from rft_app.domain.intake import GATEWAY
from rft_app.domain.trace import FILE_SOURCE, TraceStatus
from rft_app.domain.trace_page import TraceSummary
from rft_app.traces.otlp import DIALECTS
from rft_app.ui.words import ago, count, latency

UNKNOWN = "–"


@dataclass(frozen=True)
class TraceLine:
    """One trace of the list."""

    id: str
    title: str
    has_title: bool
    facts: str
    prompt: str
    moment: str
    exact_moment: str
    dataset: str
    model: str
    turns: str
    tools: str
    tokens: str
    latency: str
    source: str
    outcome: str
    """Empty for a call that was answered."""
    rating: str
    """Empty where nobody said anything."""
    is_good: bool
    calls: str
    """How many calls it stands for, as the last of its conversation; empty for one alone."""

    @classmethod
    def of(cls, trace: TraceSummary) -> "TraceLine":
        """Build the line."""
        moment = datetime.fromtimestamp(trace.recorded_at / 1000, UTC)
        tools = count(trace.num_tools, "tool") if trace.num_tools else "no tools"
        turns = count(trace.num_user_turns, "turn")
        outcome = ""
        if trace.status is TraceStatus.ERROR:
            outcome = "failed"
        elif not trace.has_response:
            outcome = "no answer"
        calls = count(trace.num_earlier + 1, "call") if trace.num_earlier else ""
        facts = [trace.model or "model unknown", turns, tools, calls]
        return cls(
            id=trace.id,
            title=trace.title or "No user message",
            has_title=bool(trace.title),
            facts=" · ".join(filter(None, facts)),
            prompt=trace.system_prompt,
            moment=ago(moment),
            exact_moment=f"{moment:%Y-%m-%d %H:%M} UTC",
            dataset=trace.dataset_name or _describe_arrival(trace.source),
            model=trace.model or UNKNOWN,
            turns=f"{trace.num_user_turns:,}",
            tools=f"{trace.num_tools:,}",
            tokens=_describe_tokens(trace),
            latency=UNKNOWN if trace.latency_ms is None else latency(trace.latency_ms),
            source=trace.source,
            outcome=outcome,
            rating="" if trace.reward is None else f"rated {trace.reward:.2g}",
            is_good=trace.is_good,
            calls=calls,
        )


def _describe_arrival(source: str) -> str:
    """How a trace without a dataset came."""
    if source == GATEWAY:
        return "through the gateway"
    if source == FILE_SOURCE:
        return "from a file"
    if source not in TRACE_SHAPES:
        return f"{source}, as OTLP"
    way = "sent or from a file" if source in DIALECTS.names() else "from a file"
    return f"{source}, {way}"


def _describe_tokens(trace: TraceSummary) -> str:
    """Given and answered; what is unknown is a dash, never a 0."""
    numbers = (trace.input_tokens, trace.output_tokens)
    if numbers == (None, None):
        return UNKNOWN
    return " → ".join(UNKNOWN if number is None else f"{number:,}" for number in numbers)
