"""The Langfuse SDK (since 3.0), which sends OTLP itself.

langfuse.observation.type    generation
langfuse.observation.input   [{"role":"user","content":"Hi"}], {"messages":[…],"tools":[…]}, "Hi"
langfuse.observation.output  {"role":"assistant","content":"Hello"} or "Hello"
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeGuard

from rft_app.traces.otlp.attributes import read_number, read_text, try_json
from rft_app.traces.otlp.bodies import is_request, is_response, read_bodies, take_response
from rft_app.traces.otlp.call import Answer, Call, read_finish
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.span import MS_IN_NS, Log, Span
from rft_app.traces.otlp.turns import read_messages

_PREFIX = "langfuse.observation."
_TYPE = _PREFIX + "type"
_REASON = _PREFIX + "metadata.finish_reason"
_USED = tuple(_PREFIX + name for name in ("input", "output", "usage_details"))


class Langfuse:
    """Observations of the SDK and of its wrapped `openai` client."""

    name = "langfuse"
    label = "Langfuse SDK"

    def matches(self, span: Span) -> bool:
        """The type that each observation has."""
        return _TYPE in span.attributes

    def is_call(self, span: Span) -> bool:
        """Spans, events, tools and agents are structure."""
        return span.attributes[_TYPE] == "generation"

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Logs hold nothing for it."""
        known = span.attributes
        given, answered = try_json(known.get(_USED[0])), try_json(known.get(_USED[1]))
        call = read_observation(given, answered)
        usage = try_json(known.get(_USED[2]))
        call.used = _USED
        call.usage = read_units(usage) if is_object(usage) else call.usage
        call.model = read_text(known, _PREFIX + "model.name") or call.model
        call.first_token_ms = _find_first_token(span)
        reason = try_json(known.get(_REASON))
        if call.answers and call.answers[0].finish_reason is None:
            call.answers[0].finish_reason = read_finish(reason)
        return call


def read_observation(given: object, answered: object) -> Call:
    """The call that input and output of a generation tell of, whatever form they have."""
    if is_object(given) and is_request({"model": None, **given}):
        call = read_bodies(given, None)
    else:
        call = Call(prompt=read_messages(given if _is_said(given) else None))
    if is_response(answered):
        take_response(call, answered)
    elif _are_choices(answered):
        call.answers = [Answer(read_messages([each], "assistant")) for each in answered]
    elif answered is not None and answered != "":
        call.answers = [Answer(read_messages(answered, "assistant"))]
    return call


def _are_choices(answered: object) -> TypeGuard[list[Json]]:
    """Whether an output is several answers to one question: plain messages of the assistant."""
    return is_list(answered) and all(
        is_object(each) and each.get("role") == "assistant" and "type" not in each
        for each in answered
    )


def _is_said(given: object) -> bool:
    """Whether an input is messages or a text; other inputs are arguments of some function."""
    if is_object(given):
        return "role" in given
    return isinstance(given, str) or is_list(given)


def read_units(usage: Json) -> Json:
    """Its own words are `input` and `output`; the OpenAI client's are passed on."""
    names = {"prompt_tokens": "input", "completion_tokens": "output"}
    counted = {
        name: int(number)
        for name, short in names.items()
        if name not in usage and (number := read_number(usage.get(short))) is not None
    }
    return {**usage, **counted}


def _find_first_token(span: Span) -> float | None:
    text = try_json(span.attributes.get(_PREFIX + "completion_start_time"))
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None:
        return None
    after_ms = moment.timestamp() * 1000 - span.start_ns / MS_IN_NS
    return max(after_ms, 0.0) if span.start_ns else None
