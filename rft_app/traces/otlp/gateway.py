"""Calls that went through our own gateway: the provider's bodies, as they were sent.

    gateway.path      chat/completions
    gateway.request   {"model":"…","messages":[…],"tools":[…]}
    gateway.response  {"id":"…","choices":[…],"usage":{…}}

Streams are put together before (`rft_app.traces.recorded_call`).
"""

from collections.abc import Sequence

from rft_app.domain.intake import GATEWAY
from rft_app.traces.line import WrongShapeError
from rft_app.traces.otlp.attributes import try_json
from rft_app.traces.otlp.bodies import is_request, read_bodies
from rft_app.traces.otlp.call import Call
from rft_app.traces.otlp.parts import is_object
from rft_app.traces.otlp.span import MS_IN_NS, Log, Span

SCOPE = "rft.gateway"
"""What makes its spans."""
REQUEST = "gateway.request"
RESPONSE = "gateway.response"
PATH = "gateway.path"
RESPONSE_ID = "gateway.response_id"
KEY_ID = "gateway.key_id"
"""Of the key that the call came with."""
DEPLOYMENT = "gateway.deployment"
"""Of the alias that was called, where it was one."""
VARIANT = "gateway.variant"
ASSIGNED = "gateway.assigned"
REQUEST_ID = "gateway.client_call"
SHADOW = "gateway.shadow"
SAMPLED = "gateway.sampled"
FAULT = "gateway.fault"
"""Why the answer cannot be read; it is kept as it came."""
FIRST_TOKEN = "gateway.first_token"
"""The event of the first piece that says something."""
_CALLS = frozenset({"chat/completions", "responses"})


class Gateway:
    """Spans of recorded calls."""

    name = GATEWAY
    label = "Gateway"

    def matches(self, span: Span) -> bool:
        """Those that are made of what the gateway recorded."""
        return span.scope == SCOPE

    def is_call(self, span: Span) -> bool:
        """Embeddings are structure: nothing is said."""
        return span.attributes.get(PATH) in _CALLS

    def read(self, span: Span, logs: Sequence[Log]) -> Call:
        """Both bodies.

        Raises:
            WrongShapeError: What was posted is no request, or the answer cannot be read.
        """
        if FAULT in span.attributes:
            raise WrongShapeError(str(span.attributes[FAULT]))
        request = try_json(span.attributes.get(REQUEST))
        if not is_request(request):
            raise WrongShapeError("The request holds no messages.")
        response = try_json(span.attributes.get(RESPONSE))
        call = read_bodies(request, response)
        call.used = (REQUEST, KEY_ID, RESPONSE) if is_object(response) else (REQUEST, KEY_ID)
        call.first_token_ms = find_first_token(span)
        return call


def find_first_token(span: Span) -> float | None:
    """Milliseconds from the start of a call to the first piece of its answer."""
    times = (event.time_ns for event in span.events if event.name == FIRST_TOKEN)
    first_ns = next(times, None)
    return None if first_ns is None else (first_ns - span.start_ns) / MS_IN_NS
