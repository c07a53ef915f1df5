"""An agent as its developers would instrument it: `python instrumented.py NAME PROVIDER ENDPOINT`.

It runs in a process of its own, because instrumentations change the `openai` package for good.
"""

import os
import sys
from contextlib import suppress
from typing import Any

import openai
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor as GenAi
from opentelemetry.instrumentation.openai import OpenAIInstrumentor as Traceloop
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

INSTRUMENTATIONS: dict[str, Any] = {
    "otel_genai": GenAi,
    "openinference": OpenInference,
    "traceloop": Traceloop,
}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def main(name: str, provider_url: str, endpoint: str) -> None:
    """Ask, call a tool, ask again with its result, and fail once."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
    tracer_provider = TracerProvider()
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", compression=Compression.Gzip)
    tracer_provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(tracer_provider)
    INSTRUMENTATIONS[name]().instrument(tracer_provider=tracer_provider)
    client = openai.OpenAI(base_url=provider_url, api_key="sk-test", max_retries=0)
    with trace.get_tracer("agent").start_as_current_span("run") as run:
        run.set_attribute("session.id", "session-1")
        converse(client)
    tracer_provider.shutdown()


def converse(client: openai.OpenAI) -> None:
    """Two calls that belong together, and one that the provider refuses."""
    messages: list[Any] = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Weather in Paris?"},
    ]
    ask: Any = client.chat.completions.create
    asking = ask(model="small", messages=messages, tools=[TOOL]).choices[0].message
    call = asking.tool_calls[0]
    messages += [
        asking.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "14 °C"},
    ]
    ask(model="small", messages=messages, tools=[TOOL])
    with suppress(openai.RateLimitError):
        ask(model="small", messages=[{"role": "user", "content": "boom"}])


if __name__ == "__main__":
    main(*sys.argv[1:])
