"""`{"request_id": "…", "request_body": {…}, "response_body": {…}, "delay_ms": 812, …}`.

One request as Helicone's export tool and its query API give it; the bodies are the provider's own.
"""

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft, find_number, read_reward
from rft_app.traces.exchange import draft_exchange, open_object, pack, tell
from rft_app.traces.line import Row, WrongShapeError, is_null

_SESSION = "Helicone-Session-Id"
_FAILED = 400


class Helicone:
    """Session and user by their usual names, the rating as the reward."""

    name = "helicone"
    label = "Helicone export"

    def matches(self, row: Row) -> bool:
        """Its own names of the request."""
        names = ("request_body", "signed_body_url")
        return "request_id" in row and any(name in row for name in names)

    def draft(self, row: Row) -> Draft:
        """Costs, scores and properties stay metadata."""
        request = open_object(row.pop("request_body", None))
        if not request:
            raise WrongShapeError(
                "The row holds no body of the request. Export with the bodies: --include-body."
            )
        response = row.pop("response_body", None)
        tell(
            row,
            id="request_id",
            timestamp="request_created_at",
            user_id="request_user_id",
            model="response_model",
            latency_ms="delay_ms",
            time_to_first_token_ms="time_to_first_token",
        )
        properties = open_object(row.get("properties", row.get("request_properties"))) or {}
        if _SESSION in properties:
            row["session_id"] = properties[_SESSION]
        draft = draft_exchange(request, response, row)
        _take_outcome(draft, row)
        return draft


def _take_outcome(draft: Draft, row: Row) -> None:
    rating = row.get("feedback_rating")
    if rating is not None and not is_null(rating):
        draft.reward = read_reward(rating)
    status = None if "response_status" not in row else find_number(row["response_status"])
    if status is not None and (status >= _FAILED or status < 0):
        draft.status = TraceStatus.ERROR
    if "usage" not in draft.body:
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        draft.body["usage"] = pack({name: row[name] for name in names if name in row})
