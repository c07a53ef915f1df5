"""What requests that wait hold, and parts of them: spans, log records, feedback."""

from collections import Counter
from collections.abc import Sequence

from rft_app.domain.intake import GATEWAY, OTLP_SIGNALS, Batch, Outcome, Signal
from rft_app.services.deployment_intake import read_routed
from rft_app.storage.deployment_calls import NewCall
from rft_app.storage.intake import SpanKey
from rft_app.traces.otlp import OTLP, TELLING_LOGS
from rft_app.traces.otlp.gateway import KEY_ID, RESPONSE_ID
from rft_app.traces.otlp.request import Request, read_request
from rft_app.traces.otlp.span import BrokenRequestError, Log, Span, encode
from rft_app.traces.recorded_call import Feedback, read_calls, read_feedback

Counts = Counter[tuple[str, Outcome]]


class Arrivals:
    """What some requests bring."""

    def __init__(self, batches: Sequence[Batch], part: range | None = None) -> None:
        self.batches = batches
        self.counts: Counts = Counter()
        self.spans: dict[SpanKey, Span] = {}
        self.logs: dict[SpanKey, dict[bytes, Log]] = {}
        """By their JSON: what an exporter sends again is one log record."""
        self.responses: dict[SpanKey, str] = {}
        """What providers call the answers of calls through the gateway."""
        self.routed: dict[SpanKey, NewCall] = {}
        """Calls of aliases."""
        self.senders: dict[SpanKey, str] = {}
        """Ids of the keys that spans and log records came with."""
        self.feedback: list[Feedback] = []
        self.replaced: Counter[str] = Counter()
        """Values of traces that have placeholders now, by kind."""
        self.is_set_aside = False
        """Whether nothing of it is kept."""
        for batch in batches:
            self._take(batch)
        if part is not None:
            self._keep(part)

    @classmethod
    def set_aside(cls, batch: Batch) -> "Arrivals":
        """A request, or a part of one, of which nothing but the count is kept."""
        arrivals = cls(())
        arrivals.batches, arrivals.is_set_aside = (batch,), True
        lost = Outcome.NOT_RECORDED if batch.signal is Signal.CALLS else Outcome.MALFORMED
        arrivals.counts[_source(batch), lost] += 1
        return arrivals

    @classmethod
    def count_parts(cls, batch: Batch) -> int:
        """Spans, or what was said of answers, that a request holds; 1 where it cannot be read."""
        try:
            return max(len(cls([batch])._parts), 1)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  # whoever reads it says why
            return 1

    @property
    def trace_ids(self) -> set[str]:
        """Traces that are touched."""
        return {trace_id for trace_id, _ in (*self.spans, *self.logs)}

    def _take(self, batch: Batch) -> None:
        try:
            if batch.signal is Signal.FEEDBACK:
                self.feedback += read_feedback(batch.body)
                return
            request = _read(batch)
        except BrokenRequestError:
            self.counts[_source(batch), Outcome.MALFORMED] += 1
            return
        for span in request.spans:
            self._add_sender(batch, span)
            if self.spans.setdefault(span.key, span) is not span:
                self.counts[OTLP, Outcome.DUPLICATE] += 1
            elif batch.signal is Signal.CALLS:
                self._take_call(span)
        for log in request.logs:
            if log.name in TELLING_LOGS:
                self.senders.setdefault(log.key, batch.key_id)
                self.logs.setdefault(log.key, {})[encode(log)] = log
            else:
                self.counts[OTLP, Outcome.OTHER_LOG] += 1

    def _take_call(self, span: Span) -> None:
        if RESPONSE_ID in span.attributes:
            self.responses[span.key] = str(span.attributes[RESPONSE_ID])
        if (routed := read_routed(span)) is not None:
            self.routed[span.key] = routed

    def _add_sender(self, batch: Batch, span: Span) -> None:
        """A call through the gateway says it itself, which nobody else may."""
        own = span.attributes.get(KEY_ID) if batch.signal is Signal.CALLS else None
        self.senders.setdefault(span.key, str(own or batch.key_id))

    @property
    def _parts(self) -> list[SpanKey]:
        return list(dict.fromkeys((*self.spans, *self.logs))) or [("", "")] * len(self.feedback)

    def _keep(self, part: range) -> None:
        """Leave all out but a part; what else was counted goes with the first one."""
        kept = set(self._parts[part.start : part.stop])
        self.spans = {key: span for key, span in self.spans.items() if key in kept}
        self.logs = {key: logs for key, logs in self.logs.items() if key in kept}
        self.feedback = self.feedback[part.start : part.stop]
        if part.start:
            self.counts.clear()


def _read(batch: Batch) -> Request:
    if batch.signal is Signal.CALLS:
        return Request(read_calls(batch.body), [])
    return read_request(batch.signal, batch.encoding, batch.body)


def _source(batch: Batch) -> str:
    return OTLP if batch.signal in OTLP_SIGNALS else GATEWAY
