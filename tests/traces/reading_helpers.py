"""Read one row the way an import does."""

from typing import Any

import orjson

from rft_app.domain.trace import ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.traces import parse_line
from rft_app.traces.line import LineFault
from rft_app.traces.mapped import Mapped
from rft_app.traces.shape import TraceShape

MAX_TOKENS = 128_000


def read(row: Any, shape: TraceShape | None = None) -> tuple[ParsedTrace, dict[str, Any], str]:
    """The trace, its decoded body, and the name of its shape."""
    line = row if isinstance(row, bytes) else orjson.dumps(row)
    found = parse_line(line, shape, MAX_TOKENS)
    assert not isinstance(found, LineFault), found
    trace, name = found
    return trace, orjson.loads(trace.body), name


def fault(line: bytes, shape: TraceShape | None = None) -> LineFault:
    """The fault of a row that cannot be read."""
    found = parse_line(line, shape, MAX_TOKENS)
    assert isinstance(found, LineFault), found
    return found


def read_mapped(row: Any, **mapping: str) -> tuple[ParsedTrace, dict[str, Any]]:
    """Read a row by a mapping."""
    trace, body, name = read(row, Mapped(mapping))
    assert name == "mapped"
    return trace, body


def user(text: str = "Hi") -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str = "Hello") -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def reason_of(*messages: dict[str, Any]) -> Reason | None:
    """The fault of a conversation."""
    return read({"messages": list(messages)})[0].reason
