"""Rows that say only a part of a trace, and the rows that they make together.

A batch's requests and answers are lines of two files, joined by `custom_id`; observations, traces
and scores of a Langfuse export by the trace's id.  They stand in any order, far from each other.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from rft_app.domain.validity import Reason
from rft_app.traces.exchange import open_object, pack
from rft_app.traces.langfuse_export import CALLS, find_field, is_told
from rft_app.traces.line import LineFault, Row, as_text, starts_with
from rft_app.traces.openai_batch import ANSWERS, QUESTIONS, OpenAiBatch

_BATCH: Final = "openai_batch"
_LANGFUSE: Final = "langfuse"
_SCORE_NAMES: Final = frozenset({"data_type", "dataType", "string_value", "stringValue"})
_TRACE_NAMES: Final = frozenset(
    {"session_id", "sessionId", "user_id", "userId", "observations", "htmlPath", "bookmarked"}
)
_batch = OpenAiBatch()
_decode = msgspec.json.Decoder(Row).decode


class Part(NamedTuple):
    """A part of what several rows say together."""

    key: str
    """What its parts have in common: the shape and an id."""
    role: str
    """`question`, `answer`, `observation`, `trace` or `score`."""
    line_number: int
    data: bytes
    """JSON object."""


class Joined(NamedTuple):
    """What parts make together."""

    line_number: int
    data: bytes
    """A row of the shape; of structure, the part itself."""
    is_call: bool = True
    fault: LineFault | None = None
    """Why nobody can say what belongs to the part."""


def cut_parts(row: Row, line_number: int) -> list[Part]:
    """The parts that a row holds; none where it is a whole of its own."""
    if _batch.matches(row):
        is_whole = not row.keys().isdisjoint(QUESTIONS) and not row.keys().isdisjoint(ANSWERS)
        role = "answer" if not row.keys().isdisjoint(ANSWERS) else "question"
        own_id = as_text(row["custom_id"])
        part = Part(f"{_BATCH}:{own_id}", role, line_number, _encode(row))
        return [] if is_whole or not own_id else [part]
    return _cut_langfuse(row, line_number)


def _cut_langfuse(row: Row, line_number: int) -> list[Part]:
    trace_id = as_text(find_field(row, "trace_id"))
    if trace_id and "type" in row and is_told(row):
        role = "observation"
    elif trace_id and "name" in row and not _SCORE_NAMES.isdisjoint(row):
        role = "score"
    elif not trace_id and _is_trace(row):
        return _cut_trace(row, line_number)
    else:
        return []
    return [Part(f"{_LANGFUSE}:{trace_id}", role, line_number, _encode(row))]


def _is_trace(row: Row) -> bool:
    has_names = "id" in row and "timestamp" in row and not _TRACE_NAMES.isdisjoint(row)
    return has_names and "request" not in row and "messages" not in row


def _cut_trace(row: Row, line_number: int) -> list[Part]:
    """A trace, and the observations and scores that its API puts into it."""
    trace_id = as_text(row["id"]) or ""
    key = f"{_LANGFUSE}:{trace_id}"
    parts: list[Part] = []
    for name, role in (("observations", "observation"), ("scores", "score")):
        if starts_with(row.get(name), b"["):
            for raw in msgspec.json.decode(row.pop(name), type=list[msgspec.Raw]):
                inner = open_object(raw)
                if inner is not None:
                    inner.setdefault("trace_id", pack(trace_id))
                    parts.append(Part(key, role, line_number, _encode(inner)))
    return [Part(key, "trace", line_number, _encode(row)), *parts]


def join_parts(parts: Sequence[Part]) -> list[Joined]:
    """What the parts of one key make."""
    if parts[0].key.startswith(f"{_BATCH}:"):
        return _join_batch(parts)
    return _join_langfuse(parts)


def _join_batch(parts: Sequence[Part]) -> list[Joined]:
    """Each answer with its question; a question alone where nobody answered.

    An id is one of a batch's alone: several batches may use it, whose lines stand in one order.
    """
    questions, answers = _of_role(parts, "question"), _of_role(parts, "answer")
    if not questions or not answers:
        return [Joined(part.line_number, part.data) for part in parts]
    asked = _distinct(questions)
    if len(asked) == 1:
        asked *= len(answers)
    else:
        answers = _distinct(answers)
    if len(asked) != len(answers):
        fault = _describe_unclear(parts[0].key, len(asked), len(answers))
        return [Joined(part.line_number, part.data, fault=fault) for part in parts]
    return [
        Joined(answer.line_number, _encode({**_decode(question.data), **_decode(answer.data)}))
        for question, answer in zip(asked, answers, strict=True)
    ]


def _distinct(parts: Iterable[Part]) -> list[Part]:
    """The first of those that say the same."""
    found: dict[bytes, Part] = {}
    for part in parts:
        found.setdefault(part.data, part)
    return list(found.values())


def _describe_unclear(key: str, num_questions: int, num_answers: int) -> LineFault:
    return LineFault(
        Reason.WRONG_SHAPE,
        f"{num_questions:,} requests and {num_answers:,} answers have the `custom_id` "
        f"{key.removeprefix(_BATCH)[1:80]}, so which belong together is not told. Import each "
        "batch by itself.",
    )


def _join_langfuse(parts: Sequence[Part]) -> list[Joined]:
    """Each generation with its trace and its scores; a trace without any observation by itself."""
    traces, scores = _of_role(parts, "trace"), _of_role(parts, "score")
    observations = {_id(part): part for part in _of_role(parts, "observation")}
    about: Row = {} if not traces else {"trace": msgspec.Raw(traces[0].data)}
    if not observations:
        return [_as_call(part) for part in traces]
    rated = [(as_text(find_field(_decode(each.data), "observation_id")), each) for each in scores]
    joined: list[Joined] = []
    for own_id, part in observations.items():
        row = _decode(part.data)
        own = [
            msgspec.Raw(each.data)
            for name in (None, own_id)
            for of_id, each in rated
            if of_id == name
        ]
        told = {**about, "scores": pack(own)} if own else about
        is_call = as_text(row.get("type")) in CALLS
        joined.append(Joined(part.line_number, _encode({**row, **told}), is_call))
    return joined


def _as_call(part: Part) -> Joined:
    row = _decode(part.data)
    told: Row = {"type": pack("TRACE"), "trace_id": row["id"]}
    return Joined(part.line_number, _encode({**row, **told}))


def _id(part: Part) -> str:
    return as_text(_decode(part.data).get("id")) or part.data.decode(errors="replace")


def _of_role(parts: Iterable[Part], role: str) -> list[Part]:
    return [part for part in parts if part.role == role]


def _encode(row: Row) -> bytes:
    return msgspec.json.encode(row)
