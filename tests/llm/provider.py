"""A small OpenAI-compatible server on loopback that answers as a test says."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from rft_app.settings import get_settings

Json = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """One answer: status, headers and body exactly as sent."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    is_cut: bool = False
    """Whether the connection ends in the middle of the body."""


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


def say_no_choice() -> Served:
    """A chat completion that counts its tokens and holds no answer at all."""
    body = orjson.loads(say("").body)
    return Served(orjson.dumps({**body, "choices": []}))


def say_json(value: object) -> Served:
    """A completion whose text is JSON."""
    return say(orjson.dumps(value).decode())


def refuse(status: int, message: str = "no", headers: Json | None = None, **error: Any) -> Served:
    """An error in the provider's envelope."""
    body = orjson.dumps({"error": {"message": message, **error}})
    return Served(body, status, headers or {})


def refuse_as_google(key: str) -> Served:
    """A key that is not valid, as Google's compatible endpoint tells it, with the key in it."""
    message = f"API key not valid. Please pass a valid API key. {key}"
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    return Served(orjson.dumps([{"error": error}]), 400)


def refuse_softly(key: str) -> Served:
    """The same in an answer whose status is good."""
    return Served(orjson.dumps({"error": {"message": f"Incorrect API key: {key}", "code": 401}}))


MODERATED = refuse(
    403,
    "This model requires moderation. Your input was flagged.",
    code=403,
    metadata={"reasons": ["harassment"], "flagged_input": "my invalid API key"},
)
"""A question that a router's moderation stops; the key is good."""


Behaviour = Callable[[Json, int], Served]
"""From a request and its number, counted from 0, to the answer."""


class FakeProvider:
    """The running server and what it was asked."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.models = refuse(404, "no list of models")
        """The answer to who asks for the list."""
        self.requests: list[Json] = []
        self.keys: list[str | None] = []
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.answer(self, orjson.loads(body))

            def do_GET(self) -> None:
                provider.serve(self, provider.models)

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
        self.serve(handler, served)

    def serve(self, handler: BaseHTTPRequestHandler, served: Served) -> None:
        """Send an answer as it is."""
        headers = {"Content-Type": "application/json", **served.headers}
        try:
            handler.send_response(served.status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(served.body)))
            handler.end_headers()
            handler.wfile.write(served.body[: len(served.body) // (2 if served.is_cut else 1)])
            handler.close_connection = handler.close_connection or served.is_cut
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


@contextmanager
def configured(
    monkeypatch: pytest.MonkeyPatch, behave: Behaviour, **values: str
) -> Iterator[FakeProvider]:
    """A provider that this process is configured for; `values` as in the environment, without
    `RFT_LLM_`."""
    with FakeProvider(behave).running() as provider:
        defaults = {
            "BASE_URL": provider.url,
            "API_KEY": "sk-test",
            "MODELS": "good=1/10, local",
            "CONCURRENCY": "2",
            "MAX_ATTEMPTS": "2",
        }
        for name, value in {**defaults, **values}.items():
            monkeypatch.setenv(f"RFT_LLM_{name}", value)
        get_settings.cache_clear()
        yield provider


def in_turn(*answers: Served) -> Behaviour:
    """Each answer once, in order; the last one again and again."""
    return lambda _, number: answers[min(number, len(answers) - 1)]


PAGE = b"<html><body>Sign in</body></html>"
FAILURES: dict[str, tuple[Served, str]] = {
    "a wrong key": (refuse(401, "wrong key"), "Check RFT_LLM_API_KEY"),
    "no credit": (refuse(402, "empty account"), "Top up the provider's account"),
    "no patience": (refuse(429, headers={"Retry-After": "600"}), "asks to wait 600 s"),
    "a fault": (refuse(500, "broken"), "500: broken. Try again later"),
    "a page": (
        Served(PAGE, headers={"Content-Type": "text/html"}),
        "check RFT_LLM_BASE_URL: no chat API",
    ),
    "nothing": (Served(b""), "nothing. Check RFT_LLM_BASE_URL"),
    "silence": (say(""), "The model said nothing"),
    "nonsense": (say("Sure! Here is what I think."), "reply: Invalid JSON"),
    "another shape": (say_json({"answers": 7}), "Field required"),
    "a text cut off": (say('{"places": [', finish_reason="length"), "cut off after 100 tokens"),
    "a refusal": (say(None, refusal="I will not do that."), "I will not do that. The model"),
    "a filter": (say("", finish_reason="content_filter"), "content filter stopped the reply"),
    "no choice": (say_no_choice(), "The model said nothing"),
    "a stream cut off": (Served(say("x" * 5000).body, is_cut=True), "RFT_LLM_BASE_URL and the"),
}
"""What providers do instead of helping, and a part of what a person must then read."""

ODD_GRADES: dict[str, Served] = {
    "a code fence": say('```json\n{"reasoning": "It matches.", "score": 1}\n```'),
    "words around it": say('I weighed it.\n{"reasoning": "It matches.", "score": "1.0"}\nDone.'),
    "out of range": say_json({"reasoning": "Far too good.", "score": 7}),
    "an abstention": say_json({"reasoning": "No source.", "score": 0, "abstain": True}),
}
"""What judges reply whose score goes from 0 to 1, beside doing as they are told."""
A_MOMENT = refuse(429, "slow down", headers={"Retry-After": "1"})
"""A short wait is asked for; `FAILURES["no patience"]` asks for one that is too long."""
