import threading
from collections.abc import Iterator

import pytest

from rft_app.errors import JobCancelledError
from rft_app.llm.chat import ChatRequest
from rft_app.llm.pace import Pace, estimate_tokens, find_pace
from tests.llm.conftest import Start, make_endpoint
from tests.llm.provider import in_turn, say
from tests.llm.test_client import make_request

GO_ON = threading.Event()


class Time:
    """A clock that moves only while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stops_at: float | None = None

    def read(self) -> float:
        return self.now

    def wait(self, _stop: threading.Event, seconds: float) -> bool:
        if self.stops_at is not None and self.now + seconds > self.stops_at:
            self.now = self.stops_at
            return True
        self.now += seconds
        return False


@pytest.fixture
def time() -> Iterator[Time]:
    yield Time()


def make_pace(time: Time, **limits: object) -> Pace:
    return Pace(make_endpoint("http://x/v1", **limits).provider, time.read, time.wait)


def ask(pace: Pace, num_tokens: int = 1, num_used: int | None = None) -> None:
    with pace.turn(num_tokens, GO_ON) as turn:
        turn.num_used = num_used


def count_in_a_minute(moments: list[float]) -> int:
    return max(sum(begin <= moment < begin + 60 for moment in moments) for begin in moments)


@pytest.mark.parametrize("limit", [1, 7, 60, 600])
def test_no_minute_sees_more_requests_than_the_limit_and_one_second_more(
    time: Time, limit: int
) -> None:
    pace, moments = make_pace(time, requests_per_minute=limit), list[float]()
    for _ in range(3 * limit + 5):
        ask(pace)
        moments.append(time.now)
    assert count_in_a_minute(moments) <= limit + max(1, limit / 60)
    took_s = moments[-1] - moments[0]
    assert took_s <= (3 * limit + 5) * 60 / limit, "and it is not slower than it may be"


def test_tokens_are_limited_by_what_was_really_used(time: Time) -> None:
    pace, begun_at = make_pace(time, tokens_per_minute=6000), time.now
    for _ in range(60):
        ask(pace, num_tokens=1000, num_used=100)
    took_s = time.now - begun_at
    assert took_s == pytest.approx(60, abs=11), "6,000 tokens take a minute, 60,000 would take ten"


def test_without_a_count_the_estimate_stands(time: Time) -> None:
    pace, begun_at = make_pace(time, tokens_per_minute=6000), time.now
    for _ in range(7):
        ask(pace, num_tokens=1000)
    assert time.now - begun_at == pytest.approx(60, abs=11)


def test_more_use_than_estimated_is_made_up_for(time: Time) -> None:
    pace, begun_at = make_pace(time, tokens_per_minute=6000), time.now
    ask(pace, num_tokens=10, num_used=6000)
    ask(pace, num_tokens=10)
    assert time.now - begun_at == pytest.approx(59, abs=1)


def test_a_call_larger_than_the_limit_goes_and_the_next_one_waits(time: Time) -> None:
    pace, begun_at = make_pace(time, tokens_per_minute=600), time.now
    ask(pace, num_tokens=1200)
    assert time.now == begun_at
    ask(pace, num_tokens=1)
    assert time.now - begun_at == pytest.approx(119, abs=1)


def test_a_wait_ends_with_the_job_and_its_place_is_given_back(time: Time) -> None:
    pace = make_pace(time, requests_per_minute=1)
    ask(pace)
    time.stops_at = time.now + 5
    with pytest.raises(JobCancelledError):
        ask(pace)
    time.stops_at, before = None, time.now
    ask(pace)
    assert time.now - before == pytest.approx(55), "as if nobody had waited"


def test_calls_at_a_time_are_limited_over_all_threads(time: Time) -> None:
    pace, most, running = make_pace(time, concurrency=3), [0], [0]
    lock, three = threading.Lock(), threading.Barrier(3)

    def work() -> None:
        with pace.turn(1, GO_ON):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            three.wait(10)
            with lock:
                running[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [3]


def test_who_waits_for_a_place_lets_go_when_stopped(time: Time) -> None:
    pace, stopped = make_pace(time, concurrency=1), threading.Event()
    stopped.set()
    with pace.turn(1, GO_ON), pytest.raises(JobCancelledError), pace.turn(1, stopped):
        pass
    ask(pace)


def test_all_who_ask_a_provider_share_its_pace_and_changes_count_at_once() -> None:
    slow = make_endpoint("http://shared/v1", requests_per_minute=1).provider
    assert find_pace(slow) is find_pace(slow.model_copy(update={"requests_per_minute": None}))
    assert find_pace(slow) is not find_pace(slow.model_copy(update={"name": "other"}))


def test_the_client_tells_what_a_call_really_used(
    start: Start, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    pace = make_pace(time, tokens_per_minute=6000)
    monkeypatch.setattr("rft_app.llm.client.find_pace", lambda _: pace)
    _, client = start(in_turn(say("Hi")))
    begun_at = time.now
    for _ in range(4):
        client.chat(make_request())
    assert time.now - begun_at == pytest.approx(33, abs=2), "1,100 tokens a call"


def test_a_conversation_and_its_tools_count_against_tokens_a_minute() -> None:
    turn = {"role": "user", "content": "x" * 4_000}
    request = ChatRequest(model="m", messages=(), conversation=(turn,), max_tokens=50)
    assert 1_050 <= estimate_tokens(request) <= 1_070
    tooled = request.model_copy(update={"tools": ({"name": "y" * 400},)})
    assert estimate_tokens(tooled) >= estimate_tokens(request) + 100
