"""The one check of a conversation that both the import and the extract step use.

It reads any object with the four fields below, so that callers decode only what it needs.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic_core import from_json

from rft_app.domain.message import ROLES, text_of
from rft_app.domain.validity import Reason

CHARACTERS_PER_TOKEN = 4

_ROLES = frozenset(ROLES)


class CheckedFunction(Protocol):
    """Name and arguments of a tool call."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def arguments(self) -> str: ...  # noqa: D102


class CheckedCall(Protocol):
    """One tool call."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def function(self) -> CheckedFunction: ...  # noqa: D102


class CheckedMessage(Protocol):
    """What the check reads of a message; `domain.message.Message` is one, too."""

    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def content(self) -> str | list[dict[str, Any]] | None: ...  # noqa: D102
    @property
    def tool_calls(self) -> Sequence[CheckedCall] | None: ...  # noqa: D102
    @property
    def tool_call_id(self) -> str | None: ...  # noqa: D102


def find_fault(
    messages: Sequence[CheckedMessage],
    turn: int | None = None,
    *,
    max_tokens: int,
    num_bytes: int | None = None,
) -> Reason | None:
    """The first fault of a record, in the order of `Reason`; `None` when it is valid.

    Args:
        messages: Input and answer, nothing after the answer.
        turn: Index of the answer; `None` when there is no answer.
        max_tokens: Longest record by `count_tokens`.
        num_bytes: Size of the messages as JSON, where it is known; text is never longer than that.
    """
    fault = _find_turn_fault(messages, turn) or _find_tool_fault(messages)
    if fault is not None:
        return fault
    may_be_long = num_bytes is None or num_bytes // CHARACTERS_PER_TOKEN > max_tokens
    return Reason.TOO_LONG if may_be_long and count_tokens(messages) > max_tokens else None


def _find_turn_fault(messages: Sequence[CheckedMessage], turn: int | None) -> Reason | None:
    if not messages:
        return Reason.NO_MESSAGES
    num_given = len(messages) if turn is None else turn
    has_user = says_nothing = False
    for index, message in enumerate(messages):
        role = message.role
        if role == "user":
            has_user = has_user or index < num_given
        elif role not in _ROLES:
            return Reason.BAD_ROLE
        content = message.content
        if not content or not isinstance(content, str) or content.isspace():
            says_nothing = says_nothing or _is_empty(message)
    if not has_user:
        return Reason.NO_USER_TURN
    return Reason.EMPTY_CONTENT if says_nothing else None


def last_turn(messages: Sequence[CheckedMessage], num_prompt_messages: int = 0) -> int | None:
    """Index of the last answer: an assistant turn at or after `num_prompt_messages`."""
    for index in range(len(messages) - 1, num_prompt_messages - 1, -1):
        if messages[index].role == "assistant":
            return index
    return None


def count_tokens(messages: Sequence[CheckedMessage]) -> int:
    """Estimate: characters of text, tool names and arguments, divided by four."""
    num_characters = 0
    for message in messages:
        if content := message.content:
            num_characters += len(content if isinstance(content, str) else text_of(content))
        for call in message.tool_calls or ():
            num_characters += len(call.function.name) + len(call.function.arguments)
    return num_characters // CHARACTERS_PER_TOKEN


def _is_empty(message: CheckedMessage) -> bool:
    """Whether a turn of no plain text says nothing; a tool may answer with an empty text."""
    if message.tool_calls:
        return False
    content = message.content
    return message.role != "tool" if isinstance(content, str) else not content


def _find_tool_fault(messages: Sequence[CheckedMessage]) -> Reason | None:
    known: set[str | None] = set()
    stray = False
    for message in messages:
        if message.tool_calls:
            for call in message.tool_calls:
                if not _is_object(call.function.arguments):
                    return Reason.BAD_TOOL_ARGUMENTS
                known.add(call.id)
        elif message.role == "tool":
            stray = stray or message.tool_call_id not in known
    return Reason.TOOL_RESULT_WITHOUT_CALL if stray else None


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(from_json(arguments, allow_inf_nan=False), dict)
    except ValueError:
        return False
