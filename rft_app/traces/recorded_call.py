"""A call as the gateway saw it: the bytes of both sides, and when the pieces of the answer came.

The gateway only keeps them; what was said is read later, in the worker, as a span like those that
arrive over OTLP.  Streams are put together, compressed answers unpacked.
"""

import logging
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from rft_app.traces.otlp import UNREADABLE
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.gateway import (
    ASSIGNED,
    DEPLOYMENT,
    FAULT,
    FIRST_TOKEN,
    KEY_ID,
    PATH,
    REQUEST,
    REQUEST_ID,
    RESPONSE,
    RESPONSE_ID,
    SAMPLED,
    SCOPE,
    SHADOW,
    VARIANT,
)
from rft_app.traces.otlp.parts import Json, is_object
from rft_app.traces.otlp.span import Attributes, BrokenRequestError, Event, Span
from rft_app.traces.streams import assemble, list_deltas, read_timed_events

logger = logging.getLogger("rft.intake")

MAX_PLAIN_BYTES: Final = 256_000_000
"""Largest answer after decompression."""
_US: Final = 1_000
_CLIENT: Final = 3
_FAILED: Final = 2
_FIRST_ERROR: Final = 400
_ANY_WRAPPER: Final = 47
"""Window bits: the largest window, with a header of gzip or zlib."""
_SHOWN: Final = 200
"""Characters of an answer in a message."""
_NOTHING: Final[tuple[object, ...]] = (None, "", [])


class Routed(msgspec.Struct, array_like=True, gc=False):
    """What an alias made of a call."""

    deployment_id: str
    alias: str
    variant: str
    """Who is asked."""
    assigned: str
    """Who should answer; another where that one could not."""
    request_id: str
    """The same for all calls that one request of a client makes."""
    is_shadow: bool = False
    """Whether nobody waits for the answer."""
    is_sampled: bool = False
    """Whether a grader looks at the answer."""


class RecordedCall(msgspec.Struct, array_like=True, gc=False):
    """One call and what came of it."""

    trace_id: str
    span_id: str
    parent_id: str
    """Of the caller's own span; empty where it named none."""
    started_ns: int
    """Since 1970."""
    took_us: int
    path: str
    """Below `/v1`, e.g. `chat/completions`."""
    provider: str
    request: bytes
    status: int | None
    """`None` where the provider gave no answer."""
    content_type: str
    content_encoding: str
    pieces: list[tuple[int, bytes]]
    """Of the answer's body, each with the microseconds after which it came."""
    fault: tuple[str, str] | None
    """Kind and message, where the answer is not all that the provider would have said."""
    session: str
    tags: list[str]
    key_id: str = ""
    """Of the key it came with."""
    routed: Routed | None = None
    """Where an alias was called."""


class Feedback(msgspec.Struct, array_like=True, gc=False):
    """What somebody said of an answer."""

    response_id: str
    """As the provider named its answer."""
    name: str
    """What it says something of, e.g. `rating`."""
    value: float | bool | str | None
    comment: str | None
    given_ns: int


_encode = msgspec.msgpack.Encoder().encode
_decode_calls = msgspec.msgpack.Decoder(list[RecordedCall]).decode
_decode_feedback = msgspec.msgpack.Decoder(list[Feedback]).decode


def encode_batch(batch: Sequence[RecordedCall] | Sequence[Feedback]) -> bytes:
    """Calls or feedback, to be kept until they are read."""
    return _encode(batch)


def read_calls(batch: bytes) -> list[Span]:
    """The spans of recorded calls.

    Raises:
        BrokenRequestError: It is no batch of calls.
    """
    try:
        calls = _decode_calls(batch)
    except msgspec.DecodeError as error:
        raise BrokenRequestError(f"The calls cannot be read: {error}.") from error
    return [_read_call(call) for call in calls]


def _read_call(call: RecordedCall) -> Span:
    """The span of a call; one whose answer breaks the reader keeps its bytes and stops no other."""
    try:
        return to_span(call)
    except UNREADABLE as error:
        logger.exception("a recorded call cannot be read")
        span = _make_span(call, _Answer(_join_pieces(call.pieces)))
        span.attributes[FAULT] = f"{type(error).__name__}: {error}"
        return span


def read_feedback(batch: bytes) -> list[Feedback]:
    """Feedback that was kept.

    Raises:
        BrokenRequestError: It is no batch of feedback.
    """
    try:
        return _decode_feedback(batch)
    except msgspec.DecodeError as error:
        raise BrokenRequestError(f"The feedback cannot be read: {error}.") from error


class _Answer(NamedTuple):
    """What came back, as text of JSON."""

    text: str = ""
    body: Json = {}
    first_token_us: int | None = None
    fault: tuple[str, str] | None = None


def to_span(call: RecordedCall) -> Span:
    """The span of a call; bodies are attributes of it."""
    return _make_span(call, _read_answer(call))


def _make_span(call: RecordedCall, answer: _Answer) -> Span:
    request = call.request.decode(errors="replace")
    fault = call.fault or _find_refusal(call, answer) or answer.fault
    attributes: Attributes = {
        PATH: call.path,
        "gateway.provider": call.provider,
        REQUEST: request,
        RESPONSE: answer.text,
        RESPONSE_ID: answer.body.get("id"),
        KEY_ID: call.key_id,
        "session.id": call.session,
        "user.id": _find_user(try_json(request)),
        "tag.tags": [*call.tags, *_name_route(call.routed)],
        "http.response.status_code": call.status,
        "error.type": None if fault is None else fault[0],
    }
    first_us = answer.first_token_us
    if call.routed is not None:
        attributes |= _describe_route(call.routed)
    events = [] if first_us is None else [_first_token(call.started_ns + first_us * _US)]
    return Span(
        trace_id=call.trace_id,
        span_id=call.span_id,
        parent_id=call.parent_id,
        name=call.path,
        kind=_CLIENT,
        start_ns=call.started_ns,
        end_ns=call.started_ns + call.took_us * _US,
        status_code=0 if fault is None else _FAILED,
        status_message="" if fault is None else fault[1],
        attributes={name: value for name, value in attributes.items() if value not in _NOTHING},
        events=events,
        resource={},
        scope=SCOPE,
    )


def _describe_route(routed: Routed) -> Attributes:
    return {
        DEPLOYMENT: routed.deployment_id,
        "gateway.alias": routed.alias,
        VARIANT: routed.variant,
        ASSIGNED: routed.assigned,
        REQUEST_ID: routed.request_id,
        SHADOW: routed.is_shadow or None,
        SAMPLED: routed.is_sampled or None,
    }


def _name_route(routed: Routed | None) -> list[str]:
    """Tags by which traces of an alias are found, e.g. to make a dataset of them."""
    if routed is None:
        return []
    variant = f"variant:{routed.variant}"
    if routed.is_shadow:  # the same request again: no part of what clients of the alias got
        return [f"shadow:{routed.alias}", variant, "shadow"]
    return [f"alias:{routed.alias}", variant]


def _first_token(time_ns: int) -> Event:
    return Event(FIRST_TOKEN, time_ns, {})


def _find_user(request: object) -> str | None:
    if not is_object(request):
        return None
    user = request.get("user") or request.get("safety_identifier")
    return user if isinstance(user, str) else None


def _read_answer(call: RecordedCall) -> _Answer:
    if not call.pieces:
        return _Answer()
    try:
        pieces = list(_unpack(call))
    except (zlib.error, ValueError) as error:
        return _Answer(fault=("unreadable", f"The answer cannot be unpacked: {error}."))
    if call.content_type.partition(";")[0].strip().lower() == "text/event-stream":
        return _read_stream(pieces)
    text = _join_pieces(pieces)
    body = try_json(text)
    if is_object(body):
        return _Answer(text, body)
    kind = call.content_type or "something without a type"
    return _Answer(text, fault=("no_json", f"The provider answered {kind}: {text[:_SHOWN]}"))


def _join_pieces(pieces: Iterable[tuple[int, bytes]]) -> str:
    return b"".join(piece for _, piece in pieces).decode(errors="replace")


def _unpack(call: RecordedCall) -> Iterator[tuple[int, bytes]]:
    coding = call.content_encoding.strip().lower()
    if coding in {"", "identity"}:
        yield from call.pieces
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError(f"it is compressed by {coding}")
    stream = zlib.decompressobj(_ANY_WRAPPER)
    left = MAX_PLAIN_BYTES
    for at_us, piece in call.pieces:
        plain = stream.decompress(piece, left)
        left -= len(plain)
        if not left:
            raise ValueError(f"it holds more than {MAX_PLAIN_BYTES:,} bytes")
        yield at_us, plain


def _read_stream(pieces: Sequence[tuple[int, bytes]]) -> _Answer:
    """The body that a stream makes; what is no known stream stays as it came."""
    events: list[Json] = []
    first_us: int | None = None
    for at_us, event in read_timed_events(_split_lines(pieces)):
        events.append(event)
        if first_us is None and _says_something(event):
            first_us = at_us
    body = assemble(events) or {}
    is_known = bool(body)
    error = _find_error(events)
    if error and not body.get("error"):
        body["error"] = error
    if is_known:
        return _Answer(msgspec.json.encode(body).decode(), body, first_us)
    text = _join_pieces(pieces)
    whole = try_json(text)
    if is_object(whole):
        return _Answer(text, whole)
    if body:
        return _Answer(text, body)
    return _Answer(text, fault=("no_events", "The provider's stream held no answer."))


def _find_error(events: Sequence[Json]) -> object:
    """What went wrong in the middle of a stream, if anything did."""
    told = next((each["error"] for each in events if each.get("error")), None)
    return told or next((each for each in events if each.get("type") == "error"), None)


def _split_lines(pieces: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
    """Lines of a stream, each with the moment at which it was whole."""
    held: list[bytes] = []
    at_us = 0
    for at_us, piece in pieces:
        head, end, rest = piece.rpartition(b"\n")
        if end:
            lines = b"".join([*held, head]).decode(errors="replace")
            yield from ((at_us, line) for line in lines.split("\n"))
            held = []
        held.append(rest)
    yield at_us, b"".join(held).decode(errors="replace")


def _says_something(event: Json) -> bool:
    """Whether an event holds a piece of the answer and not only its frame."""
    kind = event.get("type")
    if isinstance(kind, str):
        return kind.endswith(".delta")
    said = (pair for delta in list_deltas(event) for pair in delta.items())
    return any(value for name, value in said if name != "role")


def _find_refusal(call: RecordedCall, answer: _Answer) -> tuple[str, str] | None:
    error = answer.body.get("error")
    is_refused = call.status is not None and call.status >= _FIRST_ERROR
    if not error and not is_refused:
        return None
    message = error.get("message") if is_object(error) else error
    told = str(message or answer.text[:_SHOWN] or "The provider gave no reason.")
    kind = error.get("code") or error.get("type") if is_object(error) else None
    return str(call.status if is_refused else kind or "error"), told
