"""`{"litellm_call_id": "…", "messages": […], "model_parameters": {…}, "response": {…}}`.

LiteLLM's `StandardLoggingPayload`, as its callbacks get it: one call through its proxy or SDK.  A
call that failed is kept without an answer.
"""

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft, find_number
from rft_app.traces.gateway_call import GatewayCall
from rft_app.traces.line import Row, WrongShapeError, starts_with

_CALL = GatewayCall()
_FAILURE = b'"failure"'
_MS_PER_S = 1000.0


class LiteLlm:
    """The call that it tells of, and everything else it says as metadata."""

    name = "litellm"
    label = "LiteLLM standard logging payloads"

    def matches(self, row: Row) -> bool:
        """`litellm_call_id` and `messages`."""
        return "litellm_call_id" in row and starts_with(row.get("messages"), b"[")

    def draft(self, row: Row) -> Draft:
        """Read it as the request and the response of a gateway."""
        if not self.matches(row):
            raise WrongShapeError("`litellm_call_id` or a list of `messages` is missing.")
        request = _take_parameters(row)
        request["messages"] = row.pop("messages")
        if "model" in row:
            request["model"] = row["model"]
        row["request"] = msgspec.Raw(msgspec.json.encode(request))
        if "timestamp" not in row and "startTime" in row:
            row["timestamp"] = row["startTime"]
        draft = _CALL.draft(row)
        took_s = find_number(row["response_time"]) if "response_time" in row else None
        if took_s is not None:
            draft.body["latency_ms"] = msgspec.Raw(msgspec.json.encode(took_s * _MS_PER_S))
        if row.get("status") is not None and bytes(row["status"]) == _FAILURE:
            draft.status = TraceStatus.ERROR
        return draft


def _take_parameters(row: Row) -> Row:
    """Tools and the other parameters of the request."""
    if not starts_with(row.get("model_parameters"), b"{"):
        return {}
    return msgspec.json.decode(row.pop("model_parameters"), type=Row)
