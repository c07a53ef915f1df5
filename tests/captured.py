"""Bytes that real exporters sent (`tests/captures/README.md`)."""

import gzip
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from rft_app.domain.intake import Encoding, Outcome, Signal
from rft_app.domain.trace import ParsedTrace
from rft_app.traces.otlp import TELLING_LOGS, read_span
from rft_app.traces.otlp.request import read_request
from rft_app.traces.otlp.span import Log, Span
from rft_app.traces.otlp.trace import make_trace, read_session

FOLDER = Path(__file__).parent / "captures"


class Post(NamedTuple):
    """One request as it was sent."""

    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def plain(self) -> bytes:
        return gzip.decompress(self.body) if "content-encoding" in self.headers else self.body


def list_posts(folder: str) -> list[Post]:
    """The requests of one capture, log records first, as they came."""
    return [_post(path) for path in sorted((FOLDER / folder).glob("*.body.*"))]


def _post(path: Path) -> Post:
    kind = "application/json" if ".json" in path.name else "application/x-protobuf"
    packed = {"content-encoding": "gzip"} if path.suffix == ".gz" else {}
    signal = path.name.partition("-")[0]
    return Post(f"/otlp/v1/{signal}", path.read_bytes(), {"content-type": kind, **packed})


def read_capture(folder: str) -> tuple[list[Span], dict[tuple[str, str], list[Log]]]:
    """All spans of a capture and the log records that belong to them."""
    spans: list[Span] = []
    logs: dict[tuple[str, str], list[Log]] = {}
    for post in list_posts(folder):
        encoding = Encoding.JSON if "json" in post.headers["content-type"] else Encoding.PROTOBUF
        request = read_request(Signal(post.path.rpartition("/")[2]), encoding, post.plain)
        spans += request.spans
        for log in request.logs:
            if log.name in TELLING_LOGS:
                logs.setdefault(log.key, []).append(log)
    return spans, logs


def read_traces(folder: str) -> list[tuple[ParsedTrace, dict[str, Any]]]:
    """The calls of a capture in the order of their start, each with its body."""
    spans, logs = read_capture(folder)
    spans.sort(key=lambda span: span.start_ns)
    made = [make(span, logs.get(span.key, [])) for span in spans]
    return [(trace, orjson.loads(trace.body)) for trace in made if trace is not None]


def make(span: Span, logs: list[Log]) -> ParsedTrace | None:
    """The trace of a span, if it is a call."""
    found = read_span(span, logs)
    if found.call is None:
        assert found.outcome in {Outcome.NO_CALL, Outcome.NO_CONTENT}, found
        return None
    return make_trace(span, found.call, found.source, read_session(span), 128_000)
