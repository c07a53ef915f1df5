"""`{"system": "…", "messages": […], "content": […], "stop_reason": "end_turn", "usage": {…}}`.

Request and answer of Anthropic's Messages API in one row; or either of them alone.  Logs that keep
them apart as `request` and `response` are gateway calls.
"""

from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_exchange, is_said, pack
from rft_app.traces.line import Row, WrongShapeError, starts_with

_REQUEST = ("system", "messages", "tools", "tool_choice", "max_tokens", "temperature", "stream")
_RESPONSE = ("type", "role", "content", "stop_reason", "stop_sequence", "usage")
_MESSAGE = b'"message"'


class Anthropic:
    """Blocks become chat messages with parts, tool calls and results."""

    name = "anthropic"
    label = "Anthropic message logs"

    def matches(self, row: Row) -> bool:
        """Messages with a system prompt or a stop reason beside them, or an answer alone."""
        if starts_with(row.get("messages"), b"["):
            return is_said(row.get("system")) or ("stop_reason" in row and "content" in row)
        return _is_answer(row)

    def draft(self, row: Row) -> Draft:
        """Without `content`, the last assistant turn of the messages is the answer."""
        if not self.matches(row):
            raise WrongShapeError("`messages` with `system` or `stop_reason` are missing.")
        request = {name: row.pop(name) for name in _REQUEST if name in row}
        if "model" in row:
            request["model"] = row["model"]
        request.setdefault("messages", pack([]))
        if "content" not in row:
            draft = draft_exchange({"system": pack(""), **request}, None, row)
            draft.num_prompt_messages, draft.is_call = None, False
            return draft
        answer = {name: row.pop(name) for name in _RESPONSE if name in row}
        return draft_exchange(request, pack({**answer, "type": "message"}), row)


def _is_answer(row: Row) -> bool:
    is_message = row.get("type") is not None and bytes(row["type"]) == _MESSAGE
    return is_message and "stop_reason" in row and "content" in row
