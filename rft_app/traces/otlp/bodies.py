"""Raw bodies of a provider: what was posted and what came back, lossless.

Chat Completions, the Responses API and Anthropic's Messages API are told apart by their fields.
What is left of both bodies stays in the metadata as `request` and `response`.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeGuard

from rft_app.traces.otlp.call import Answer, Call, read_finish, read_tool_choice, read_tools
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.turns import read_messages

_SAID = ("messages", "input", "prompt")
"""Fields of a request that hold what was said; the first that is there counts."""
_REQUEST = frozenset({"instructions", "system", "tools", "tool_choice", "parallel_tool_calls"})

_CHOICE: Final = frozenset({"message", "delta", "text", "finish_reason", "index"})
_NOTHING: Final[tuple[object, ...]] = (None, [], {})


def is_request(body: object) -> bool:
    """Whether a body is what was posted to a provider."""
    if not is_object(body):
        return False
    messages = body.get("messages")
    if is_list(messages):
        return all(is_object(message) and "role" in message for message in messages)
    return "model" in body and (
        isinstance(body.get("input"), str | list) or _is_prompt(body.get("prompt"))
    )


def _is_prompt(value: object) -> bool:
    """Whether it is what a text was completed from, and not a list of token ids."""
    return isinstance(value, str) or (
        is_list(value) and bool(value) and all(isinstance(each, str) for each in value)
    )


def is_response(body: object) -> TypeGuard[Json]:
    """Whether a body is what a provider answered with."""
    if not is_object(body):
        return False
    is_blocks = body.get("type") == "message" and "content" in body
    return is_blocks or is_list(body.get("choices")) or is_list(body.get("output"))


def read_bodies(request: Json, response: object) -> Call:
    """A call by its bodies.

    Args:
        request: It passed `is_request`.
        response: Its answer; anything else than a known body means that there is none.

    Raises:
        WrongShapeError: The messages are none.
    """
    system = request.get("instructions", request.get("system"))
    said = next(name for name in _SAID if name in request)
    choice, parallel = read_tool_choice(request.get("tool_choice"))
    call = Call(
        prompt=[*read_messages(system, "system"), *read_messages(request[said])],
        tools=read_tools(request.get("tools")),
        tool_choice=choice,
        parallel_tool_calls=request.get("parallel_tool_calls", parallel),
        model=_text(request.get("model")),
    )
    left = {k: value for k, value in request.items() if k not in _REQUEST and k != said}
    if left:
        call.metadata = {"request": left}
    if is_object(response):
        take_response(call, response)
    return call


def take_response(call: Call, body: Json) -> None:
    """Add to a call what its answer says."""
    response = dict(body)
    call.model = _text(response.get("model")) or call.model
    usage = response.pop("usage", None)
    call.usage = usage if is_object(usage) else None
    if is_list(response.get("choices")):
        choices = [each for each in response.pop("choices") if is_object(each)]
        call.answers = [_choice(each) for each in choices]
        response["choices"] = _list_left(choices)
    elif is_list(response.get("output")):
        call.answers = _responses_answer(response)
    elif response.get("type") == "message" and "content" in response:
        call.answers = _anthropic_answer(response)
    error = response.get("error")
    if error:
        call.error = str(error.get("message", error)) if is_object(error) else str(error)
    left = {name: value for name, value in response.items() if value not in _NOTHING}
    if left:
        call.metadata = {**call.metadata, "response": left}


def _choice(choice: Json) -> Answer:
    """One choice; a stream that was put together may lack the role."""
    message = choice.get("message") or choice.get("delta")
    if not is_object(message):
        message = {"content": choice.get("text")}
    told = {"role": "assistant", **message}
    return Answer(read_messages([told]), read_finish(choice.get("finish_reason")))


def _list_left(choices: Sequence[Json]) -> list[Json]:
    """What choices say beside their messages, such as log probabilities; numbered if several."""
    found = [
        {key: value for key, value in each.items() if key not in _CHOICE and value not in _NOTHING}
        for each in choices
    ]
    if len(choices) > 1:
        found = [left and {"index": at, **left} for at, left in enumerate(found)]
    return [left for left in found if left]


def _responses_answer(response: Json) -> list[Answer]:
    messages = read_messages(response.pop("output"), "assistant")
    if not messages:
        return []
    incomplete: Any = response.get("incomplete_details")
    if any(message.get("tool_calls") for message in messages):
        reason = "tool_calls"
    elif is_object(incomplete):
        reason = read_finish(incomplete.get("reason"))
    else:
        reason = read_finish(response.get("status"))
    return [Answer(messages, reason)]


def _anthropic_answer(response: Json) -> list[Answer]:
    content = response.pop("content")
    messages = read_messages([{"role": "assistant", "content": content}])
    return [Answer(messages, read_finish(response.pop("stop_reason", None)))]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
