"""`{"litellm_call_id": "…", "messages": […], "model_parameters": {…}, "response": {…}}`.

LiteLLM's `StandardLoggingPayload`, as its callbacks get it: one call through its proxy or SDK.  A
call that failed is kept without an answer.
"""

from typing import Final

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft, find_number
from rft_app.traces.exchange import draft_exchange, open_object, pack, tell
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null

MS_PER_S: Final = 1000.0
_FAILURE: Final = b'"failure"'


class LiteLlm:
    """The call that it tells of, and everything else it says as metadata."""

    name = "litellm"
    label = "LiteLLM standard logging payloads"

    def matches(self, row: Row) -> bool:
        """`litellm_call_id` and `messages`."""
        return "litellm_call_id" in row and not is_null(row.get("messages"))

    def draft(self, row: Row) -> Draft:
        """Read it as the request and the response of a gateway."""
        if not self.matches(row):
            raise WrongShapeError("`litellm_call_id` or `messages` is missing.")
        request = open_object(row.get("model_parameters")) or {}
        row.pop("model_parameters", None)
        request["messages"] = row.pop("messages")
        if "model" in row:
            request["model"] = row["model"]
        tell(row, timestamp="startTime", tags="request_tags", user_id="end_user")
        _tell_first_token(row)
        tell_error(row)
        draft = draft_exchange(request, row.pop("response", None), row)
        took_s = find_number(row["response_time"]) if "response_time" in row else None
        if took_s is not None:
            draft.body["latency_ms"] = pack(took_s * MS_PER_S)
        if row.get("status") is not None and bytes(row["status"]) == _FAILURE:
            draft.status = TraceStatus.ERROR
        return draft


def tell_error(row: Row) -> None:
    """LiteLLM's words for what went wrong as an error with type and message."""
    known = open_object(row.get("error_information")) or {}
    message = as_text(known.get("error_message")) or as_text(row.get("error_str"))
    if message and "error" not in row:
        row["error"] = pack({"type": as_text(known.get("error_class")), "message": message})


def _tell_first_token(row: Row) -> None:
    """A stream's first piece comes before its end; without one both moments are the same."""
    names = ("startTime", "completionStartTime", "endTime")
    numbers = [find_number(row[name]) for name in names if name in row]
    known = [number for number in numbers if number is not None]
    if len(known) == len(names) and known[0] <= known[1] < known[2]:
        row["time_to_first_token_ms"] = pack((known[1] - known[0]) * MS_PER_S)
