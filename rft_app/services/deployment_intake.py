"""Calls of aliases on their way from the gateway's records into the figures of their deployment."""

from typing import Final

from rft_app.domain.trace import ParsedTrace
from rft_app.storage.deployment_calls import LEFT_WAITING, WAITING, NewCall
from rft_app.traces.otlp.gateway import (
    ASSIGNED,
    DEPLOYMENT,
    REQUEST_ID,
    SAMPLED,
    SHADOW,
    VARIANT,
    find_first_token,
)
from rft_app.traces.otlp.span import MS_IN_NS, Span

_CANCELLED: Final = frozenset({"client_disconnected", LEFT_WAITING})


def read_routed(span: Span) -> NewCall | None:
    """What the span of a recorded call says of its alias; `None` where it was of none."""
    known = span.attributes
    if DEPLOYMENT not in known:
        return None
    error = str(known.get("error.type") or "unknown") if span.has_failed else None
    outcome = "ok" if error is None else "cancelled" if error in _CANCELLED else "error"
    variant = str(known.get(VARIANT))
    return NewCall(
        deployment_id=str(known[DEPLOYMENT]),
        variant=variant,
        assigned=str(known.get(ASSIGNED, variant)),
        is_shadow=bool(known.get(SHADOW)),
        request_id=str(known.get(REQUEST_ID, "")),
        outcome=outcome,
        started_ms=span.start_ns // MS_IN_NS,
        took_ms=(span.end_ns - span.start_ns) / MS_IN_NS,
        first_token_ms=find_first_token(span),
        input_tokens=None,
        output_tokens=None,
        error=error,
        trace_seq=None,
        grade_state=WAITING if known.get(SAMPLED) and outcome == "ok" else None,
    )


def complete(call: NewCall, trace: ParsedTrace | None, trace_seq: int | None) -> NewCall:
    """The same with what its trace says; without a trace there is nothing to grade."""
    if trace is None or trace_seq is None:
        return call._replace(grade_state=None)
    state = call.grade_state if trace.num_turns else None
    return call._replace(
        input_tokens=trace.input_tokens,
        output_tokens=trace.output_tokens,
        trace_seq=trace_seq,
        grade_state=state,
    )
