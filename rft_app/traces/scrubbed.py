"""Traces and spans with placeholders in place of what names a person or opens a door.

Who speaks, ids of calls, names of tools and models stay; arguments of tools stay JSON.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from rft_app.domain.trace import ParsedTrace
from rft_app.text.scrubbing import Placeholders, Scrubber, scrub_value
from rft_app.traces.chat import LightMessage, first_user_text, system_text
from rft_app.traces.draft import make_title
from rft_app.traces.otlp.parts import is_list, is_object
from rft_app.traces.otlp.span import Log, Span


class _Place(NamedTuple):
    """A place of a trace's own structure, or each of a list of such places."""

    kept: frozenset[str] = frozenset()
    """Fields that others rely on."""
    inner: Mapping[str, "_Place"] = {}
    """Fields with a structure of their own; all others are what somebody said."""
    is_free: bool = False
    """Whether names of other fields are what somebody said, too."""


_SAID: Final = _Place(is_free=True)
_NAMED: Final = _Place(frozenset({"name"}))
_CALL: Final = _Place(
    frozenset({"id", "call_id", "type", "index", "name"}), {"function": _NAMED, "custom": _NAMED}
)
_PART: Final = _Place(frozenset({"id", "type", "call_id", "tool_call_id", "tool_use_id"}))
_MESSAGE: Final = _Place(
    frozenset({"role", "name", "id", "type", "tool_call_id", "finish_reason", "index"}),
    {"tool_calls": _CALL, "function_call": _NAMED, "content": _PART, "parts": _CALL},
)
_TOOL: Final = _Place(frozenset({"type", "name"}), {"function": _NAMED, "custom": _NAMED})
_METADATA: Final = _Place(
    frozenset(
        {
            *("id", "type", "object", "model", "call_id", "trace_id", "span_id", "parent_span_id"),
            *("record_id", "request_id", "custom_id", "created", "timestamp", "start_time"),
            *("request_created_at", "response_created_at", "system_fingerprint", "end_time"),
            *("startTime", "endTime", "completionStartTime"),
        }
    ),
    is_free=True,
)
_BODY: Final = _Place(
    frozenset({"finish_reason"}),
    {"messages": _MESSAGE, "tools": _TOOL, "tool_choice": _TOOL, "metadata": _METADATA},
)
_ATTRIBUTES: Final = _Place(
    inner={
        "gen_ai.input.messages": _MESSAGE,
        "gen_ai.output.messages": _MESSAGE,
        "gen_ai.tool.definitions": _TOOL,
    },
    is_free=True,
)
_EVENT: Final = _Place(_MESSAGE.kept, {**_ATTRIBUTES.inner, **_MESSAGE.inner, "message": _MESSAGE})
"""A message, too, in the older conventions."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class _Said(msgspec.Struct, gc=False):
    messages: list[LightMessage] = []


_decode_messages = msgspec.json.Decoder(_Said).decode


class Scrubbed(NamedTuple):
    """A trace, and what was replaced in it."""

    trace: ParsedTrace
    placeholders: Placeholders


def scrub_trace(trace: ParsedTrace, scrubber: Scrubber, scope: str | None = None) -> Scrubbed:
    """Replace in all that a trace says; one that says nothing of it stays the same object.

    Args:
        trace: As it was made.
        scrubber: What is looked for.
        scope: What the trace is a part of, whose parts shall name a value alike.
    """
    body, placeholders = scrub_body(trace.body, scrubber, scope)
    tags = scrub_tags(trace.tags, scrubber, placeholders)
    if not placeholders.counts:
        return Scrubbed(trace, placeholders)
    title, system_prompt = read_titles(body)
    changed = trace._replace(body=body, title=title, system_prompt=system_prompt, tags=tags)
    return Scrubbed(changed, placeholders)


def scrub_tags(
    tags: Iterable[str], scrubber: Scrubber, placeholders: Placeholders
) -> tuple[str, ...]:
    """Replace in tags; several that say the same value become one."""
    return tuple(dict.fromkeys(scrubber.scrub(tag, placeholders) for tag in tags))


def read_titles(body: bytes) -> tuple[str, str]:
    """The beginnings of the first question and of the system prompt, for lists."""
    messages = _decode_messages(body).messages
    return make_title(first_user_text(messages)), make_title(system_text(messages))


def scrub_body(
    body: bytes, scrubber: Scrubber, scope: str | None = None
) -> tuple[bytes, Placeholders]:
    """Replace in the canonical JSON of a trace; it stays as it is where nothing is found."""
    placeholders = Placeholders(body.decode(errors="replace"))
    if scope is not None:
        placeholders.draw_within(scope)
    scrubbed = _Walk(scrubber, placeholders).scrub(_decode(body), _BODY)
    return (_encode(scrubbed) if placeholders.counts else body), placeholders


def scrub_span(span: Span, scrubber: Scrubber, placeholders: Placeholders) -> None:
    """Replace in the name of a span, in its attributes and in those of its events."""
    walk = _Walk(scrubber, placeholders)
    span.name = scrubber.scrub(span.name, placeholders)
    span.attributes = walk.scrub(span.attributes, _ATTRIBUTES)
    span.resource = walk.scrub(span.resource, _SAID)
    span.status_message = scrubber.scrub(span.status_message, placeholders)
    for event in span.events:
        event.attributes = walk.scrub(event.attributes, _EVENT)


def scrub_log(log: Log, scrubber: Scrubber, placeholders: Placeholders) -> None:
    """Replace in a log record; others of its trace may have been stored before."""
    placeholders.draw_within(log.trace_id)
    walk = _Walk(scrubber, placeholders)
    log.attributes = walk.scrub(log.attributes, _EVENT)
    log.body = walk.scrub(log.body, _EVENT)


class _Walk(NamedTuple):
    """A way through a trace's structure."""

    scrubber: Scrubber
    placeholders: Placeholders

    def scrub(self, value: Any, place: _Place) -> Any:  # noqa: ANN401
        """A value that stands in a place."""
        if is_object(value):
            scrubbed: dict[str, Any] = {}
            for key, inner in value.items():
                scrubbed[self._scrub_key(key, place, scrubbed)] = self._scrub_field(
                    key, inner, place
                )
            return scrubbed
        if is_list(value):
            return [self.scrub(inner, place) for inner in value]
        return self._scrub_said(value) if isinstance(value, str) else value

    def _scrub_key(self, key: str, place: _Place, known: Mapping[str, Any]) -> str:
        """The name of a field; of several that become one, all but the first are numbered."""
        if not place.is_free or key in place.kept or key in place.inner or key == "arguments":
            return key
        name = scrubbed = self.scrubber.scrub(key, self.placeholders)
        number = 1
        while name in known:
            number += 1
            name = f"{scrubbed} {number}"
        return name

    def _scrub_field(self, key: str, value: Any, place: _Place) -> Any:  # noqa: ANN401
        if key == "arguments":
            return self._scrub_said(value)
        is_kept = key in place.kept and not is_object(value) and not is_list(value)
        return value if is_kept else self.scrub(value, place.inner.get(key, _SAID))

    def _scrub_said(self, value: Any) -> Any:  # noqa: ANN401
        return scrub_value(value, self.scrubber, self.placeholders)
