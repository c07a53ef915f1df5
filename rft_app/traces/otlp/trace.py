"""From a call and its span to a trace, ready to be stored."""

from typing import Final

import msgspec

from rft_app.domain.trace import ParsedTrace, TraceStatus
from rft_app.traces.chat import parse_chat
from rft_app.traces.draft import Draft, clean, finish
from rft_app.traces.line import Row, require_plain
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.parts import Json
from rft_app.traces.otlp.span import MS_IN_NS, Attributes, Span, encode

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
    answer = call.answers[0] if call.answers else None
    said = encode([*call.prompt, *(answer.messages if answer else ())])
    require_plain(said)
    draft = Draft(parse_chat(msgspec.Raw(said)), _rest(span, call, session))
    draft.num_prompt_messages = len(call.prompt)
    draft.is_call = True
    draft.body = _body(span, call)
    draft.external_id = f"{span.trace_id}-{span.span_id}"
    draft.group = str(session.get("session_id") or span.trace_id)
    draft.model = None if call.model is None else clean(call.model)
    draft.source = source
    if span.has_failed or (call.error and answer is None):
        draft.status = TraceStatus.ERROR
    trace = finish(draft, max_tokens)
    recorded_at = span.start_ns // MS_IN_NS
    return trace._replace(recorded_at=recorded_at if recorded_at else None)


def _body(span: Span, call: Call) -> Row:
    reason = call.answers[0].finish_reason if call.answers else None
    fields = {
        "tools": call.tools or None,
        "tool_choice": call.tool_choice,
        "parallel_tool_calls": call.parallel_tool_calls,
        "finish_reason": reason,
        "usage": call.usage,
        "latency_ms": span.latency_ms,
    }
    return _raw(fields)


def _rest(span: Span, call: Call, session: Json) -> Row:
    """Everything that has no place in the conversation, so that nothing is lost."""
    fields = {
        **session,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "span_name": span.name,
        "error": _error(span, call),
        "time_to_first_token_ms": call.first_token_ms,
        "other_answers": [
            {"messages": each.messages, "finish_reason": each.finish_reason}
            for each in call.answers[1:]
        ],
        **call.metadata,
        "attributes": _without(span.attributes, call.used),
        "resource": span.resource,
    }
    return _raw(fields)


def _raw(fields: Json) -> Row:
    return {
        name: msgspec.Raw(encode(value)) for name, value in fields.items() if value not in _NOTHING
    }


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
