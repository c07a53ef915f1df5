"""Chat messages in the shape of the OpenAI Chat Completions API, the lingua franca of gateways."""

from typing import Any

from pydantic import ConfigDict

from rft_app.domain.entity import Entity

ROLES = ("system", "developer", "user", "assistant", "tool")
"""Roles a record may hold, in the order a conversation introduces them."""


def text_of(content: str | list[dict[str, Any]] | None) -> str:
    """All text of a message's content, one line a part; parts that are not text are left out.

    Example:
        >>> text_of([{"type": "text", "text": "a"}, {"type": "image_url"}])
        'a'
    """
    if isinstance(content, str):
        return content
    parts = content or ()
    return "\n".join(str(part["text"]) for part in parts if isinstance(part.get("text"), str))


class FunctionCall(Entity):
    """The function a model asked for."""

    model_config = ConfigDict(extra="allow")

    name: str
    arguments: str
    """JSON text, as providers send it; never an object."""


class ToolCall(Entity):
    """One tool call of an assistant turn."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: str = "function"
    function: FunctionCall


class Message(Entity):
    """One chat turn; unknown keys are kept."""

    model_config = ConfigDict(extra="allow")

    role: str
    """One of `ROLES`; invalid records may hold another."""
    content: str | list[dict[str, Any]] | None = None
    """Text, content parts, or `None` on a turn that only calls tools."""
    tool_calls: tuple[ToolCall, ...] | None = None
    tool_call_id: str | None = None
    """On a `tool` turn: the call this answers."""
    name: str | None = None

    @property
    def text(self) -> str:
        """All text of the turn; parts that are not text are left out."""
        return text_of(self.content)
