"""A provider on loopback that does what a test says, piece by piece."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Json = dict[str, Any]
PATIENCE_S = 20.0


class Asked:
    """One request, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self.method = handler.command
        self.path = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = handler.rfile.read(int(self.headers.get("content-length", 0)))
        self.is_lost = threading.Event()
        """Set once writing fails because nobody reads any more."""

    @property
    def json(self) -> Json:
        """The body."""
        return orjson.loads(self.body)

    def answer(
        self,
        body: bytes,
        status: int = 200,
        headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),),
    ) -> None:
        """Answer in one piece."""
        self._begin(status, [*headers, ("Content-Length", str(len(body)))])
        self._handler.wfile.write(body)

    def answer_json(self, value: object, status: int = 200) -> None:
        """The same with JSON."""
        self.answer(orjson.dumps(value), status)

    def begin_stream(self) -> None:
        """Answer with events."""
        headers = [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")]
        self._begin(200, headers)

    def send(self, piece: bytes) -> None:
        """One piece of a stream."""
        try:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        except OSError:
            self.is_lost.set()

    def send_event(self, value: object) -> None:
        """One event of a stream."""
        self.send(b"data: " + orjson.dumps(value) + b"\n\n")

    def end(self) -> None:
        """The end of a stream."""
        self._handler.wfile.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """Close the connection in the middle."""
        self._handler.close_connection = True

    def _begin(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self._handler.send_response_only(status)
        for name, value in headers:
            self._handler.send_header(name, value)
        self._handler.end_headers()


class Upstream:
    """The running provider and what it was asked."""

    def __init__(self) -> None:
        self.behave: Callable[[Asked], object] = lambda asked: asked.answer_json(complete())
        self.asked: list[Asked] = []
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                asked = Asked(self)
                upstream.asked.append(asked)
                upstream.behave(asked)

            def do_GET(self) -> None:
                self.do_POST()

            def do_CONNECT(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator["Upstream"]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def complete(text: str | None = "Hello", number: int = 1, **message: Any) -> Json:
    """A chat completion."""
    reply = {"role": "assistant", "content": text, **message}
    reason = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "small-2026",
        "choices": [{"index": 0, "message": reply, "finish_reason": reason}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
    }


def chunk(delta: Json | None, reason: str | None = None, index: int = 0, **more: Any) -> Json:
    """A piece of a streamed completion."""
    choice = {"index": index, "delta": delta, "finish_reason": reason}
    return {
        "id": "chatcmpl-7",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "small-2026",
        "choices": [] if delta is None else [choice],
        **more,
    }
