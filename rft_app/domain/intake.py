"""What becomes of what instrumented applications send."""

from enum import StrEnum
from typing import NamedTuple

from rft_app.domain.entity import Entity


class Signal(StrEnum):
    """What a request carries."""

    TRACES = "traces"
    LOGS = "logs"


class Encoding(StrEnum):
    """How a request is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


class Batch(NamedTuple):
    """One request that was acknowledged."""

    seq: int
    signal: Signal
    encoding: Encoding
    body: bytes


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
    Outcome.MALFORMED: "Requests that are not OTLP, refused; or that broke the reader, set aside.",
    Outcome.TOO_LARGE: "Requests larger than RFT_MAX_OTLP_BYTES or RFT_MAX_OTLP_RECORDS; refused.",
    Outcome.WRONG_TYPE: "Requests of another content type or compression; refused.",
    Outcome.NO_KEY: "Requests without a key of RFT_OTLP_KEYS; refused.",
    Outcome.BUSY: "Requests that were asked to come again: too much waits to be read.",
}


class IntakeCount(Entity):
    """How often something became of what a source sent."""

    source: str
    """The dialect, or `otlp` where none was looked for."""
    outcome: Outcome
    number: int
