"""`{"id": "batch_req_…", "custom_id": "r-1", "response": {"status_code": 200, "body": {…}}}`.

A line of a batch's output, of its input (`{"custom_id", "method", "url", "body"}`), or of both
joined by `custom_id`.  Anthropic's batches (`{"custom_id", "params"}`, `{"custom_id", "result"}`)
are read the same way.
"""

import msgspec

from rft_app.domain.trace import TraceStatus
from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_exchange, open_object, pack
from rft_app.traces.line import Row, WrongShapeError, as_text, is_null, starts_with

QUESTIONS = frozenset({"body", "params"})
ANSWERS = frozenset({"response", "result", "error"})
_TALKS = ("completions", "responses", "messages")


class OpenAiBatch:
    """The request is the input's, the answer the output's; either may be missing."""

    name = "openai_batch"
    label = "Batches of OpenAI and Anthropic"

    def matches(self, row: Row) -> bool:
        """`custom_id` with a question or an answer."""
        known = QUESTIONS | ANSWERS
        return "custom_id" in row and any(starts_with(row.get(name), b"{") for name in known)

    def draft(self, row: Row) -> Draft:
        """A request that failed or expired is kept with its error."""
        if not self.matches(row):
            raise WrongShapeError("`custom_id`, or its `body` or `response`, is missing.")
        url = as_text(row.get("url")) or _TALKS[0]
        if not url.endswith(_TALKS):
            raise WrongShapeError(f"A request to {url[:80]} is no conversation.")
        given = [open_object(row.pop(name, None)) for name in sorted(QUESTIONS)]
        request = next(filter(None, given), {"messages": pack([])})
        response = row.pop("response", None)
        result = open_object(row.pop("result", None))
        if result is not None:
            response = _take_result(row, result)
        if "id" not in row:
            row["id"] = row["custom_id"]
        draft = draft_exchange(request, response, row)
        if not is_null(row.get("error")):
            draft.status = TraceStatus.ERROR
        return draft


def _take_result(row: Row, result: Row) -> msgspec.Raw | None:
    """The message of Anthropic's result; what else it says becomes the row's error."""
    message = result.pop("message", None)
    if message is None:
        row["error"] = pack(result)
        return None
    known = open_object(message) or {}
    if "id" in known:
        row["id"] = known["id"]
    return message
