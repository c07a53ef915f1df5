"""`{"id": "…", "trace_id": "…", "type": "GENERATION", "input": {…}, "output": {…}, …}`.

An observation as Langfuse exports it to files or gives it over its API, in snake or camel case.
Rows of its traces and scores are joined with it (`rft_app.traces.joined`) as `trace` and `scores`.
"""

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft, clean, find_number
from rft_app.traces.exchange import draft_call, open_object, pack, raw_fields
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null
from rft_app.traces.litellm import MS_PER_S
from rft_app.traces.otlp.attributes import read_number, try_json
from rft_app.traces.otlp.langfuse import read_observation, read_units
from rft_app.traces.otlp.parts import Json, is_object

CALLS = frozenset({"GENERATION", "TRACE"})
"""Types of rows that are calls of a model; a trace is where it has no observations."""
_OF_TRACE = ("session_id", "user_id", "tags", "release", "version", "environment")
_decode = msgspec.json.Decoder().decode


class LangfuseExport:
    """Latency and time to first token count seconds there; scores become feedback."""

    name = "langfuse"
    label = "Langfuse export"

    def matches(self, row: Row) -> bool:
        """An observation's names."""
        return "type" in row and find_field(row, "trace_id") is not None and is_told(row)

    def draft(self, row: Row) -> Draft:
        """Model parameters, costs and whatever else a row says stay metadata."""
        kind = as_text(row.get("type")) or ""
        if not self.matches(row) or kind not in CALLS:
            raise WrongShapeError(f"The observation is a {kind or 'row'}, not a GENERATION.")
        given, answered = (_open(row.pop(name, None)) for name in ("input", "output"))
        call = read_observation(given, answered)
        if call.is_empty:
            raise WrongShapeError("`input` and `output` hold no messages.")
        usage = _open(find_field(row, "usage_details")) or _open(row.get("usage"))
        call.usage = read_units(usage) if is_object(usage) else call.usage
        names = ("provided_model_name", "model")
        models = (as_text(find_field(row, name)) for name in names)
        call.model = next(filter(None, models), call.model)
        call.first_token_ms = _seconds(find_field(row, "time_to_first_token"))
        about = _take_trace(row)
        row |= {name: raw for name, raw in about.items() if name not in row}
        _take_scores(row)
        draft = draft_call(call, row, _seconds(row.get("latency")))
        session = as_text(row.get("session_id")) or as_text(find_field(row, "trace_id"))
        draft.group = clean(session) if session else None
        _take_outcome(draft, row)
        return draft


def find_field(row: Row, name: str) -> msgspec.Raw | None:
    """A value by its name in snake or camel case; `None` where it is absent or null.

    Example:
        >>> bytes(find_field({"traceId": msgspec.Raw(b'"t"')}, "trace_id") or b"")
        b'"t"'
    """
    first, *others = name.split("_")
    for each in (name, first + "".join(word.title() for word in others)):
        if not is_null(row.get(each)):
            return row[each]
    return None


def is_told(row: Row) -> bool:
    """Whether a row says when it began: observations do, scores do not."""
    return find_field(row, "start_time") is not None or "input" in row


def _open(raw: msgspec.Raw | None) -> object:
    """A value that may be written as JSON text."""
    return None if raw is None else try_json(_decode(raw))


def _seconds(raw: msgspec.Raw | None) -> float | None:
    """Milliseconds of a number of seconds, which may be written as text."""
    number = None if raw is None else read_number(_decode(raw))
    return None if number is None or number < 0 else number * MS_PER_S


def _take_trace(row: Row) -> Row:
    """What is true of the whole trace, from the row itself or from its trace's."""
    trace = open_object(row.pop("trace", None)) or {}
    told: Row = {}
    for name in _OF_TRACE:
        raw = find_field(row, name) or find_field(trace, name)
        if raw is not None:
            told[name] = raw
    for name in ("name", "metadata"):
        raw = find_field(trace, name)
        if raw is not None:
            told[f"trace_{name}"] = raw
    moment = find_field(row, "start_time") or find_field(row, "timestamp")
    return told if moment is None else {**told, "timestamp": moment}


def _take_scores(row: Row) -> None:
    """Names and values; an object with one number in [0, 1] is the reward."""
    scores = [open_object(raw) or {} for raw in _list(row.get("scores"))]
    told: Json = {}
    for score in scores:
        name = as_text(score.get("name"))
        value = score.get("value")
        if value is None or find_number(value) is None:
            value = find_field(score, "string_value")
        if name and value is not None:
            told[name] = value
    row |= raw_fields({"feedback": told})


def _list(raw: msgspec.Raw | None) -> list[msgspec.Raw]:
    if raw is None:
        return []
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return []


def _take_outcome(draft: Draft, row: Row) -> None:
    if as_text(row.get("level")) != "ERROR":
        return
    draft.status = TraceStatus.ERROR
    message = as_text(find_field(row, "status_message"))
    if message:
        row["error"] = pack({"message": message})
