"""From a call and its span to a trace, ready to be stored."""

from typing import Final

from rft_app.domain.trace import ParsedTrace, TraceStatus
from rft_app.traces.draft import finish
from rft_app.traces.exchange import draft_call, raw_fields
from rft_app.traces.line import Row
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.parts import Json
from rft_app.traces.otlp.span import MS_IN_NS, Attributes, Span

_ABOUT: Final = {
    "session_id": (
        "session.id",
        "langfuse.session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
    ),
    "user_id": (
        "user.id",
        "enduser.id",
        "langfuse.user.id",
        "llm.user",
        "traceloop.association.properties.user_id",
    ),
    "tags": ("tag.tags", "langfuse.trace.tags"),
}
"""What any span may say of its whole trace, and the names it uses for it."""
_ABOUT_WHAT: Final = {name: what for what, names in _ABOUT.items() for name in names}
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})


def read_session(span: Span) -> Json:
    """Session, user and tags that the span names."""
    known = span.attributes
    told: Json = {}
    for name, what in _ABOUT_WHAT.items():
        if name in known and known[name] not in _NOTHING:
            told.setdefault(what, known[name])
    if isinstance(told.get("tags"), str):
        told["tags"] = try_json(told["tags"])
    return told


def make_trace(span: Span, call: Call, source: str, session: Json, max_tokens: int) -> ParsedTrace:
    """The trace of one call.

    Args:
        span: The call's span.
        call: What its dialect understood.
        source: The dialect's name.
        session: What is known of its whole trace, from any of its spans.
        max_tokens: Longer records are marked `too_long`.

    Raises:
        WrongShapeError: What was said is no chat, or nested too deeply.
    """
    draft = draft_call(call, _rest(span, call, session), span.latency_ms)
    draft.external_id = f"{span.trace_id}-{span.span_id}"
    draft.group = str(session.get("session_id") or span.trace_id)
    draft.source = source
    if span.has_failed:
        draft.status = TraceStatus.ERROR
    trace = finish(draft, max_tokens)
    recorded_at = span.start_ns // MS_IN_NS
    return trace._replace(recorded_at=recorded_at if recorded_at else None)


def _rest(span: Span, call: Call, session: Json) -> Row:
    """Everything that has no place in the conversation, so that nothing is lost."""
    return raw_fields(
        {
            **session,
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_span_id": span.parent_id,
            "span_name": span.name,
            "error": _error(span, call),
            "attributes": _without(span.attributes, call.used),
            "resource": span.resource,
        }
    )


def _without(attributes: Attributes, used: tuple[str, ...]) -> Attributes:
    return {name: value for name, value in attributes.items() if not name.startswith(used)}


def _error(span: Span, call: Call) -> Json | None:
    if not span.has_failed and call.error is None:
        return None
    known = span.attributes
    told = (each.attributes for each in span.events if each.name == "exception")
    thrown = next(told, Attributes())
    kind = known.get("error.type") or thrown.get("exception.type")
    message = span.status_message or call.error or thrown.get("exception.message")
    return {name: value for name, value in (("type", kind), ("message", message)) if value}
