"""`{"id": "chatcmpl-…", "object": "chat.completion", "messages": […], "choices": […], …}`.

A completion that OpenAI stored, as its API lists it.  Its messages are a resource of their own
(`…/messages`): put them into the row as `messages`, else only the answer is there.  A stored
response (`"object": "response"`) has its question as `input`.
"""

from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_exchange, pack
from rft_app.traces.line import Row, WrongShapeError

_OBJECTS = frozenset({b'"chat.completion"', b'"response"'})
_QUESTIONS = ("messages", "input", "input_messages", "input_items")
_REQUEST = ("instructions", "tools", "tool_choice", "parallel_tool_calls", "model")
_RESPONSE = ("choices", "output", "usage", "error", "status", "incomplete_details", "object")


class OpenAiStored:
    """What it says beside question and answer is metadata."""

    name = "openai_stored"
    label = "OpenAI stored completions and responses"

    def matches(self, row: Row) -> bool:
        """The name of its kind."""
        return "object" in row and bytes(row["object"]) in _OBJECTS

    def draft(self, row: Row) -> Draft:
        """A message of the sub-resource names its parts `content_parts` where it has any."""
        if not self.matches(row):
            raise WrongShapeError('`object` is neither "chat.completion" nor "response".')
        request = {name: row[name] for name in _REQUEST if name in row}
        request["messages"] = next((row.pop(n) for n in _QUESTIONS if n in row), pack([]))
        if "output" in row:
            request["input"] = request.pop("messages")
        answer = {name: row.pop(name) for name in _RESPONSE if name in row}
        for name in _REQUEST:
            if name != "model":
                row.pop(name, None)
        return draft_exchange(request, pack(answer), row)
