"""Why a record cannot be trained on.

Two codes, `not_json` and `wrong_shape`, belong to lines that never became a trace; they exist in
the import report only.  Every other code marks a stored, counted, visible record.
"""

from enum import StrEnum


class Reason(StrEnum):
    """One fault; a record carries the first that applies, in this order."""

    NO_MESSAGES = "no_messages"
    BAD_ROLE = "bad_role"
    NO_USER_TURN = "no_user_turn"
    EMPTY_CONTENT = "empty_content"
    BAD_TOOL_ARGUMENTS = "bad_tool_arguments"
    TOOL_RESULT_WITHOUT_CALL = "tool_result_without_call"
    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"

    @property
    def message(self) -> str:
        """What a person reads: the fault and its remedy."""
        return _MESSAGES[self]

    @property
    def is_line_fault(self) -> bool:
        """Whether the line could not be read at all, so that no record exists."""
        return self in {Reason.NOT_JSON, Reason.WRONG_SHAPE}


_MESSAGES = {
    Reason.NO_MESSAGES: "The conversation is empty. Add at least one user message.",
    Reason.BAD_ROLE: "A role is not one of system, developer, user, assistant, tool.",
    Reason.NO_USER_TURN: "No user message comes before the answer.",
    Reason.EMPTY_CONTENT: "A message has neither text nor tool calls.",
    Reason.BAD_TOOL_ARGUMENTS: "A tool call's arguments are not a JSON object.",
    Reason.TOOL_RESULT_WITHOUT_CALL: "A tool message answers a call that no assistant turn made.",
    Reason.TOO_LONG: "The record is longer than the token limit.",
    Reason.NOT_JSON: "The line is not valid JSON.",
    Reason.WRONG_SHAPE: "The line is JSON but matches no known row shape. Map its columns.",
}
