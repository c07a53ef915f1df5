"""Take what instrumented applications send, and say what became of it."""

import time

from sqlmodel import Session

from rft_app.domain.intake import Encoding, IntakeCount, Outcome, Signal
from rft_app.errors import BusyError
from rft_app.settings import get_settings
from rft_app.storage import intake
from rft_app.traces.otlp import OTLP

DAY_MS = 86_400_000


def take_request(
    session: Session,
    signal: Signal,
    encoding: Encoding,
    body: bytes,
    num_refused: int,
    key_id: str = "",
) -> None:
    """Keep a request that can be read; a worker makes traces of it.

    Args:
        session: A durable unit of work: the sender forgets what is acknowledged.
        signal: What it carries.
        encoding: How it is written.
        body: It passed `check_request`.
        num_refused: Spans of it without usable ids.
        key_id: Of the key it came with.

    Raises:
        BusyError: Too much waits already; is a worker running?
    """
    require_room(session)
    now_ms = _now_ms()
    intake.add_batch(session, signal, encoding, body, now_ms, key_id)
    intake.add_counts(session, {(OTLP, Outcome.BAD_ID): num_refused}, now_ms)


def require_room(session: Session) -> None:
    """Check that more may wait to be read.

    Raises:
        BusyError: Too much waits already; is a worker running?
    """
    if intake.measure_backlog(session) > get_settings().max_otlp_backlog_bytes:
        raise BusyError(
            "More than RFT_MAX_OTLP_BACKLOG_BYTES wait to be read. Check that a worker runs."
        )


def count_refused(session: Session, outcome: Outcome, number: int) -> None:
    """Count what was refused: a request as a whole, or all spans of one."""
    intake.add_counts(session, {(OTLP, outcome): number}, _now_ms())


def find_last_call(session: Session, trace_id: str) -> str | None:
    """The span of the call of a trace that was stored last; `None` without any."""
    calls = [each for each in intake.find_spans(session, {trace_id}) if each.trace_seq is not None]
    last = max(calls, key=lambda each: (each.stored_at, each.trace_seq or 0), default=None)
    return None if last is None else last.key[1]


def list_counts(session: Session, days: int = 1) -> list[IntakeCount]:
    """What became of what arrived in the last days."""
    return intake.list_counts(session, _now_ms() - days * DAY_MS)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
