"""How long traces that arrive by themselves are kept, and the job that deletes them.

Datasets hold copies of the traces that they were made of, which nothing here deletes: their records
stay, with their provenance.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from sqlmodel import Session

from rft_app.domain.retention import Retention
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.settings import get_settings
from rft_app.storage import retention
from rft_app.storage.jobs import list_active
from rft_app.storage.session import reading, unit_of_work
from rft_app.traces.otlp.span import decode_span, encode

CLEAN_TRACES: Final = "clean_traces"
DAY_MS: Final = 86_400_000
_PER_BATCH: Final = 500


class CleanTraces:
    """Lets go of what joined spans said twice, and of what is older than the retention."""

    name = CLEAN_TRACES
    label = "Clean-up of traces"

    def run(self, context: JobContext) -> dict[str, Any]:
        """A batch is one transaction; a re-run goes on with what is left."""
        now_ms = _now_ms()
        settled_ms = now_ms - retention.LATE_MS
        num_trimmed = _trim(context, settled_ms)
        _repeat(context, lambda session: retention.delete_logs(session, settled_ms, _PER_BATCH))
        with reading() as session:
            days = get_retention(session).days
        num_traces = 0
        if days:
            old_ms = now_ms - days * DAY_MS
            num_traces = _repeat(
                context, lambda session: retention.delete_traces(session, old_ms, _PER_BATCH)
            )
            _repeat(context, lambda session: retention.delete_spans(session, old_ms, _PER_BATCH))
        return {"num_trimmed": num_trimmed, "num_deleted": num_traces}


def get_retention(session: Session) -> Retention:
    """What was chosen, else what the environment says."""
    days = retention.find_days(session)
    return Retention(days=get_settings().retention_days if days is None else days)


def set_retention(session: Session, chosen: Retention) -> None:
    """Choose; the clean-up that runs every hour goes by it."""
    retention.save_days(session, chosen.days)


def start_clean_up(session: Session) -> None:
    """Queue the job, unless there is nothing to do or one does it."""
    is_active = any(job.kind == CLEAN_TRACES for job in list_active(session))
    if not is_active and _is_due(session):
        enqueue(session, CLEAN_TRACES, None, {})


def _is_due(session: Session) -> bool:
    now_ms, days = _now_ms(), get_retention(session).days
    if days and retention.is_any_old(session, now_ms - days * DAY_MS):
        return True
    trimmed = retention.read_trimmed(session)
    return retention.is_any_joined(session, trimmed, now_ms - retention.LATE_MS)


def _trim(context: JobContext, before_ms: int) -> int:
    """Leave of spans that became traces what places them in time; their traces say the rest."""
    with reading() as session:
        start = retention.read_trimmed(session)
    after, num_done = (start, "", ""), 0
    while True:
        with reading() as session:
            spans = retention.list_joined_spans(session, after, before_ms, _PER_BATCH)
        if not spans:
            break
        bodies = [(each.key, _shorten(each.body)) for each in spans]
        with unit_of_work() as session:
            retention.replace_bodies(session, bodies)
        after, num_done = (spans[-1].stored_at, *spans[-1].key), num_done + len(spans)
        context.progress(num_done, label=f"{num_done:,} spans made smaller")
    with unit_of_work() as session:
        retention.move_trimmed(session, start, max(start, before_ms))
    return num_done


def _shorten(body: bytes) -> bytes:
    span = decode_span(body)
    span.attributes, span.resource = {}, {}
    for event in span.events:
        event.attributes = {}
    return encode(span)


def _repeat(context: JobContext, delete: Callable[[Session], int]) -> int:
    num_done = 0
    while True:
        with unit_of_work() as session:
            number = delete(session)
        if not number:
            return num_done
        num_done += number
        context.progress(num_done, label=f"{num_done:,} deleted")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
