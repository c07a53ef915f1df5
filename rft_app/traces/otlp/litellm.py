"""LiteLLM's `otel` callback: the GenAI conventions, but for the tool calls of an answer.

    gen_ai.output.messages  [{"role":"assistant","parts":[],"finish_reason":"tool_calls"}]
    gen_ai.completion.0.function_call.name       get_weather
    gen_ai.completion.0.function_call.arguments  {"city": "Paris"}

The calls have no ids; tools, messages and all else are as OpenLLMetry has them.
"""

from collections.abc import Sequence

from rft_app.traces.otlp.attributes import unflatten
from rft_app.traces.otlp.call import Call, read_tools
from rft_app.traces.otlp.genai import GenAi
from rft_app.traces.otlp.parts import Json, is_object, read_call
from rft_app.traces.otlp.span import Log, Span
from rft_app.traces.otlp.traceloop import as_tool

_CALLS = frozenset({"chat", "completion", "text_completion", "responses", "anthropic_messages"})
"""Its names of kinds of requests; those of asynchronous ones, as its proxy's, begin with an `a`."""
_USED = ("gen_ai.completion.", "llm.request.functions.")


class LiteLlm:
    """Spans `litellm_request`; what it sent to the provider is a span below, and structure."""

    name = "litellm"
    label = "LiteLLM"

    def __init__(self) -> None:
        self._genai = GenAi()

    def matches(self, span: Span) -> bool:
        """The id that it gives each call, and the name of its tracer."""
        return "litellm.call_id" in span.attributes or span.scope == "litellm"

    def is_call(self, span: Span) -> bool:
        """Its word for the kind of request."""
        kind = str(span.attributes.get("llm.request.type"))
        return kind in _CALLS or kind.removeprefix("a") in _CALLS

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """The conventions, then what stands elsewhere."""
        call = self._genai.read(span, logs)
        known = span.attributes
        if not call.tools:
            flat = unflatten(known, "llm.request.functions")
            call.tools = read_tools([as_tool(each) for each in flat])
        called = [
            read_call(each["function_call"])
            for each in unflatten(known, "gen_ai.completion")
            if is_object(each.get("function_call"))
        ]
        if called and call.answers:
            _add_calls(call.answers[0].messages, called)
        call.used = (*call.used, *_USED)
        return call


def _add_calls(messages: list[Json], called: list[Json]) -> None:
    """Put calls into the answer's message, unless it has them."""
    message = messages[-1]
    if not message.get("tool_calls"):
        message["tool_calls"] = called
        message["content"] = message.get("content") or None
