"""How fast a provider is asked: requests and tokens per minute, and calls at a time.

One pace per provider and process, which all threads and jobs share.  Each limit is a bucket that
fills evenly and holds one second's worth, so that no minute sees more than the limit and what one
second adds.  A call takes its place at once and waits until its turn; a bucket may be in debt.
A call that is larger than a whole bucket therefore goes, and those after it wait longer.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

import orjson

from rft_app.domain.provider import Provider
from rft_app.errors import JobCancelledError
from rft_app.llm.chat import ChatRequest

CHARACTERS_PER_TOKEN = 4
SLOT_POLL_S = 0.1
"""How often a call that waits for a place looks whether it was stopped."""

Clock = Callable[[], float]
Wait = Callable[[threading.Event, float], bool]
"""Waits for an event for so many seconds; whether it came."""


def estimate_tokens(request: ChatRequest) -> int:
    """What a call may use at most, as providers count it before it is answered.

    Example:
        >>> from rft_app.llm.chat import ChatMessage
        >>> said = ChatMessage(role="user", content="x" * 400)
        >>> estimate_tokens(ChatRequest(model="m", messages=(said,), max_tokens=50))
        150
    """
    characters = sum(len(message.content) for message in request.messages)
    told = [part for part in (request.conversation, request.tools, request.reply_schema) if part]
    characters += sum(len(orjson.dumps(part)) for part in told)
    return ceil(characters / CHARACTERS_PER_TOKEN) + request.max_tokens


@dataclass
class _Bucket:
    """What may be used now; not safe for several threads."""

    per_minute: float
    at: float
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.capacity

    @property
    def capacity(self) -> float:
        return max(1.0, self.per_minute / 60)

    def fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now

    def find_wait_s(self, cost: float) -> float:
        """Until it holds what a call costs, or is full."""
        return max(0.0, (min(cost, self.capacity) - self.level) * 60 / self.per_minute)

    def take(self, cost: float) -> None:
        """A negative cost gives back."""
        self.level = min(self.capacity, self.level - cost)


class Turn:
    """One call that may go."""

    def __init__(self, num_tokens: int) -> None:
        self.num_tokens = num_tokens
        self.num_used: int | None = None
        """What it used in the end; `None` where nobody knows, and the estimate stands."""


class Pace:
    """One provider's, in this process."""

    def __init__(
        self,
        provider: Provider,
        clock: Clock = time.monotonic,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self._clock, self._wait = clock, wait
        self._changed = threading.Condition()
        self._num_in_flight = 0
        self._limits: tuple[int | None, int | None] = (None, None)
        self._requests: _Bucket | None = None
        self._tokens: _Bucket | None = None
        self._concurrency = provider.concurrency
        self.adapt(provider)

    def adapt(self, provider: Provider) -> None:
        """Take over limits that were changed; calls that wait already keep their turn."""
        with self._changed:
            self._concurrency = provider.concurrency
            limits = provider.requests_per_minute, provider.tokens_per_minute
            if limits != self._limits:
                self._limits, now = limits, self._clock()
                self._requests = _Bucket(limits[0], now) if limits[0] else None
                self._tokens = _Bucket(limits[1], now) if limits[1] else None
            self._changed.notify_all()

    @contextmanager
    def turn(self, num_tokens: int, stop: threading.Event) -> Generator[Turn]:
        """Wait until a call may go; while the block runs it is in flight.

        Raises:
            JobCancelledError: It was stopped while it waited; its place was given back.
        """
        self._enter(stop)
        try:
            wait_s = self._reserve(num_tokens)
            if wait_s > 0 and self._wait(stop, wait_s):
                self._give_back(1, num_tokens)
                raise JobCancelledError
            turn = Turn(num_tokens)
            yield turn
            if turn.num_used is not None:
                self._give_back(0, num_tokens - turn.num_used)
        finally:
            self._leave()

    def _enter(self, stop: threading.Event) -> None:
        with self._changed:
            while self._num_in_flight >= self._concurrency:
                if stop.is_set():
                    raise JobCancelledError
                self._changed.wait(SLOT_POLL_S)
            self._num_in_flight += 1

    def _leave(self) -> None:
        with self._changed:
            self._num_in_flight -= 1
            self._changed.notify()

    def _reserve(self, num_tokens: int) -> float:
        """Take what a call needs; returns the seconds until it may go."""
        with self._changed:
            now, waits = self._clock(), [0.0]
            for bucket, cost in ((self._requests, 1), (self._tokens, num_tokens)):
                if bucket is not None:
                    bucket.fill(now)
                    waits.append(bucket.find_wait_s(cost))
                    bucket.take(cost)
            return max(waits)

    def _give_back(self, num_requests: int, num_tokens: int) -> None:
        with self._changed:
            now = self._clock()
            for bucket, cost in ((self._requests, num_requests), (self._tokens, num_tokens)):
                if bucket is not None:
                    bucket.fill(now)
                    bucket.take(-cost)


_lock = threading.Lock()
_paces: dict[tuple[str, str], Pace] = {}


def find_pace(provider: Provider) -> Pace:
    """The one that everybody in this process shares, with the limits as they are now."""
    place = provider.name, provider.base_url
    with _lock:
        pace = _paces.get(place)
        if pace is None:
            pace = _paces[place] = Pace(provider)
    pace.adapt(provider)
    return pace
