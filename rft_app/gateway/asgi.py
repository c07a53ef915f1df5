"""The little of ASGI that the gateway needs: bodies in, answers and refusals out."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Take = Callable[[int], bool]

_JSON: Headers = [(b"content-type", b"application/json")]
_PASSED_OVER_BYTES = 1 << 30
"""Of a body beyond the limit; a sender who is cut off sooner sees no answer."""


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


async def read_body(receive: Receive, limit: int, take: Take = lambda _: True) -> bytes | None:
    """The body of a request, all of it read; `None` when it is not kept.

    Args:
        receive: From the client.
        limit: A body with more bytes is not kept.
        take: Asked before more is kept, with the bytes there are then; `False` ends keeping. It
            is told 0 when nothing is kept any more.

    Raises:
        ClientGoneError: The client went away while it sent.
    """
    pieces: list[bytes] = []
    num_bytes = 0
    is_kept = has_more = True
    while has_more and num_bytes <= limit + _PASSED_OVER_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        pieces.append(message.get("body", b""))
        num_bytes += len(pieces[-1])
        is_kept = is_kept and num_bytes <= limit and take(num_bytes)
        if not is_kept:
            pieces.clear()
            take(0)
        has_more = message.get("more_body", False)
    return b"".join(pieces) if is_kept else None


async def answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """A whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_json(
    send: Send, value: object, status: int = 200, headers: Headers | None = None
) -> None:
    """An answer of our own."""
    await answer(send, status, [*_JSON, *(headers or ())], orjson.dumps(value))


async def refuse(
    send: Send, status: int, code: str, message: str, headers: Headers | None = None
) -> None:
    """A refusal in the shape of OpenAI's API, whose clients show the message."""
    kind = "invalid_request_error" if status < 500 else "gateway_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    await answer_json(send, {"error": error}, status, headers)
