"""One call on its way: to the provider, back to the client piece by piece, and to the recorder."""

import asyncio
import random
import re
import time
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final, NamedTuple

import aiohttp

from rft_app.gateway.asgi import Headers, Receive, Send, answer, refuse
from rft_app.gateway.headers import read_tags, to_client
from rft_app.gateway.providers import Provider
from rft_app.gateway.recorder import Recorder
from rft_app.traces.otlp.span import SPAN_ID_DIGITS, TRACE_ID_DIGITS
from rft_app.traces.recorded_call import RecordedCall, Routed

_CONNECT_TIMEOUT_S: Final = 10.0
_KEEP_ALIVE_S: Final = 4.0
"""Shorter than what servers allow, so that none closes a connection that is about to be used."""
_UNNOTICED_S: Final = 0.1
"""Nobody looks sooner whether the client is still there."""
_AT_ONCE_BYTES: Final = 65_536
"""An answer up to this size that is no stream goes on in one piece."""
_NS_IN_US: Final = 1_000
_TRACE_PARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-")
_random = random.Random()  # of the system's entropy, without a system call for each number
_ENDPOINT_FAILED: Final = frozenset({401, 403, 404, 500, 502, 503, 504, 529})
"""Statuses that tell of the endpoint rather than of the request."""
CLIENT_GONE: Final = ("client_disconnected", "The client went away before the answer was whole.")
LEFT_WAITING: Final = ("client_left_waiting", "The client went away before anything was said.")
"""Of calls of aliases, where it tells something of who was asked."""
_STOPPED: Final = ("gateway_stopped", "The gateway was stopped before the answer was whole.")


class Call:
    """A call while it lasts."""

    __slots__ = (
        "_begun_ns",
        "_num_bytes",
        "content_encoding",
        "content_type",
        "fault",
        "has_begun",
        "headers",
        "is_client_gone",
        "is_provisional",
        "key_id",
        "labels",
        "path",
        "patience_s",
        "pieces",
        "provider",
        "query",
        "request",
        "routed",
        "started_ns",
        "status",
    )

    def __init__(
        self, path: str, query: str, headers: Sequence[tuple[str, str]], request: bytes
    ) -> None:
        self.path = path
        self.query = query
        self.headers = headers
        """For the provider."""
        self.labels: Mapping[str, str] = {}
        """Headers of the client that are for us."""
        self.key_id = ""
        """Of the key it came with."""
        self.request = request
        self.provider = ""
        self.status: int | None = None
        self.content_type = ""
        self.content_encoding = ""
        self.pieces: list[tuple[int, bytes]] = []
        self.fault: tuple[str, str] | None = None
        self.has_begun = False
        """Whether the client has the answer's head."""
        self.is_client_gone = False
        self.routed: Routed | None = None
        """Which alias it was sent to, and who is asked."""
        self.is_provisional = False
        """Whether somebody else is asked where this one cannot answer, and the client sees none of
        its failure."""
        self.patience_s: float | None = None
        """How long it may be silent at first; as long as later for `None`."""
        self.started_ns = time.time_ns()
        self._begun_ns = time.perf_counter_ns()
        self._num_bytes = len(request)

    def note_head(self, status: int, headers: Headers) -> None:
        """Keep what the record tells of the answer's head."""
        self.status = status
        for name, value in headers:
            if name == b"content-type":
                self.content_type = value.decode("latin-1")
            elif name == b"content-encoding":
                self.content_encoding = value.decode("latin-1")

    def note(self, piece: bytes, limit: int) -> None:
        """Keep a piece of the answer, as long as they all are no larger than the limit."""
        self._num_bytes += len(piece)
        if self._num_bytes <= limit:
            self.pieces.append((self._elapsed_us(), piece))
        else:
            self.pieces.clear()

    def is_larger_than(self, limit: int) -> bool:
        """Whether not all of it was kept."""
        return self._num_bytes > limit

    def finish(self) -> RecordedCall:
        """What is recorded of it."""
        known = self.labels
        parent = _TRACE_PARENT.match(known.get("traceparent", ""))
        return RecordedCall(
            trace_id=parent[1] if parent else _make_id(TRACE_ID_DIGITS),
            span_id=_make_id(SPAN_ID_DIGITS),
            parent_id=parent[2] if parent else "",
            started_ns=self.started_ns,
            took_us=self._elapsed_us(),
            path=self.path,
            provider=self.provider,
            request=self.request,
            status=self.status,
            content_type=self.content_type,
            content_encoding=self.content_encoding,
            pieces=self.pieces,
            fault=self.fault,
            session=known.get("x-rft-session", ""),
            tags=read_tags(known.get("x-rft-tags", "")),
            key_id=self.key_id,
            routed=self.routed,
        )

    @property
    def is_failed(self) -> bool:
        """Whether there is no answer that another model would not do better."""
        return self.fault is not None or self.status in _ENDPOINT_FAILED

    def answer_headers(self, headers: Headers) -> Headers:
        """What the client gets: where an alias was called, who answered, too."""
        if self.routed is None:
            return headers
        alias, variant = self.routed.alias.encode(), self.routed.variant.encode()
        return [*headers, (b"x-rft-alias", alias), (b"x-rft-variant", variant)]

    def _elapsed_us(self) -> int:
        return (time.perf_counter_ns() - self._begun_ns) // _NS_IN_US


class _Answer(NamedTuple):
    """An answer whose head has come."""

    call: Call
    response: aiohttp.ClientResponse
    headers: Headers
    """For the client."""
    silence: asyncio.Timeout
    """Ends it while nothing was said."""


class Relay:
    """Passes calls on over connections that stay open."""

    def __init__(self, recorder: Recorder, timeout_s: float, max_bytes: int) -> None:
        self._recorder = recorder
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connections; made where a loop runs."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_TIMEOUT_S, sock_read=self._timeout_s
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def record(self, call: Call, provider: Provider, receive: Receive, send: Send) -> None:
        """Pass a call on, stop it when the client goes away, and record it either way."""
        task = asyncio.current_task()
        assert task is not None, "ASGI applications run in tasks."
        watch = _Watch(receive, task, call)
        try:
            await self.pass_on(call, provider, "POST", send)
        except asyncio.CancelledError:
            if not call.is_client_gone:
                call.fault = _STOPPED
                raise
            task.uncancel()
            is_unheard = call.routed is not None and not call.has_begun
            call.fault = LEFT_WAITING if is_unheard else CLIENT_GONE
        finally:
            watch.stop()
            if call.is_larger_than(self._max_bytes):
                self._recorder.lose()
            else:
                self._recorder.add_call(call.finish())

    async def pass_on(self, call: Call, provider: Provider, method: str, send: Send) -> None:
        """Ask the provider and answer with what it says, its bytes untouched.

        An answer that breaks off behind its head is left unfinished, which tells the client so.
        """
        call.provider = provider.name
        try:
            async with (
                asyncio.timeout(call.patience_s) as silence,
                self.session.request(
                    method,
                    provider.url(call.path, call.query),
                    data=_to_data(call.request),
                    headers=call.headers,
                    allow_redirects=False,
                    proxy=provider.proxy,
                    proxy_headers=provider.proxy_headers,
                ) as response,
            ):
                headers = to_client(response.raw_headers)
                call.note_head(response.status, headers)
                await self._pass_back(_Answer(call, response, headers, silence), send)
        except aiohttp.ConnectionTimeoutError:
            told = f"The provider {provider.name!r} was not reached in {_CONNECT_TIMEOUT_S:g} s."
            await _fail(call, send, 504, ("upstream_unreachable", told))
        except TimeoutError:
            waited_s = self._timeout_s if call.has_begun else call.patience_s or self._timeout_s
            told = f"The provider {provider.name!r} was silent for {waited_s:g} s."
            await _fail(call, send, 504, ("upstream_timeout", told))
        except aiohttp.ClientConnectorError as error:
            told = f"The provider {provider.name!r} cannot be reached: {_explain(error)}."
            await _fail(call, send, 502, ("upstream_unreachable", told))
        except (aiohttp.ClientError, OSError) as error:
            told = f"The provider {provider.name!r} broke the connection: {_explain(error)}."
            await _fail(call, send, 502, ("upstream_broken", told))

    async def _pass_back(self, came: "_Answer", send: Send) -> None:
        call, response = came.call, came.response
        if call.is_provisional and call.is_failed:
            call.note(await response.content.read(_AT_ONCE_BYTES), self._max_bytes)
            return
        headers = call.answer_headers(came.headers)
        length = response.content_length
        if length is not None and length <= _AT_ONCE_BYTES:
            body = await response.read()
            call.note(body, self._max_bytes)
            call.has_begun = True
            await answer(send, response.status, headers, body)
            return
        piece = await response.content.readany() if call.is_provisional else b""
        came.silence.reschedule(None)
        call.has_begun = True
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        while piece := piece or await response.content.readany():
            call.note(piece, self._max_bytes)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = b""
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _to_data(body: bytes) -> bytes | BytesIO | None:
    """A body to be sent; in pieces where it is large, so that others are not held up."""
    return BytesIO(body) if len(body) > _AT_ONCE_BYTES else body or None


def _make_id(num_digits: int) -> str:
    return f"{_random.getrandbits(4 * num_digits) or 1:0{num_digits}x}"


class _Watch:
    """Cancels the task of a call whose client went away; most calls end before it begins."""

    def __init__(self, receive: Receive, task: asyncio.Task[None], call: Call) -> None:
        self._receive = receive
        self._of = task
        self._call = call
        self._own: asyncio.Task[None] | None = None
        self._timer = task.get_loop().call_later(_UNNOTICED_S, self._begin)

    def stop(self) -> None:
        """The call has ended."""
        self._timer.cancel()
        if self._own is not None:
            self._own.cancel()

    def _begin(self) -> None:
        self._own = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._call.is_client_gone = True
        self._of.cancel()


def _explain(error: aiohttp.ClientError | OSError) -> str:
    """Why, without addresses, which texts of the library have and which may hold passwords."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"its proxy answered {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or type(error).__name__


async def _fail(call: Call, send: Send, status: int, fault: tuple[str, str]) -> None:
    """Keep why there is no whole answer; say so where nothing of it was sent."""
    call.fault = fault
    if not call.has_begun and not call.is_provisional:
        call.has_begun = True
        await refuse(send, status, *fault, call.answer_headers([]))
