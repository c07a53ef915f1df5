"""The body of an OTLP request: read up to a limit, decompressed up to the same limit."""

import zlib
from typing import ClassVar, Final

from fastapi import Request

from rft_app.errors import BusyError, TooLargeError
from rft_app.settings import get_settings
from rft_app.traces.otlp.span import BrokenRequestError

_GZIP: Final = 31
"""Window bits: the largest window, with a gzip header."""
_PASSED_OVER_BYTES: Final = 1 << 30
"""Of a body beyond the limit; a sender who is cut off sooner sees no answer."""
_CHUNK_BYTES: Final = 1 << 20
_SLICE_BYTES: Final = 1 << 16
"""Packed bytes that are given to the decompressor at a time; what a member leaves is copied."""
_MOST_MEMBERS: Final = 100
"""Members of one gzip body; senders write one."""
_AT_ONCE: Final = 4
"""Largest bodies that fit into memory together; most are a hundredth of that."""


class Received:
    """A body that is received and not read yet; all of this process share a limit of memory."""

    _all_bytes: ClassVar[int] = 0

    def __init__(self) -> None:
        self._held_bytes = 0

    def __enter__(self) -> "Received":
        return self

    def __exit__(self, *_: object) -> None:
        self._hold(0)

    async def read(self, request: Request) -> bytes:
        """The body as it was sent.

        Raises:
            TooLargeError: It has more bytes than the limit.
            BusyError: Other requests take the memory; it is to come again.
        """
        limit = get_settings().max_otlp_bytes
        body = bytearray()
        num_bytes = 0
        async for chunk in request.stream():
            num_bytes += len(chunk)
            if num_bytes <= limit:
                self._hold(num_bytes)
                body += chunk
            elif num_bytes > limit + _PASSED_OVER_BYTES:
                break
            else:
                body.clear()
                self._hold(0)
        if num_bytes > limit:
            raise _too_large(limit)
        return bytes(body)

    def _hold(self, num_bytes: int) -> None:
        others = Received._all_bytes - self._held_bytes
        if num_bytes and others and others + num_bytes > _AT_ONCE * get_settings().max_otlp_bytes:
            raise BusyError("Too many requests are being received. Send it again.")
        Received._all_bytes = others + num_bytes
        self._held_bytes = num_bytes


def decompress(body: bytes) -> bytes:
    """What gzip packed; a bomb is let go as soon as it reaches the limit.

    Raises:
        BrokenRequestError: It is not gzip, it is cut off, or it is many gzip files in a row.
        TooLargeError: It holds more bytes than the limit.
    """
    limit = get_settings().max_otlp_bytes
    found = bytearray()
    packed = memoryview(body)
    start = num_members = 0
    while start < len(packed):
        num_members += 1
        if num_members > _MOST_MEMBERS:
            raise BrokenRequestError(
                f"The body is more than {_MOST_MEMBERS} gzip files in a row. Send one."
            )
        start = _read_member(packed, start, found, limit)
    return bytes(found)


def _read_member(packed: memoryview, start: int, found: bytearray, limit: int) -> int:
    """Unpack the member that begins at `start`; returns where the next one begins."""
    stream = zlib.decompressobj(_GZIP)
    while not stream.eof:
        left: bytes | memoryview = packed[start : start + _SLICE_BYTES]
        if not left:
            raise BrokenRequestError("The body is gzip that is cut off.")
        start += len(left)
        while left and not stream.eof:
            try:
                found += stream.decompress(left, _CHUNK_BYTES)
            except zlib.error as error:
                raise BrokenRequestError(f"The body is not gzip: {error}.") from error
            left = stream.unconsumed_tail
            if len(found) > limit:
                raise _too_large(limit)
    return start - len(stream.unused_data)


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"The request holds more than {limit:,} bytes, the limit of RFT_MAX_OTLP_BYTES. "
        "Send smaller batches or raise the limit."
    )
