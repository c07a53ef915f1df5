"""Make traces of requests that wait.

Spans join with their log records, and with what other spans say of their trace, in whatever order
they arrive.  All is made outside of the transaction that stores it; where somebody else stored
spans meanwhile, it is made again.
"""

import gc
import logging
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlmodel import Session

from rft_app.domain.hashing import content_hash
from rft_app.domain.intake import GATEWAY, Batch, Outcome
from rft_app.domain.trace import ParsedTrace
from rft_app.services.deployment_intake import complete
from rft_app.services.gateway_feedback import add_feedback
from rft_app.services.intake_arrivals import Arrivals, Counts
from rft_app.services.scrubbing import find_scrubber
from rft_app.settings import get_settings
from rft_app.storage import gateway_responses, intake, scrubbing
from rft_app.storage.deployment_calls import add_calls
from rft_app.storage.intake import NewSpan, SpanKey, StoredSpan
from rft_app.storage.retention import LATE_MS
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.trace_senders import add_senders
from rft_app.storage.traces import add_traces, replace_traces, to_storable
from rft_app.text.scrubbing import Placeholders, Scrubber, scrub_value
from rft_app.traces.otlp import OTLP, UNREADABLE, Reading, read_span
from rft_app.traces.otlp.parts import Json
from rft_app.traces.otlp.span import Log, Span, decode_log, decode_span, encode
from rft_app.traces.otlp.trace import make_trace, read_session
from rft_app.traces.scrubbed import scrub_log, scrub_span, scrub_trace

logger = logging.getLogger("rft.intake")

BYTES_AT_ONCE = 4_000_000
"""Little memory, and a lock that is held for moments."""
_TOO_MUCH = "54"
"""What SQLSTATEs begin with of what exceeds a limit of Postgres, such as an index's of a row."""
_decode_object = msgspec.json.Decoder(dict[str, object]).decode


class _Made(NamedTuple):
    """A span and what became of it."""

    span: Span
    source: str
    outcome: Outcome
    trace: ParsedTrace | None
    about: Json
    """What it says of its whole trace."""
    stored: StoredSpan | None = None
    """As it is in the database; `None` when it is new."""


def read_waiting() -> bool:
    """Read the oldest requests that wait; `False` when there are none."""
    with _uncollected():
        return _read_waiting()


@contextmanager
def _uncollected() -> Generator[None]:
    """Spare the collector thousands of objects without cycles; it took a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_waiting() -> bool:
    with reading() as session:
        turn = intake.read_turn(session)
        batches = intake.list_batches(session, BYTES_AT_ONCE)
        if not batches:
            return False
        arrivals, made = _make(session, batches)
    with unit_of_work() as session:
        if intake.take_turn(session, turn):
            _store_or_set_aside(session, arrivals, made)
    return True


def store_batches(session: Session, batches: Sequence[Batch]) -> Counts:
    """Make traces of requests that wait nowhere, such as lines of a file.

    Args:
        session: A unit of work; nobody else stores anything until it ends.
        batches: Their keys are nobody's.

    Returns:
        What became of the spans, by source.
    """
    while not intake.take_turn(session, intake.read_turn(session)):
        pass
    counts: Counts = Counter()
    while batches:
        arrivals, made = _make(session, batches)
        counts.update(_store_or_set_aside(session, arrivals, made))
        batches = batches[len(arrivals.batches) :]
    return counts


def _make(session: Session, batches: Sequence[Batch]) -> tuple[Arrivals, list[_Made]]:
    """What becomes of requests; where that fails, of the oldest alone, so that others go on."""
    try:
        arrivals = Arrivals(batches)
        return arrivals, _Making(session, arrivals).make()
    except (SQLAlchemyError, MemoryError):  # no fault of the request: it stays, and is tried again
        raise
    except Exception:
        logger.exception("request %d or one behind it cannot be read", batches[0].seq)
    if len(batches) > 1:
        return _make(session, batches[:1])
    return Arrivals.set_aside(batches[0]), []


class _Making:
    """Makes traces of what arrived and what is there already."""

    def __init__(self, session: Session, arrivals: Arrivals) -> None:
        self._session = session
        self._arrivals = arrivals
        self._max_tokens = get_settings().max_record_tokens
        self._scrubber = find_scrubber(session)
        self._settled_ms = _now_ms() - LATE_MS
        trace_ids = arrivals.trace_ids
        self._stored = {each.key: each for each in intake.find_spans(session, trace_ids)}
        self._said = {
            key: _decode_object(each.session)
            for key, each in self._stored.items()
            if each.session is not None
        }
        self._known_before = _by_trace(self._said)
        self._said |= {key: read_session(span) for key, span in arrivals.spans.items()}
        self._known = _by_trace(self._said)
        self._logs = self._find_logs()

    def _find_logs(self) -> dict[SpanKey, dict[bytes, Log]]:
        """Log records of the spans that are made, or made again."""
        wanted = {key for key in self._arrivals.spans if key not in self._stored}
        wanted |= {key for key in self._stored if self._is_touched(key)}
        found = {
            key: {body: decode_log(body) for body in bodies}
            for key, bodies in intake.find_logs(self._session, wanted).items()
        }
        for key, logs in self._arrivals.logs.items():
            found.setdefault(key, {}).update(logs)
        return found

    def make(self) -> list[_Made]:
        """All that is new, and what is there and has changed."""
        made: list[_Made] = []
        for key, span in self._arrivals.spans.items():
            if key in self._stored:
                self._arrivals.counts[OTLP, Outcome.DUPLICATE] += 1
            else:
                made.append(self._make(span))
        made += [self._make_again(key) for key in self._stored if self._is_touched(key)]
        return made

    def _is_touched(self, key: SpanKey) -> bool:
        """Whether more is known of a call that is there."""
        stored = self._stored[key]
        is_settled = stored.trace_seq is not None and stored.stored_at < self._settled_ms
        if stored.outcome is Outcome.NO_CALL or is_settled:
            return False
        grew = self._known.get(key[0]) != self._known_before.get(key[0])
        return key in self._arrivals.logs or (
            grew and stored.trace_seq is not None and stored.session is None
        )

    def _make_again(self, key: SpanKey) -> _Made:
        span = decode_span(intake.read_span(self._session, key))
        return self._make(span)._replace(stored=self._stored[key])

    def _make(self, span: Span) -> _Made:
        found = read_span(span, tuple(self._logs.get(span.key, {}).values()))
        own = self._said.get(span.key, {})
        trace = None
        if found.call is not None:
            about = {**self._known.get(span.trace_id, {}), **own}
            try:
                trace = make_trace(span, found.call, found.source, about, self._max_tokens)
            except UNREADABLE:
                found = Reading(found.source, Outcome.UNREADABLE)
        made = _Made(span, found.source, found.outcome, trace, own)
        return made if self._scrubber is None else self._scrub(made, self._scrubber)

    def _scrub(self, made: _Made, scrubber: Scrubber) -> _Made:
        """Replace in the trace and, by the same names, in the span and what it says of others.

        What stands beside other spans, which may come later, names a value as they do.
        """
        trace, placeholders = made.trace, Placeholders()
        is_alone = made.source == GATEWAY and not made.span.parent_id
        scope = None if is_alone else made.span.trace_id
        if trace is not None:
            trace, placeholders = scrub_trace(trace, scrubber, scope)
        elif scope is not None:
            placeholders.draw_within(scope)
        self._arrivals.replaced.update(placeholders.counts)
        scrub_span(made.span, scrubber, placeholders)
        about = scrub_value(made.about, scrubber, placeholders)
        return made._replace(trace=trace, about=about)


def _by_trace(said: dict[SpanKey, Json]) -> dict[str, Json]:
    """What spans say of their traces; where they differ, the first stands."""
    known: dict[str, Json] = {}
    for (trace_id, _), about in said.items():
        if about:
            known[trace_id] = {**about, **known.get(trace_id, {})}
    return known


def _store_or_set_aside(session: Session, arrivals: Arrivals, made: Sequence[_Made]) -> Counts:
    """Store requests; where that fails, one by one, without what can never be stored.

    Returns:
        What became of the spans, by source.
    """
    if not arrivals.is_set_aside and _is_stored(session, arrivals, made):
        return arrivals.counts
    counts: Counts = Counter()
    for batch in arrivals.batches:
        for each in _store_in_parts(session, batch):
            counts.update(each)
    return counts


def _store_in_parts(session: Session, batch: Batch) -> Iterator[Counts]:
    """Store a request; where that fails, its halves, down to the parts that never can be stored."""
    waiting = [range(Arrivals.count_parts(batch))]
    while waiting:
        part = waiting.pop()
        arrivals = _try_part(session, batch, part)
        if arrivals is None and len(part) > 1:
            half = len(part) // 2
            waiting += [part[half:], part[:half]]
            continue
        if arrivals is None:
            place = f"part {part.start + 1} of request" if part.stop > 1 else "request"
            logger.error("%s %d cannot be stored; it is set aside", place, batch.seq)
            arrivals = Arrivals.set_aside(batch)
            _store(session, arrivals, [])
        yield arrivals.counts


def _try_part(session: Session, batch: Batch, part: range) -> Arrivals | None:
    """Make and store a part of a request; `None` where one of both fails."""
    try:
        arrivals = Arrivals([batch], part)
        made = _Making(session, arrivals).make()
    except (SQLAlchemyError, MemoryError):  # as in `_make`
        raise
    except Exception:
        logger.exception("request %d cannot be read", batch.seq)
        return None
    return arrivals if _is_stored(session, arrivals, made) else None


def _is_stored(session: Session, arrivals: Arrivals, made: Sequence[_Made]) -> bool:
    """Store requests, or nothing of them where they cannot be stored."""
    try:
        with session.begin_nested():
            _store(session, arrivals, made)
    except (OSError, MemoryError):  # as in `_make`
        raise
    except Exception as error:
        if isinstance(error, SQLAlchemyError) and not _is_refused(error):
            raise
        if isinstance(error, DBAPIError):
            error.hide_parameters = True  # what people said is no matter of a log
        logger.exception("request %d or one behind it cannot be stored", arrivals.batches[0].seq)
        return False
    return True


def _is_refused(error: SQLAlchemyError) -> bool:
    """Whether the database would refuse it again, and is neither away nor busy."""
    if isinstance(error, DataError | IntegrityError):
        return True
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return str(state).startswith(_TOO_MUCH)


def _store(session: Session, arrivals: Arrivals, made: Sequence[_Made]) -> None:
    now_ms = _now_ms()
    counts = arrivals.counts
    new = [each for each in made if each.stored is None]
    changed = [each for each in made if each.stored is not None and each.trace is not None]
    seqs = _store_traces(session, made, now_ms)
    spans = [
        NewSpan(
            each.span.key,
            each.outcome,
            seqs.get(each.span.key),
            encode(each.about) if each.about else None,
            encode(each.span),
        )
        for each in new
    ]
    intake.add_spans(session, spans, now_ms)
    intake.add_logs(session, _pack_logs(arrivals.logs, find_scrubber(session)), now_ms)
    scrubbing.add_counts(session, arrivals.replaced, now_ms)
    responses = {name: seqs[key] for key, name in arrivals.responses.items() if key in seqs}
    gateway_responses.add_responses(session, responses)
    routed = (
        (arrivals.routed[each.span.key], each) for each in new if each.span.key in arrivals.routed
    )
    add_calls(session, [complete(call, one.trace, seqs.get(one.span.key)) for call, one in routed])
    add_senders(session, {seq: arrivals.senders.get(key, "") for key, seq in seqs.items()})
    counts.update((each.source, each.outcome) for each in new)
    for outcome, number in add_feedback(session, arrivals.feedback, now_ms).items():
        counts[GATEWAY, outcome] += number
    for each in changed:
        if each.stored is not None and each.stored.trace_seq is None:
            intake.mark_span(session, each.span.key, each.outcome, seqs[each.span.key])
            counts[each.source, each.stored.outcome] -= 1
            counts[each.source, each.outcome] += 1
    intake.add_counts(session, counts, now_ms)
    intake.delete_batches(session, arrivals.batches)


def _store_traces(session: Session, made: Sequence[_Made], now_ms: int) -> dict[SpanKey, int]:
    """Add the traces that are new and change the others; returns the keys of the new ones."""
    new: list[tuple[SpanKey, ParsedTrace]] = []
    changed: list[tuple[int, ParsedTrace]] = []
    for each in made:
        seq = None if each.stored is None else each.stored.trace_seq
        if each.trace is not None and seq is None:
            new.append((each.span.key, each.trace))
        elif each.trace is not None and seq is not None:
            changed.append((seq, each.trace))
    replace_traces(session, changed, now_ms)
    first = add_traces(
        session, None, "", [(0, to_storable(trace, now_ms)) for _, trace in new], now_ms
    )
    return {key: first + place for place, (key, _) in enumerate(new)}


def _pack_logs(
    logs: Mapping[SpanKey, Iterable[bytes]], scrubber: Scrubber | None
) -> list[tuple[SpanKey, int, bytes]]:
    """Log records with what they are known by: what was sent, whatever is replaced in them."""
    return [
        (key, content_hash([body]), body if scrubber is None else _scrub_log(body, scrubber))
        for key, bodies in logs.items()
        for body in bodies
    ]


def _scrub_log(body: bytes, scrubber: Scrubber) -> bytes:
    log = decode_log(body)
    scrub_log(log, scrubber, Placeholders(body.decode(errors="replace")))
    return encode(log)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
