"""A small OpenAI-compatible server on loopback that answers as a test says."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

Json = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """One answer: status, headers and body exactly as sent."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


def say(text: str | None, *, finish_reason: str = "stop", **message: Any) -> Served:
    """A chat completion of 1,000 prompt tokens and 100 tokens of reply."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": finish_reason,
    }
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    body = {"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}
    return Served(orjson.dumps(body))


def say_json(value: object) -> Served:
    """A completion whose text is JSON."""
    return say(orjson.dumps(value).decode())


def refuse(status: int, message: str = "no", headers: Json | None = None, **error: Any) -> Served:
    """An error in the provider's envelope."""
    body = orjson.dumps({"error": {"message": message, **error}})
    return Served(body, status, headers or {})


Behaviour = Callable[[Json, int], Served]
"""From a request and its number, counted from 0, to the answer."""


class FakeProvider:
    """The running server and what it was asked."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.requests: list[Json] = []
        self.keys: list[str | None] = []
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.answer(self, orjson.loads(body))

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, handler: BaseHTTPRequestHandler, request: Json) -> None:
        """Note the request and serve the answer to it."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self.keys.append(handler.headers["Authorization"])
        served = self.behave(request, number)
        time.sleep(served.delay_s)
        headers = {"Content-Type": "application/json", **served.headers}
        try:
            handler.send_response(served.status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(served.body)))
            handler.end_headers()
            handler.wfile.write(served.body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up

    @contextmanager
    def running(self) -> Iterator["FakeProvider"]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def in_turn(*answers: Served) -> Behaviour:
    """Each answer once, in order; the last one again and again."""
    return lambda _, number: answers[min(number, len(answers) - 1)]
