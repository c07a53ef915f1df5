"""OpenTelemetry's GenAI conventions (since 1.37): messages with parts, in a span or an event.

    gen_ai.input.messages   [{"role":"user","parts":[{"type":"text","content":"Hi"}]}]
    gen_ai.output.messages  [{"role":"assistant","parts":[…],"finish_reason":"stop"}]

Content stands in attributes of the span, of its log record or event
`gen_ai.client.inference.operation.details`.  There is no tool choice in these conventions.
The events of 1.36 and earlier, one a message, are read where there is nothing newer.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import (
    parse_json,
    parse_said,
    read_number,
    read_text,
    read_usage,
)
from rft_app.traces.otlp.call import Answer, Call, read_finish, read_tools
from rft_app.traces.otlp.message_events import read_events
from rft_app.traces.otlp.parts import Json, is_list, is_object
from rft_app.traces.otlp.span import Attributes, Log, Span
from rft_app.traces.otlp.turns import read_messages

DETAILS = "gen_ai.client.inference.operation.details"
EVALUATION = "gen_ai.evaluation.result"
_CALLS = frozenset({"chat", "generate_content", "text_completion"})
_STRUCTURE = (
    *("agent", "chain", "embed", "handoff", "guardrail", "memory", "plan", "rerank"),
    *("retriev", "task", "tool", "workflow"),
)
"""What names of operations hold that are no calls, in any form of the verb."""
_MS_PER_S = 1000.0
CONTENT = (
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
)


class GenAi:
    """Spans of official instrumentations, and of all who follow the conventions."""

    name = "otel_genai"
    label = "OpenTelemetry GenAI"

    def matches(self, span: Span) -> bool:
        """Any attribute that says what the operation or the provider is."""
        known = span.attributes
        return (
            "gen_ai.operation.name" in known
            or "gen_ai.system" in known
            or "gen_ai.provider.name" in known
            or CONTENT[0] in known
        )

    def is_call(self, span: Span) -> bool:
        """Agents and tools have operations of their own; older spans have none."""
        known = span.attributes
        operation = known.get("gen_ai.operation.name")
        if operation is None:
            return "gen_ai.request.model" in known or CONTENT[0] in known
        if operation in _CALLS:
            return True
        return CONTENT[0] in known and not any(word in str(operation) for word in _STRUCTURE)

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Content of the span itself, else of its events."""
        call = read_content(_find_content(span, logs))
        if call.is_empty:
            call = read_events(span, logs)
        known = span.attributes
        call.model = read_text(known, "gen_ai.response.model", "gen_ai.request.model")
        call.usage = read_tokens(known)
        first_s = read_number(known.get("gen_ai.response.time_to_first_chunk"))
        call.first_token_ms = None if first_s is None else first_s * _MS_PER_S
        if call.answers and call.answers[0].finish_reason is None:
            reasons = known.get("gen_ai.response.finish_reasons")
            call.answers[0].finish_reason = (
                read_finish(reasons[0]) if is_list(reasons) and reasons else None
            )
        return call


def read_content(known: Attributes) -> Call:
    """A call by the attributes that hold its messages.

    Raises:
        WrongShapeError: One of them is cut off or holds something else.
    """
    given, answered, system = (parse_said(known.get(name), name) for name in CONTENT[:3])
    tools = parse_json(known.get(CONTENT[3]), CONTENT[3])
    if answered is not None and not is_list(answered):
        answered = [answered]
    return Call(
        prompt=[*read_messages(system, "system"), *read_messages(given)],
        answers=[_answer(each) for each in answered] if is_list(answered) else [],
        tools=read_tools(tools),
        used=CONTENT,
    )


def _answer(message: object) -> Answer:
    reason = message.get("finish_reason") if is_object(message) else None
    return Answer(read_messages([message], "assistant"), read_finish(reason))


def read_tokens(known: Attributes) -> Json | None:
    """Usage, by its names of today and of before."""
    return read_usage(
        known,
        prompt_tokens=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        completion_tokens=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    )


def _find_content(span: Span, logs: Sequence[Log]) -> Attributes:
    if CONTENT[0] in span.attributes or CONTENT[1] in span.attributes:
        return span.attributes
    for log in logs:
        if log.name == DETAILS:
            return {**log.body, **log.attributes} if is_object(log.body) else log.attributes
    for event in span.events:
        if event.name == DETAILS:
            return event.attributes
    return {}


def read_evaluations(span: Span, logs: Sequence[Log]) -> Json:
    """What was said of an answer in events of a span and in its log records, by name."""
    told = [each.attributes for each in (*span.events, *logs) if each.name == EVALUATION]
    feedback: Json = {}
    for known in told:
        feedback.update(read_evaluation(known))
    return feedback


def read_evaluation(known: Attributes) -> Json:
    """One evaluation: its number, else its word, and why where it says so.

    Example:
        >>> read_evaluation({"gen_ai.evaluation.name": "fit", "gen_ai.evaluation.score.value": 1})
        {'fit': 1}
    """
    name = str(known.get("gen_ai.evaluation.name", "evaluation"))
    value = known.get("gen_ai.evaluation.score.value", known.get("gen_ai.evaluation.score.label"))
    why = known.get("gen_ai.evaluation.explanation")
    return {name: value} if why is None else {name: value, f"{name}_explanation": why}
