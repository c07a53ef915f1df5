"""What becomes of what instrumented applications send."""

from enum import StrEnum
from typing import NamedTuple

from rft_app.domain.entity import Entity


class Signal(StrEnum):
    """What a request carries."""

    TRACES = "traces"
    LOGS = "logs"
    CALLS = "calls"
    """Calls that went through the gateway."""
    FEEDBACK = "feedback"
    """What was said of their answers."""


OTLP_SIGNALS = (Signal.TRACES, Signal.LOGS)


class Encoding(StrEnum):
    """How a request is written."""

    PROTOBUF = "protobuf"
    JSON = "json"
    MSGPACK = "msgpack"
    """The gateway's own."""


class Batch(NamedTuple):
    """One request that was acknowledged."""

    seq: int
    signal: Signal
    encoding: Encoding
    body: bytes
    key_id: str = ""
    """Of the key it came with; calls through the gateway say it themselves."""


class Outcome(StrEnum):
    """What became of a span or a request; everything that arrives is counted under one."""

    CALL = "call"
    NO_CONTENT = "no_content"
    NO_CALL = "no_call"
    UNREADABLE = "unreadable"
    OTHER_LOG = "other_log"
    DUPLICATE = "duplicate"
    BAD_ID = "bad_id"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    NO_KEY = "no_key"
    BUSY = "busy"
    NO_PROVIDER = "no_provider"
    NO_MODEL = "no_model"
    NOT_RECORDED = "not_recorded"
    FEEDBACK = "feedback"
    NO_RESPONSE = "no_response"

    @property
    def meaning(self) -> str:
        """What happened and, where something can be done, what."""
        return _MEANINGS[self]


_MEANINGS = {
    Outcome.CALL: "Model calls that became traces.",
    Outcome.NO_CONTENT: (
        "Model calls without messages, kept as structure. OpenTelemetry records none unless "
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says so."
    ),
    Outcome.NO_CALL: "Spans of other work, kept as structure.",
    Outcome.UNREADABLE: (
        "Model calls whose messages cannot be read, kept as structure; often an attribute was cut "
        "off by OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT."
    ),
    Outcome.OTHER_LOG: "Log records that tell nothing of a model call; not kept.",
    Outcome.DUPLICATE: "Spans that were there already; nothing changed.",
    Outcome.BAD_ID: "Spans without a usable trace id or span id; refused.",
    Outcome.MALFORMED: (
        "Requests that are not OTLP, refused; or spans and feedback that broke the reader or that "
        "the database refuses, set aside."
    ),
    Outcome.TOO_LARGE: (
        "Requests larger than RFT_MAX_OTLP_BYTES, RFT_MAX_OTLP_RECORDS or, at the gateway, "
        "RFT_MAX_GATEWAY_BYTES; refused."
    ),
    Outcome.WRONG_TYPE: "Requests of another content type or compression; refused.",
    Outcome.NO_KEY: (
        "Requests without a key where there are keys or, at the gateway, from another machine "
        "where there are none; refused. `rft keys` lists them."
    ),
    Outcome.BUSY: "Requests that were asked to come again: too much waits to be read.",
    Outcome.NO_PROVIDER: (
        "Calls through the gateway while no provider was set; refused. Add a provider in "
        "Settings, or set RFT_LLM_BASE_URL or RFT_GATEWAY_PROVIDERS and start the server again."
    ),
    Outcome.NO_MODEL: (
        "Calls through the gateway of a model that no provider of RFT_GATEWAY_PROVIDERS takes; "
        "refused."
    ),
    Outcome.NOT_RECORDED: (
        "Calls that the gateway served and could not record: the database was gone for too long "
        "or refuses them, no worker runs, or the call is larger than RFT_MAX_GATEWAY_BYTES."
    ),
    Outcome.FEEDBACK: "Feedback on answers, kept with their traces.",
    Outcome.NO_RESPONSE: "Feedback on answers that no stored trace has; not kept.",
}


GATEWAY = "gateway"
"""The source of what went through our own gateway."""


class IntakeCount(Entity):
    """How often something became of what a source sent."""

    source: str
    """The dialect, `gateway`, or `otlp` where none was looked for."""
    outcome: Outcome
    number: int
