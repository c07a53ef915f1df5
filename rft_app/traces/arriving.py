"""What a line of a file of traces holds: requests of OTLP, parts of traces, or rows of a shape.

Answers of APIs come in an envelope (`{"data": […], "meta": {…}}`); each of its elements is a row.
"""

from typing import Final, NamedTuple

import msgspec

from rft_app.domain.imports import TRACE_SHAPES
from rft_app.domain.intake import Encoding, Signal
from rft_app.domain.trace import FILE_SOURCE, ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.traces import SHAPES, parse_line
from rft_app.traces.joined import Part, cut_parts
from rft_app.traces.langfuse_export import LangfuseExport
from rft_app.traces.line import LineFault, Row, as_text, decode_row, starts_with
from rft_app.traces.openai_batch import OpenAiBatch
from rft_app.traces.otlp import OTLP
from rft_app.traces.otlp.request import check_request
from rft_app.traces.otlp.span import BrokenRequestError
from rft_app.traces.shape import TraceShape

FORMATS: Final = (OTLP, *SHAPES.names())
"""What a person may say that a file is."""
_JOINED: Final = frozenset({OpenAiBatch.name, LangfuseExport.name})
_SIGNALS: Final = {"resourceSpans": Signal.TRACES, "resourceLogs": Signal.LOGS}
_ENVELOPES: Final = ("data", "inferences", "observations")
_SAYS_NO_ID: Final = ("trace_id", "custom_id")
"""Several rows may share these."""
_ANSWER_ALONE: Final = frozenset({OpenAiBatch.name, "openai_stored", "anthropic"})


class OtlpLine(NamedTuple):
    """A request as a collector wrote it to a file."""

    signal: Signal
    encoding: Encoding
    body: bytes
    num_refused: int
    """Spans without usable ids."""


class ShapedRow(NamedTuple):
    """A trace."""

    trace: ParsedTrace
    shape: str
    own_id: str | None
    """What its source calls this row and no other one."""


Found = OtlpLine | ShapedRow | LineFault | Part


def choose_format(name: str | None) -> TraceShape | None:
    """The shape that a format stands for; `None` where each row says it, and for OTLP.

    Raises:
        InvalidInputError: There is no such format.
    """
    if name is None or name == OTLP:
        return None
    if name not in FORMATS:
        raise InvalidInputError(f"There is no format {name!r}. Known are: {', '.join(FORMATS)}.")
    return SHAPES.get(name)


class LineReader:
    """Reads lines of one format, or of any."""

    def __init__(self, format_name: str | None, max_tokens: int, max_records: int) -> None:
        self._format = format_name
        self._shape = choose_format(format_name)
        self._max_tokens = max_tokens
        self._max_records = max_records

    def read(self, line: bytes, line_number: int) -> list[Found]:
        """All that a line holds, in its order; a fault in place of what cannot be read."""
        row = decode_row(line)
        if isinstance(row, LineFault):
            return [row]
        if self._format == OTLP or not row.keys().isdisjoint(_SIGNALS):
            return self._read_otlp(row, line)
        elements = self._open(row)
        if elements is None:
            return self._read_object(row, line, line_number)
        found: list[Found] = []
        for raw in elements:
            element = decode_row(bytes(raw))
            is_row = not isinstance(element, LineFault)
            found += self._read_object(element, bytes(raw), line_number) if is_row else [element]
        return found

    def _read_object(self, row: Row, line: bytes, line_number: int) -> list[Found]:
        if self._format is None or self._format in _JOINED:
            parts = cut_parts(dict(row), line_number)
            if parts:
                return list(parts)
        return [self.read_row(line)]

    def read_row(self, line: bytes) -> ShapedRow | LineFault:
        """A row that is a trace of its own."""
        found = parse_line(line, self._shape, self._max_tokens)
        if isinstance(found, LineFault):
            return found
        trace, shape = found
        if trace.source == FILE_SOURCE and shape in TRACE_SHAPES:
            trace = trace._replace(source=shape)
        return ShapedRow(trace, shape, _find_own_id(trace, line))

    def _open(self, row: Row) -> list[msgspec.Raw] | None:
        """The elements of an envelope; `None` where the row is none."""
        if self._shape is not None and self._shape.matches(row):
            return None
        name = next((name for name in _ENVELOPES if starts_with(row.get(name), b"[{")), None)
        if name is None or "id" in row or "custom_id" in row:
            return None
        return msgspec.json.decode(row[name], type=list[msgspec.Raw])

    def _read_otlp(self, row: Row, line: bytes) -> list[Found]:
        if self._format not in {None, OTLP}:
            return [LineFault(Reason.WRONG_SHAPE, f"The line is OTLP, not {self._format}.")]
        found: list[Found] = []
        for name, signal in _SIGNALS.items():
            if name in row:
                found.append(self._check(signal, line))
        return found or [
            LineFault(Reason.WRONG_SHAPE, "Neither `resourceSpans` nor `resourceLogs` is there.")
        ]

    def _check(self, signal: Signal, line: bytes) -> OtlpLine | LineFault:
        try:
            checked = check_request(signal, Encoding.JSON, line, self._max_records)
        except (BrokenRequestError, InvalidInputError) as error:
            return LineFault(Reason.WRONG_SHAPE, f"The line is not OTLP: {error}")
        return OtlpLine(signal, Encoding.JSON, line, checked.num_refused)


def describe_reason(found: ShapedRow) -> str:
    """Why the trace would be no valid record, and what to do."""
    trace = found.trace
    if trace.reason is None:
        return ""
    if trace.reason is Reason.NO_USER_TURN and found.shape in _ANSWER_ALONE:
        return (
            "Only the answer is here. Import the file of the requests with it (a batch's input), "
            "or put the request's messages into the row as `messages`."
        )
    return trace.reason.message


def _find_own_id(trace: ParsedTrace, line: bytes) -> str | None:
    row = decode_row(line)
    if trace.external_id is None or isinstance(row, LineFault):
        return None
    shared = {as_text(row.get(name)) for name in _SAYS_NO_ID}
    return None if trace.external_id in shared else trace.external_id
