"""Keep what goes through the gateway, and what is said of it."""

import time
from collections.abc import Mapping, Sequence

from sqlmodel import Session

from rft_app.domain.intake import GATEWAY, Encoding, Outcome, Signal
from rft_app.services.intake import require_room
from rft_app.storage import gateway_responses, intake
from rft_app.traces.recorded_call import Feedback, RecordedCall, encode_batch

Counts = Mapping[Outcome, int]


def store_batch(
    session: Session, calls: Sequence[RecordedCall], feedback: Sequence[Feedback], counts: Counts
) -> None:
    """Keep calls, and feedback that comes after them; a worker makes traces of them.

    Raises:
        BusyError: Too much waits already; nothing was written.
    """
    if calls or feedback:
        require_room(session)
    now_ms = time.time_ns() // 1_000_000
    for signal, batch in ((Signal.CALLS, calls), (Signal.FEEDBACK, feedback)):
        if batch:
            body = encode_batch(batch)
            intake.add_batch(session, signal, Encoding.MSGPACK, body, now_ms)
    numbers = {(GATEWAY, outcome): number for outcome, number in counts.items()}
    intake.add_counts(session, numbers, now_ms)


def may_have_response(session: Session, response_id: str) -> bool:
    """Whether a stored trace holds an answer, or something waits that may be its call."""
    is_waiting = intake.measure_backlog(session) > 0  # first: it becomes a trace meanwhile
    return is_waiting or gateway_responses.find_trace(session, response_id) is not None
