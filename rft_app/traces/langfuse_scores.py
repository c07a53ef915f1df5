"""Scores as Langfuse's SDK sends them, `POST /api/public/ingestion`, as log records.

    {"batch":[{"id":"e1","type":"score-create","timestamp":"…","body":{"traceId":"…",
     "observationId":"…","name":"helpful","value":1,"comment":"It booked the flight."}}]}

A score becomes an evaluation of OpenTelemetry's conventions, which joins its span whichever comes
first.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rft_app.traces.otlp.genai import EVALUATION
from rft_app.traces.otlp.parts import Json
from rft_app.traces.otlp.span import (
    SPAN_ID_DIGITS,
    TRACE_ID_DIGITS,
    BrokenRequestError,
    is_usable_id,
)

_SCORE: Final = "score-create"


class _Body(msgspec.Struct, rename="camel"):
    trace_id: str | None = None
    observation_id: str | None = None
    name: str = "score"
    value: float | bool | str | None = None
    comment: str | None = None


class _Event(msgspec.Struct):
    id: str
    type: str
    body: msgspec.Raw = msgspec.Raw(b"{}")


class _Batch(msgspec.Struct):
    batch: list[_Event]


class Scores(NamedTuple):
    """What a request holds."""

    logs: bytes
    """OTLP in JSON; empty where no score can be joined."""
    taken: Sequence[str]
    """Ids of the events that are in it."""
    refused: Sequence[tuple[str, str]]
    """Ids of the others, each with the reason."""


_decode = msgspec.json.Decoder(_Batch).decode
_decode_body = msgspec.json.Decoder(_Body).decode


def read_scores(body: bytes, find_span: Callable[[str], str | None]) -> Scores:
    """Read a request.

    Args:
        body: JSON.
        find_span: The span of a trace that a score of the whole trace is about, by the trace's id;
            `None` where it is not there.

    Raises:
        BrokenRequestError: It is no batch of events.
    """
    try:
        events = _decode(body).batch
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenRequestError(f"The body is no batch of Langfuse: {error}.") from error
    records: list[Json] = []
    taken: list[str] = []
    refused: list[tuple[str, str]] = []
    for event in events:
        try:
            records.append(_read_event(event, find_span))
        except BrokenRequestError as error:
            refused.append((event.id, str(error)))
        else:
            taken.append(event.id)
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    return Scores(msgspec.json.encode(request) if records else b"", taken, refused)


def _read_event(event: _Event, find_span: Callable[[str], str | None]) -> Json:
    if event.type != _SCORE:
        raise BrokenRequestError(f"{event.type} is not taken here; spans come over OTLP.")
    try:
        score = _decode_body(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenRequestError(f"The score cannot be read: {error}.") from error
    trace_id = score.trace_id or ""
    if not is_usable_id(trace_id, TRACE_ID_DIGITS):
        raise BrokenRequestError("The score names no trace by 32 hexadecimal digits.")
    span_id = score.observation_id or find_span(trace_id) or ""
    if not is_usable_id(span_id, SPAN_ID_DIGITS):
        raise BrokenRequestError("No call of the trace is stored. Name the observation.")
    told = {
        "gen_ai.evaluation.name": score.name,
        "gen_ai.evaluation.score.value": score.value,
        "gen_ai.evaluation.explanation": score.comment,
    }
    return {
        "traceId": trace_id,
        "spanId": span_id,
        "eventName": EVALUATION,
        "attributes": [
            {"key": name, "value": _write_value(value)}
            for name, value in told.items()
            if value is not None
        ],
    }


def _write_value(value: float | bool | str) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"doubleValue": value}
