"""Records on the wire."""

from typing import Any, Literal

from rft_app.api.schemas._base import Wire
from rft_app.domain import message as domain
from rft_app.domain.candidate import GeneratedDraft
from rft_app.domain.record import Record, SourceType
from rft_app.domain.validity import Reason


class ToolFunction(Wire):
    """What a tool call asks for."""

    name: str
    arguments: str
    """JSON text."""


class ToolCall(Wire):
    """One tool call."""

    id: str
    type: Literal["function"] = "function"
    function: ToolFunction


class Message(Wire):
    """One turn."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None

    @classmethod
    def of(cls, message: domain.Message) -> "Message":
        """Convert from the domain."""
        calls = [
            ToolCall(
                id=call.id,
                function=ToolFunction(name=call.function.name, arguments=call.function.arguments),
            )
            for call in message.tool_calls or ()
        ]
        return cls(
            role=message.role,
            content=message.content,
            tool_calls=calls or None,
            tool_call_id=message.tool_call_id,
            name=message.name,
        )


class RecordInput(Wire):
    """What the model was given."""

    messages: list[Message]
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None


class RecordOutput(Wire):
    """What it answered; empty when no answer was recorded."""

    messages: list[Message] | None = None
    tool_calls: list[ToolCall] | None = None
    finish_reason: str | None = None


class DataInfo(Wire):
    """Input and output."""

    input: RecordInput
    output: RecordOutput

    @classmethod
    def of(cls, body: Record | GeneratedDraft) -> "DataInfo":
        """Convert from the domain."""
        output = [Message.of(message) for message in body.output]
        calls = [call for message in output for call in message.tool_calls or ()]
        return cls(
            input=RecordInput(
                messages=[Message.of(message) for message in body.input],
                tools=list(body.tools) or None,
                tool_choice=body.tool_choice,
            ),
            output=RecordOutput(messages=output or None, tool_calls=calls or None),
        )


class DatasetRecord(Wire):
    """One record in full."""

    id: str
    dataset_id: str
    data: DataInfo
    metadata: dict[str, Any] | None = None
    span_id: str | None = None
    """The source's own id of the row."""
    topic: str | None
    is_generated: bool
    is_valid: bool
    validation_error: str | None = None
    dry_run_score: float | None
    """Mean reward in the last dry run; `null` where it was not graded."""
    created_at: int
    updated_at: int
    reason: Reason | None = None
    """Code of `validationError`."""
    topic_confidence: float | None = None
    reference: str | None = None
    reward: float | None = None
    """The recorded reward."""
    source_type: SourceType
    duplicate_of: str | None = None
    tags: list[str] = []
    parent_id: str | None = None
    """The record it was edited or generated from."""
    is_archived: bool = False
    """Whether it was deleted, or edited into another one."""
    tools_inferred: bool = False
    """Whether the tools were derived from the calls because the trace did not say them."""

    @classmethod
    def of(cls, record: Record, dataset_id: str, score: float | None) -> "DatasetRecord":
        """Convert from the domain."""
        return cls(
            id=record.id,
            dataset_id=dataset_id,
            data=DataInfo.of(record),
            metadata=record.metadata or None,
            span_id=record.trace_id,
            topic=record.topic,
            is_generated=record.source_type is SourceType.GENERATED,
            is_valid=record.reason is None,
            validation_error=None if record.reason is None else record.reason.message,
            dry_run_score=score,
            created_at=record.created_at,
            updated_at=record.updated_at,
            reason=record.reason,
            topic_confidence=record.topic_confidence,
            reference=record.reference,
            reward=record.reward,
            source_type=record.source_type,
            duplicate_of=record.duplicate_of,
            tags=list(record.tags),
            parent_id=record.parent,
            is_archived=record.is_archived,
            tools_inferred=record.tools_inferred,
        )
