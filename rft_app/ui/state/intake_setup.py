"""What to copy into an application so that its calls arrive."""

from typing import Final

SETUPS: Final = {
    "openai": "OpenAI SDK",
    "opentelemetry": "OpenTelemetry",
    "openinference": "OpenInference",
    "litellm": "LiteLLM",
    "langfuse": "Langfuse",
}
"""Names of the tabs."""
_OTLP = """export OTEL_EXPORTER_OTLP_ENDPOINT={origin}/otlp
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_METRICS_EXPORTER=none{header}"""
_HEADER = '\nexport OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer KEY"'
_LINES: Final = {
    "openai": "# once: the server is started with the provider to ask, e.g.\n"
    "# RFT_LLM_BASE_URL=https://api.openai.com/v1 RFT_LLM_API_KEY=sk-… make run\n"
    "from openai import OpenAI\n"
    "\n"
    'client = OpenAI(base_url="{origin}/gateway/v1", api_key="{sdk_key}")',
    "opentelemetry": "pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http \\\n"
    "    opentelemetry-instrumentation-genai-openai\n"
    f"{_OTLP}\n"
    "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only\n"
    "opentelemetry-instrument python app.py",
    "openinference": "pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http \\\n"
    "    openinference-instrumentation-openai\n"
    f"{_OTLP}\n"
    "opentelemetry-instrument python app.py",
    "litellm": '# "litellm[proxy]" where its proxy is to send\n'
    'pip install "litellm[mcp]" opentelemetry-api opentelemetry-sdk \\\n'
    "    opentelemetry-exporter-otlp\n"
    "export OTEL_EXPORTER=otlp_http\n"
    "export OTEL_ENDPOINT={origin}/otlp/v1/traces{litellm_header}\n"
    "\n"
    "# in Python, before the first call\n"
    'litellm.callbacks = ["otel"]\n'
    "# or in the configuration of its proxy\n"
    'litellm_settings:\n  callbacks: ["otel"]',
    "langfuse": "export LANGFUSE_BASE_URL={origin}/otlp\n"
    "export LANGFUSE_PUBLIC_KEY=pk-rft LANGFUSE_SECRET_KEY={secret}",
}


def write_setup(name: str, origin: str, *, has_keys: bool) -> str:
    """The lines for one kind of sender.

    Args:
        name: One of `SETUPS`.
        origin: Of this server, as the browser reached it.
        has_keys: Whether the server asks for a key.

    Example:
        >>> write_setup("langfuse", "http://h:1", has_keys=True).split()[-1]
        'LANGFUSE_SECRET_KEY=KEY'
    """
    return _LINES[name].format(
        origin=origin,
        header=_HEADER if has_keys else "",
        litellm_header='\nexport OTEL_HEADERS="authorization=Bearer KEY"' if has_keys else "",
        sdk_key="KEY" if has_keys else "anything",  # no secret
        secret="KEY" if has_keys else "sk-rft",  # no secret
    )
