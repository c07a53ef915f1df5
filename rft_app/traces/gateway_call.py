"""`{"id": "…", "trace_id": "…", "request": {…}, "response": {…}, "feedback": {…}}`.

One call of a model as a gateway logs it: the bodies of Chat Completions, of the Responses API or of
Anthropic's Messages API.  A call that failed is kept without an answer.
"""

from rft_app.traces.draft import Draft
from rft_app.traces.exchange import draft_exchange, open_object
from rft_app.traces.line import Row, WrongShapeError, starts_with


class GatewayCall:
    """The request's messages, and the first choice of the response as the answer."""

    name = "gateway_call"
    label = "Gateway calls (request and response)"

    def matches(self, row: Row) -> bool:
        """`request` as an object."""
        return starts_with(row.get("request"), b"{")

    def draft(self, row: Row) -> Draft:
        """What is left of request and response stays in the metadata under these names."""
        request = open_object(row.pop("request", None))
        if request is None:
            raise WrongShapeError("`request` is not an object.")
        return draft_exchange(request, row.pop("response", None), row)
