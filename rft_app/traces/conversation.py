"""What tells that one call goes on with the conversation of another.

A client sends the whole conversation with every call, and writes the answers that it got in words
of its own: keys that say nothing are gone, arguments have other spaces, ids are others.  Who says
what, and which tools are called with what, stays.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from rft_app.domain.message import text_of
from rft_app.domain.trace import Growth
from rft_app.traces.chat import LightMessage

MAX_PREFIXES: Final = 256
"""Of the longest beginnings; nobody loses more calls in a row than that."""
_AS_BYTES: Final = ("utf-8", "surrogatepass")
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder().decode


def measure_growth(messages: Sequence[LightMessage], num_given: int) -> Growth | None:
    """Fingerprints of a call; `None` where it has no answer to go on from.

    Args:
        messages: What was given to the model, and its answer behind that.
        num_given: How many of them were given.
    """
    if len(messages) <= num_given or messages[-1].role != "assistant":
        return None
    digest = blake2b(digest_size=8)
    prefixes: list[int] = []
    for place, message in enumerate(messages):
        digest.update(b"".join([b"%d:%b" % (len(piece), piece) for piece in _pieces(message)]))
        if place < num_given and message.role == "assistant":
            prefixes.append(int.from_bytes(digest.digest(), "big", signed=True))
    whole = int.from_bytes(digest.digest(), "big", signed=True)
    return Growth(whole, tuple(prefixes[-MAX_PREFIXES:]))


def _pieces(message: LightMessage) -> list[bytes]:
    """All that a message says."""
    content = message.content
    text = content if isinstance(content, str) else text_of(content)
    pieces = [message.role.encode(*_AS_BYTES), text.strip().encode(*_AS_BYTES)]
    if isinstance(content, list):
        pieces += [_encode(part) for part in content if part.get("type") != "text"]
    for call in message.tool_calls or ():
        function = call.function
        pieces += (function.name.encode(*_AS_BYTES), _rewrite(function.arguments))
    return pieces


def _rewrite(arguments: str) -> bytes:
    try:
        return _encode(_decode(arguments))
    except (msgspec.MsgspecError, RecursionError):
        return arguments.encode(*_AS_BYTES)
