"""Parsers of OpenTelemetry spans, one module per dialect: a span in, a model's call out."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from rft_app.domain.intake import Outcome
from rft_app.registry import Registry
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.gateway import Gateway
from rft_app.traces.otlp.genai import DETAILS, EVALUATION, GenAi, read_evaluations
from rft_app.traces.otlp.langfuse import Langfuse
from rft_app.traces.otlp.litellm import LiteLlm
from rft_app.traces.otlp.message_events import NAMES
from rft_app.traces.otlp.openinference import OpenInference
from rft_app.traces.otlp.span import Log, Span
from rft_app.traces.otlp.traceloop import Traceloop
from rft_app.traces.otlp.vercel import Vercel

OTLP = "otlp"
"""The source of spans that no dialect knows."""
TELLING_LOGS = frozenset({DETAILS, EVALUATION, *NAMES})
"""Names of the log records that belong to a call; others are not kept."""


UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    msgspec.MsgspecError,
)
"""What reading a stranger's span may raise; one bad span never stops those behind it."""


class Dialect(Protocol):
    """One way to tell of a model's call in a span."""

    @property
    def name(self) -> str:
        """Machine name in `snake_case`: the source of its traces."""
        ...

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    def matches(self, span: Span) -> bool:
        """Whether the span is written in it."""
        ...

    def is_call(self, span: Span) -> bool:
        """Whether a matching span is the call of a model, and not an agent, a tool or a search."""
        ...

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Understand a call; it is empty where nothing of what was said is there.

        Raises:
            WrongShapeError: What was said is not what this dialect says.
        """
        ...


DIALECTS: Registry[Dialect] = Registry(
    "dialect", (Gateway(), Langfuse(), OpenInference(), LiteLlm(), Vercel(), Traceloop(), GenAi())
)
"""In the order they are tried: the last is spoken by spans of the others, too."""

_IN_ORDER = tuple(DIALECTS)


class Reading(NamedTuple):
    """What became of a span."""

    source: str
    outcome: Outcome
    call: Call | None = None


def read_span(span: Span, logs: Sequence[Log] = ()) -> Reading:
    """Find the call in a span and its log records, if there is one."""
    dialect = next((each for each in _IN_ORDER if each.matches(span)), None)
    if dialect is None:
        return Reading(OTLP, Outcome.NO_CALL)
    try:
        call = dialect.read(span, logs) if dialect.is_call(span) else None
    except UNREADABLE:
        return Reading(dialect.name, Outcome.UNREADABLE)
    if call is None:
        return Reading(dialect.name, Outcome.NO_CALL)
    if call.is_empty:
        return Reading(dialect.name, Outcome.NO_CONTENT)
    if feedback := read_evaluations(span, logs):
        call.metadata = {**call.metadata, "feedback": feedback}
    return Reading(dialect.name, Outcome.CALL, call)
