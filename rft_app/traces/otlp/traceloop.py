"""OpenLLMetry (Traceloop), both generations.

Before 0.5x, every message had attributes of its own, and tools, too:

    gen_ai.prompt.0.role, gen_ai.prompt.0.content, gen_ai.completion.0.tool_calls.0.name,
    llm.request.functions.0.parameters

Since then it writes the GenAI conventions, with an empty text beside streamed tool calls.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import read_number, read_text, try_json, unflatten
from rft_app.traces.otlp.call import Answer, Call, read_finish, read_tools
from rft_app.traces.otlp.genai import CONTENT, GenAi, read_tokens
from rft_app.traces.otlp.parts import Json, as_json_text, is_list
from rft_app.traces.otlp.span import Log, Span
from rft_app.traces.otlp.turns import read_messages

_MARKS = ("llm.request.type", "llm.is_streaming", "gen_ai.is_streaming", "traceloop.span.kind")
_FLAT = ("gen_ai.prompt.", "gen_ai.completion.", "llm.request.functions.")
_CALLS = frozenset({"chat", "completion"})
_THINKING = "thinking"
_FIRST_TOKEN = (
    "gen_ai.response.time_to_first_chunk",
    "llm.response.time_to_first_token",
)


class Traceloop:
    """Spans of `opentelemetry-instrumentation-openai` and its siblings by Traceloop."""

    name = "traceloop"
    label = "OpenLLMetry"

    def __init__(self) -> None:
        self._genai = GenAi()

    def matches(self, span: Span) -> bool:
        """Marks that only these instrumentations set, or flat messages."""
        known = span.attributes
        return any(mark in known for mark in _MARKS) or "gen_ai.prompt.0.role" in known

    def is_call(self, span: Span) -> bool:
        """Its own word for the kind of request, else the conventions'."""
        kind = span.attributes.get("llm.request.type")
        if kind is not None:
            return kind in _CALLS
        return self._genai.is_call(span) or "gen_ai.prompt.0.role" in span.attributes

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """The newer generation where its attributes are there."""
        if any(name in span.attributes for name in CONTENT[:2]) or not _is_flat(span):
            return self._genai.read(span, logs)
        known = span.attributes
        call = Call(
            prompt=[
                said
                for flat in unflatten(known, "gen_ai.prompt")
                for said in _message(flat, "user")
            ],
            answers=_answers(unflatten(known, "gen_ai.completion")),
            tools=read_tools([as_tool(flat) for flat in unflatten(known, "llm.request.functions")]),
            model=read_text(known, "gen_ai.response.model", "gen_ai.request.model"),
            usage=read_tokens(known),
            used=_FLAT,
        )
        first_s = next((read_number(known[name]) for name in _FIRST_TOKEN if name in known), None)
        call.first_token_ms = None if first_s is None else first_s * 1000
        return call


def _is_flat(span: Span) -> bool:
    return any(name.startswith(_FLAT[:2]) for name in span.attributes)


def _message(flat: Json, role: str) -> list[Json]:
    """One message; content of several parts is JSON in a text."""
    said = {key: value for key, value in flat.items() if key != "tool_calls"}
    content = said.get("content")
    if isinstance(content, str) and content[:1] == "[":
        parts = try_json(content)
        said["content"] = (
            parts
            if is_list(parts)
            and parts
            and all(isinstance(part, dict) and "type" in part for part in parts)
            else content
        )
    calls = flat.get("tool_calls")
    if is_list(calls):
        said["tool_calls"] = calls
    return read_messages([{"content": None, **said, "role": said.get("role") or role}])


def _answers(flats: Sequence[Json]) -> list[Answer]:
    """Each completion is an answer; what was thought stands before it as one of its own."""
    answers: list[Answer] = []
    thoughts: list[str] = []
    for flat in flats:
        if flat.get("role") == _THINKING:
            thoughts.append(as_json_text(flat.get("content")))
            continue
        answers.append(_answer(flat))
        _add_thoughts(answers[-1], thoughts)
        thoughts = []
    if thoughts:
        answers.append(Answer([{"role": "assistant", "content": ""}]))
        _add_thoughts(answers[-1], thoughts)
    return answers


def _add_thoughts(answer: Answer, thoughts: Sequence[str]) -> None:
    if thoughts and answer.messages:
        answer.messages[0]["reasoning_content"] = "\n".join(thoughts)


def _answer(flat: Json) -> Answer:
    said = {key: value for key, value in flat.items() if key != "finish_reason"}
    return Answer(_message(said, "assistant"), read_finish(flat.get("finish_reason")))


def as_tool(flat: Json) -> Json:
    """A tool whose attributes were flattened."""
    return {**flat, "type": "function", "parameters": try_json(flat.get("parameters"))}
