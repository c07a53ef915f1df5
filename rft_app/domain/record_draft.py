"""Record drafts: what a person, a strategy or a correction brings, before it is stored."""

from typing import Any

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.message import Message
from rft_app.domain.record import Record, RecordId
from rft_app.domain.validity import Reason
from rft_app.domain.validity_check import find_fault


class RecordDraft(Entity):
    """A record to be, and where it belongs."""

    messages: tuple[Message, ...]
    """The conversation up to, not including, the answer."""
    output: Message | None = None
    """The answer, one assistant turn; `None` where none is known."""
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    reference: str | None = None
    """The accepted answer."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    reward: float | None = Field(default=None, ge=0, le=1)
    """Reward recorded for the answer."""
    topic_key: str | None = None
    """Slash path of a leaf; one that is no more, or no leaf any more, leaves it without a topic."""
    topic_method: str | None = None
    topic_confidence: float | None = Field(default=None, ge=0, le=1)
    parent: RecordId | None = None
    """The record it was made from; it shares that one's group, so no split parts them."""
    group_key: int | None = None
    """Group it belongs to instead; without either it is a group of its own."""
    trace_id: str | None = None
    """The source's own id of the row."""
    tags: tuple[str, ...] = ()

    @property
    def conversation(self) -> tuple[Message, ...]:
        """Input and answer."""
        return (*self.messages, *(() if self.output is None else (self.output,)))

    @classmethod
    def of(cls, record: Record, **changes: Any) -> "RecordDraft":  # noqa: ANN401  # any field
        """A stored record as a draft of its successor; tools that were derived are left out."""
        values: dict[str, Any] = {
            "messages": record.input,
            "output": record.output[0] if record.output else None,
            "tools": () if record.tools_inferred else record.tools,
            "tool_choice": record.tool_choice,
            "parallel_tool_calls": record.parallel_tool_calls,
            "reference": record.reference,
            "metadata": record.metadata,
            "reward": record.reward,
            "topic_key": record.topic,
            "topic_method": record.topic_method,
            "topic_confidence": record.topic_confidence,
            "parent": record.id,
            "trace_id": record.trace_id,
            "tags": record.tags,
        }
        return cls(**(values | changes))

    def find_fault(self, max_tokens: int) -> Reason | None:
        """The first fault by the rule of Extract; `None` when there is none.

        Example:
            >>> RecordDraft(messages=()).find_fault(100)
            <Reason.NO_MESSAGES: 'no_messages'>
        """
        turn = None if self.output is None else len(self.messages)
        return find_fault(self.conversation, turn, max_tokens=max_tokens)

    def find_fault_turn(self, max_tokens: int) -> int | None:
        """The first turn, from 1, that alone after a question is at fault; `None` for the whole.

        Example:
            >>> said = Message(role="user", content="Hi"), Message(role="user", content=" ")
            >>> RecordDraft(messages=said).find_fault_turn(100)
            2
        """
        question = Message(role="user", content="?")
        for number in range(1, len(self.conversation) + 1):
            turns = (question, *self.conversation[:number])
            reason = find_fault(turns, None, max_tokens=max_tokens)
            if reason not in {None, Reason.TOO_LONG}:
                return number
        return None
