"""The older GenAI events (conventions up to 1.36): one event a message, as logs or span events.

    gen_ai.user.message  {"content": "Hi"}
    gen_ai.choice        {"index": 0, "finish_reason": "stop", "message": {"content": "Hello"}}

The oldest put all messages into one span event, `gen_ai.content.prompt`, or into attributes of the
span: `gen_ai.prompt` and `gen_ai.completion`.  Some write the list of events into one, `events`.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import parse_json, parse_said, try_json
from rft_app.traces.otlp.call import Answer, Call, read_finish
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.span import Attributes, Log, Span
from rft_app.traces.otlp.turns import read_messages

CHOICE = "gen_ai.choice"
_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_ALL_AT_ONCE = {
    "gen_ai.content.prompt": "gen_ai.prompt",
    "gen_ai.content.completion": "gen_ai.completion",
}
_WRAPPED = "gen_ai.event.content"
_LISTED = "events"
_NAMES = ("gen_ai.", "event.")
"""Beginnings of the fields that an event has for itself."""
NAMES = frozenset({*_ROLES, CHOICE})
"""Log records with one of these names tell what was said."""


def read_events(span: Span, logs: Sequence[Log]) -> Call:
    """The messages that a span's events or log records tell, in the order of their times.

    Raises:
        WrongShapeError: One of them holds no message.
    """
    told = [(event.name, event.time_ns, _open(event.attributes)) for event in span.events]
    told += [(str(each.get("event.name")), 0, _open(each)) for each in _list_events(span)]
    told += [
        (log.name, log.time_ns, dict(log.body) if is_object(log.body) else _open(log.attributes))
        for log in logs
    ]
    call = Call(prompt=[])
    choices: list[tuple[int, Answer]] = []
    for name, _, fields in sorted(told, key=lambda each: each[1]):
        if name in _ROLES:
            call.prompt = [*call.prompt, *_message(fields, _ROLES[name])]
        elif name == CHOICE:
            choices.append(_choice(fields))
        elif name in _ALL_AT_ONCE:
            _take_all(call, name, fields)
    if call.is_empty and not choices:
        for name in _ALL_AT_ONCE:
            _take_all(call, name, span.attributes)
    if choices:
        call.answers = [answer for _, answer in sorted(choices, key=lambda each: each[0])]
    return call


def _list_events(span: Span) -> list[Json]:
    found = try_json(span.attributes.get(_LISTED))
    return [each for each in found if is_object(each)] if is_list(found) else []


def _open(attributes: Attributes) -> Json:
    """Fields of a span event; some senders put them into one attribute as JSON."""
    wrapped = attributes.get(_WRAPPED)
    found = attributes if wrapped is None else parse_json(wrapped, _WRAPPED)
    return (
        {
            key: try_json(value) if key in {"message", "tool_calls"} else value
            for key, value in found.items()
        }
        if is_object(found)
        else {}
    )


def _message(fields: Json, role: str) -> list[Json]:
    said = {key: value for key, value in fields.items() if not key.startswith(_NAMES)}
    own_id = said.pop("id", None)
    if role == "tool" and own_id is not None:
        said["tool_call_id"] = own_id
    return read_messages([{**said, "role": said.get("role") or role}])


def _choice(fields: Json) -> tuple[int, Answer]:
    message = fields.get("message")
    if not is_object(message):
        message = {"content": message if message is not None else fields.get("content")}
    if "tool_calls" in fields and "tool_calls" not in message:
        message = {**message, "tool_calls": fields["tool_calls"]}
    answer = Answer(
        _message({"content": None, **message}, "assistant"),
        read_finish(fields.get("finish_reason")),
    )
    index = fields.get("index")
    return (index if isinstance(index, int) else 0), answer


def _take_all(call: Call, name: str, fields: Attributes) -> None:
    key = _ALL_AT_ONCE[name]
    told = parse_said(fields.get(key), key)
    if is_object(told) and is_list(told.get("messages")):
        told = told["messages"]
    found = read_messages(told, "user")
    if key == "gen_ai.prompt":
        call.prompt = [*call.prompt, *found]
    else:
        call.answers = [Answer([{**message, "role": "assistant"}]) for message in found]
