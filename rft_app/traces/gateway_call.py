"""`{"id": "…", "trace_id": "…", "request": {…}, "response": {…}, "feedback": {…}}`.

One call of a model as an OpenAI-compatible gateway logs it: the bodies of the Chat Completions
API.  A call that failed is kept without an answer.
"""

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft
from rft_app.traces.line import Row, WrongShapeError, as_text, starts_with

_REQUEST_FIELDS = ("tools", "tool_choice", "parallel_tool_calls")


class GatewayCall:
    """The request's messages, and the first choice of the response as the answer."""

    name = "gateway_call"
    label = "Gateway calls (request and response)"

    def matches(self, row: Row) -> bool:
        """`request` as an object."""
        return starts_with(row.get("request"), b"{")

    def draft(self, row: Row) -> Draft:
        """What is left of request and response stays in the metadata under these names."""
        if not self.matches(row):
            raise WrongShapeError("`request` is not an object.")
        request = msgspec.json.decode(row.pop("request"), type=Row)
        if "messages" not in request:
            raise WrongShapeError("`request.messages` is missing.")
        prompt = parse_chat(request.pop("messages"), "request.messages")
        draft = Draft(prompt, row, num_prompt_messages=len(prompt.messages), is_call=True)
        _take_answer(draft)
        _take_request(draft, request)
        return draft


def _take_request(draft: Draft, request: Row) -> None:
    for name in _REQUEST_FIELDS:
        raw = request.get(name)
        if raw is not None and (name != "tools" or starts_with(raw, b"[")):
            draft.body[name] = request.pop(name)
    if starts_with(request.get("model"), b'"'):
        draft.model = as_text(request.pop("model"))
    if request:
        draft.rest["request"] = _pack(request)


def _take_answer(draft: Draft) -> None:
    """Move the first choice's message from the response to the conversation."""
    if not starts_with(draft.rest.get("response"), b"{"):
        return
    response = msgspec.json.decode(draft.rest.pop("response"), type=Row)
    if starts_with(response.get("error"), b"{"):
        draft.status = TraceStatus.ERROR
    first, others = _first_choice(response)
    message = first.pop("message", None)
    if starts_with(message, b"{"):
        draft.chat = chat_of(("user", draft.chat.raw), ("assistant", message))
    elif message is not None:
        first["message"] = message
    for name, fields in (("finish_reason", first), ("usage", response)):
        if name in fields and name not in draft.rest:
            draft.body[name] = fields.pop(name)
    _keep_response(draft.rest, response, [first, *others])


def _keep_response(rest: Row, response: Row, choices: list[Row]) -> None:
    if len(choices) == 1:
        choices[0].pop("index", None)
    packed = [_pack(choice) for choice in choices if choice]
    if packed:
        response["choices"] = msgspec.Raw(msgspec.json.encode(packed))
    if response:
        rest["response"] = _pack(response)


def _first_choice(response: Row) -> tuple[Row, list[Row]]:
    """The first choice and the others; `choices` stays where it is no list of objects."""
    try:
        choices = msgspec.json.decode(response["choices"], type=list[Row])
    except (KeyError, msgspec.ValidationError):
        return {}, []
    del response["choices"]
    return (choices[0], choices[1:]) if choices else ({}, [])


def _pack(fields: Row) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(fields))
