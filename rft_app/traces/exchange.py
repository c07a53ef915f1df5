"""A request to a provider and what came back, in any of their APIs, as a draft.

Bodies of Chat Completions keep their very bytes; those of the Responses API and of Anthropic's
Messages API are rewritten as chat messages.  Whatever logged them may have put the response in an
envelope (`{"status": 200, "body": {…}}`), written it as text, or kept the pieces of its stream.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.chat import chat_of, parse_chat
from rft_app.traces.draft import Draft, clean
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null, require_plain, starts_with
from rft_app.traces.otlp.bodies import read_bodies
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.parts import Json
from rft_app.traces.streams import assemble, read_events

_REQUEST_FIELDS: Final = ("tools", "tool_choice", "parallel_tool_calls")
_BODY: Final = "body"
_STREAMS: Final = ("stream_chunks", "streamed_data", "chunks", "events")
_BLOCKS: Final = (b'"tool_use"', b'"tool_result"', b'"thinking"', b'"source"', b'"input_')
"""Types of content that Chat Completions does not know; a text that says so costs only time."""
_FAILED: Final = 400
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
_decode_row = msgspec.json.Decoder(Row).decode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Response(NamedTuple):
    """What came back."""

    body: Row | None
    envelope: Row
    """What a log says of it beside its body."""
    text: msgspec.Raw | None = None
    """What is no body of a provider, such as a page of HTML."""


def open_object(raw: msgspec.Raw | None) -> Row | None:
    """The fields of an object, also of one that is written as JSON text; `None` for others."""
    if starts_with(raw, b'"'):
        text = (as_text(raw) or "").encode(errors="replace")
        raw = msgspec.Raw(text) if text[:1] == b"{" else None
    if raw is None or not starts_with(raw, b"{"):
        return None
    try:
        return _decode_row(raw)
    except msgspec.DecodeError:
        return None


def pack(value: object) -> msgspec.Raw:
    """A value as JSON."""
    return msgspec.Raw(msgspec.json.encode(value))


def tell(row: Row, **names: str) -> None:
    """Say things by the names that all traces have for them, where the row has others.

    Args:
        row: Changed; its own fields stay.
        names: The row's name of each.
    """
    for name, own in names.items():
        raw = row.get(own)
        if name not in row and raw is not None and bytes(raw) not in {b"null", b'""', b"[]"}:
            row[name] = raw


def draft_exchange(request: Row, response: msgspec.Raw | None, rest: Row) -> Draft:
    """What was said, and what is left of request and response as metadata under these names.

    Args:
        request: The body that was posted; may be emptied.
        response: The body that came back, in an envelope or not; `None` where nothing did.
        rest: The other fields of the row.

    Raises:
        WrongShapeError: The request holds no messages.
    """
    if "messages" not in request and "input" not in request and "prompt" not in request:
        raise WrongShapeError("`messages` is missing in the request.")
    answer = _read_response(response)
    if answer.envelope:
        rest["http"] = pack(answer.envelope)
    if answer.text is not None:
        rest["response"] = answer.text
    if _is_chat(request, answer.body):
        draft = _draft_chat(request, answer.body, rest)
    else:
        draft = _draft_other(request, answer.body, rest)
    is_refused = (_find_status(answer.envelope) or 0) >= _FAILED
    if is_refused or (not _is_answered(draft) and _says_error(rest)):
        draft.status = TraceStatus.ERROR
    return draft


def draft_call(call: Call, rest: Row, latency_ms: float | None = None) -> Draft:
    """A draft of what somebody understood of one call; its first choice is the answer.

    Raises:
        WrongShapeError: What was said is no chat, or nested too deeply.
    """
    answer = call.answers[0] if call.answers else None
    said = msgspec.json.encode([*call.prompt, *(answer.messages if answer else ())])
    require_plain(said)
    draft = Draft(parse_chat(msgspec.Raw(said)), rest)
    draft.num_prompt_messages = len(call.prompt)
    draft.is_call = True
    draft.model = None if call.model is None else clean(call.model)
    draft.body = raw_fields(
        {
            "tools": call.tools,
            "tool_choice": call.tool_choice,
            "parallel_tool_calls": call.parallel_tool_calls,
            "finish_reason": answer.finish_reason if answer else None,
            "usage": call.usage,
            "latency_ms": latency_ms,
        }
    )
    others = [
        {"messages": each.messages, "finish_reason": each.finish_reason}
        for each in call.answers[1:]
    ]
    rest |= raw_fields(
        {
            "time_to_first_token_ms": call.first_token_ms,
            "other_answers": others,
            **call.metadata,
        }
    )
    if call.error and answer is None:
        draft.status = TraceStatus.ERROR
    return draft


def raw_fields(fields: Json) -> Row:
    """Fields as JSON, without those that say nothing."""
    return {name: pack(value) for name, value in fields.items() if value not in _NOTHING}


def _read_response(raw: msgspec.Raw | None) -> Response:
    if raw is None or is_null(raw):
        return Response(None, {})
    if starts_with(raw, b"["):
        return _read_stream(msgspec.json.decode(raw, type=list[object]), raw)
    body = open_object(raw)
    if body is None:
        return _read_stream(read_events(as_text(raw) or ""), raw)
    return _open_envelope(body)


def _open_envelope(body: Row) -> Response:
    """A body, or what a log put around it."""
    for name in _STREAMS:
        pieces = body.get(name)
        if starts_with(pieces, b"[") or starts_with(pieces, b'"'):
            return _read_response(body.pop(name))._replace(envelope=body)
    if _BODY in body and ("status" in body or "status_code" in body or len(body) == 1):
        inner = _read_response(body.pop(_BODY))
        return inner._replace(envelope={**body, **inner.envelope})
    return Response(body, {})


def _read_stream(pieces: Iterable[object], raw: msgspec.Raw) -> Response:
    whole = assemble(pieces)
    return Response(None, {}, raw) if whole is None else Response(_decode_row(pack(whole)), {})


def _find_status(envelope: Row) -> int | None:
    raw = envelope.get("status", envelope.get("status_code"))
    text = as_text(raw) or ""
    return int(text) if text.isdecimal() else None


def _is_chat(request: Row, response: Row | None) -> bool:
    """Whether both are of Chat Completions, so that their bytes can stay."""
    messages = request.get("messages")
    if messages is None or not starts_with(messages, b"["):
        return False
    answer = response or {}
    if not starts_with(answer.get("choices"), b"["):
        answers = (answer.get("content"), answer.get("output"))
        if any(starts_with(raw, b"[") for raw in answers) or is_said(request.get("system")):
            return False
    return not any(kind in bytes(messages) for kind in _BLOCKS)


def is_said(system: msgspec.Raw | None) -> bool:
    """Whether a system prompt stands beside the messages, as Anthropic's API has it."""
    return starts_with(system, b'"') or starts_with(system, b"[")


def _is_answered(draft: Draft) -> bool:
    return len(draft.chat.messages) > (draft.num_prompt_messages or 0)


def _says_error(rest: Row) -> bool:
    """Whether a field `error` of the row holds one."""
    raw = rest.get("error")
    return raw is not None and bytes(raw) not in {b"null", b'""', b"{}", b"false"}


def _draft_other(request: Row, response: Row | None, rest: Row) -> Draft:
    given: Json = dict(_decode(pack(request)))
    if "messages" not in given and "input" not in given:
        given["input"] = given.pop("prompt")
    answer = None if response is None else _decode(pack(response))
    call = read_bodies(given, answer)
    draft = draft_call(call, rest)
    if call.error is not None:
        draft.status = TraceStatus.ERROR
    return draft


def _draft_chat(request: Row, response: Row | None, rest: Row) -> Draft:
    prompt = parse_chat(request.pop("messages"), "request.messages")
    draft = Draft(prompt, rest, num_prompt_messages=len(prompt.messages), is_call=True)
    if response is not None:
        _take_answer(draft, response)
    for name in _REQUEST_FIELDS:
        raw = request.get(name)
        if raw is not None and (name != "tools" or starts_with(raw, b"[")):
            draft.body[name] = request.pop(name)
    if starts_with(request.get("model"), b'"'):
        draft.model = as_text(request.pop("model"))
    if request:
        draft.rest["request"] = pack(request)
    return draft


def _take_answer(draft: Draft, response: Row) -> None:
    """Move the first choice's message from the response to the conversation."""
    if not is_null(response.get("error")):
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
    packed = [pack(choice) for choice in choices if choice]
    if packed:
        response["choices"] = pack(packed)
    if response:
        rest["response"] = pack(response)


def _first_choice(response: Row) -> tuple[Row, list[Row]]:
    """The first choice and the others; `choices` stays where it is no list of objects."""
    try:
        choices = msgspec.json.decode(response["choices"], type=list[Row])
    except (KeyError, msgspec.ValidationError):
        return {}, []
    del response["choices"]
    return (choices[0], choices[1:]) if choices else ({}, [])
