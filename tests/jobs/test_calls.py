"""Many slow calls at a time: how many, until when, and what becomes of those under way."""

import threading

import pytest

from rft_app.errors import JobCancelledError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import cancel_job
from rft_app.storage.session import unit_of_work
from tests.jobs.test_queue import begun, queued

pytestmark = pytest.mark.usefixtures("any_database")


class Provider:
    """Counts how many calls are under way, and keeps those back that a gate stops."""

    def __init__(self) -> None:
        self.num_now = self.most_at_once = self.num_made = 0
        self.gate = threading.Event()
        self.gate.set()
        self.is_stopped = False
        self._lock = threading.Lock()

    def call(self, number: int) -> int:
        """A call; answers ten times its number."""
        with self._lock:
            self.num_now += 1
            self.num_made += 1
            self.most_at_once = max(self.most_at_once, self.num_now)
        self.gate.wait(10)
        with self._lock:
            self.num_now -= 1
        return 10 * number

    def stop(self) -> None:
        """Let what is under way come back."""
        self.is_stopped = True
        self.gate.set()


def make_calls(context: JobContext, provider: Provider, taken: dict[int, int]) -> Calls[int]:
    return Calls(
        context,
        num_at_once=3,
        make=provider.call,
        take=lambda number, value: taken.update({number: value}),
        report=lambda: context.progress(len(taken)),
        stop=provider.stop,
    )


def test_every_call_is_made_once_and_no_more_at_a_time_than_asked() -> None:
    provider, taken = Provider(), dict[int, int]()
    make_calls(begun(queued()), provider, taken).run(20, lambda: False)
    assert taken == {number: 10 * number for number in range(20)}
    assert (provider.num_made, provider.is_stopped) == (20, False)
    assert provider.most_at_once <= 3


def test_when_it_is_hopeless_no_further_call_is_made() -> None:
    provider, taken = Provider(), dict[int, int]()
    make_calls(begun(queued()), provider, taken).run(20, lambda: bool(taken))
    assert len(taken) == provider.num_made <= 5


def test_cancelled_it_takes_what_is_under_way_and_makes_no_more() -> None:
    provider, taken = Provider(), dict[int, int]()
    context = begun(queued())
    provider.gate.clear()
    threading.Timer(0.3, cancel, (context.job_id,)).start()
    with pytest.raises(JobCancelledError):
        make_calls(context, provider, taken).run(20, lambda: False)
    assert provider.is_stopped
    assert len(taken) == provider.num_made == 3, "Paid calls are not thrown away."


def test_a_call_that_was_stopped_in_time_brings_nothing() -> None:
    provider, taken = Provider(), dict[int, int]()
    context = begun(queued())

    def make(number: int) -> int:
        provider.call(number)
        if provider.is_stopped:
            raise JobCancelledError
        return number

    provider.gate.clear()
    threading.Timer(0.3, cancel, (context.job_id,)).start()
    calls = Calls(
        context,
        num_at_once=2,
        make=make,
        take=lambda number, value: taken.update({number: value}),
        report=lambda: context.progress(len(taken)),
        stop=provider.stop,
    )
    with pytest.raises(JobCancelledError):
        calls.run(20, lambda: False)
    assert not taken


def cancel(job_id: str) -> None:
    with unit_of_work() as session:
        cancel_job(session, job_id)
