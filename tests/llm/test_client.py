import time
from contextlib import closing
from dataclasses import replace
from threading import Thread

import pytest

from rft_app.errors import JobCancelledError, NotAvailableError
from rft_app.llm import client as client_module
from rft_app.llm.catalogue import Connection
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import CallFailure, CallFailureKind
from tests.llm.conftest import Start, make_endpoint
from tests.llm.provider import (
    MODERATED,
    Served,
    in_turn,
    refuse,
    refuse_as_google,
    refuse_softly,
    say,
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)


def make_request(model: str = "good", **changes: object) -> ChatRequest:
    values = {
        "model": model,
        "messages": (ChatMessage(role="user", content="Hello"),),
        "max_tokens": 50,
        **changes,
    }
    return ChatRequest.model_validate(values)


def find_kind(outcome: object) -> CallFailureKind:
    assert isinstance(outcome, CallFailure), outcome
    return outcome.kind


def test_a_reply_has_its_tokens_and_its_cost(start: Start) -> None:
    provider, client = start(in_turn(say("Hi")))
    reply = client.chat(make_request(temperature=0.5))
    assert isinstance(reply, ChatReply)
    assert (reply.text, reply.num_prompt_tokens, reply.num_completion_tokens) == ("Hi", 1000, 100)
    assert reply.cost_usd == pytest.approx(0.002)
    assert provider.keys == ["Bearer sk-secret"]
    assert provider.requests[0]["temperature"] == 0.5
    assert provider.requests[0]["max_tokens"] == 50


def test_an_unknown_price_or_count_is_no_cost_of_zero(start: Start) -> None:
    uncounted = Served(b'{"choices": [{"message": {"content": "Hi"}}]}')
    _, client = start(in_turn(say("Hi"), uncounted, uncounted))
    replies = [client.chat(make_request(model)) for model in ("local", "good", "local")]
    assert [reply.cost_usd for reply in replies if isinstance(reply, ChatReply)] == [None] * 3


BUSY_PAGE = Served(b"\xef\xbb\xbf\n<!doctype html><p>Busy", headers={"Content-Type": "text/html"})


@pytest.mark.parametrize("first", [refuse(500), refuse(503), refuse(429), refuse(504), BUSY_PAGE])
def test_what_may_pass_is_tried_again(start: Start, first: Served) -> None:
    provider, client = start(in_turn(first, say("Hi")))
    assert isinstance(client.chat(make_request()), ChatReply)
    assert len(provider.requests) == 2


def test_it_waits_as_long_as_the_provider_asks(start: Start) -> None:
    _, client = start(in_turn(refuse(429, headers={"Retry-After": "1"}), say("Hi")))
    begun_at = time.monotonic()
    assert isinstance(client.chat(make_request()), ChatReply)
    assert time.monotonic() - begun_at >= 1.0


def test_all_calls_wait_when_one_was_told_to(start: Start) -> None:
    provider, client = start(in_turn(refuse(429, headers={"retry-after-ms": "700"}), say("Hi")))
    thread = Thread(target=client.chat, args=(make_request(),))
    thread.start()
    while not provider.requests:
        time.sleep(0.01)
    time.sleep(0.2)
    begun_at = time.monotonic()
    client.chat(make_request())
    assert time.monotonic() - begun_at >= 0.3
    thread.join()


@pytest.mark.parametrize("num_attempts", [1, 5])
def test_a_wait_of_an_hour_fails_at_once_and_says_so(start: Start, num_attempts: int) -> None:
    busy = in_turn(refuse(429, headers={"Retry-After": "3600"}))
    provider, client = start(busy, max_attempts=num_attempts)
    outcome = client.chat(make_request())
    assert find_kind(outcome) is CallFailureKind.RATE_LIMITED
    assert "3,600 s" in str(outcome)
    assert len(provider.requests) == 1


def test_it_gives_up_after_the_attempts_that_are_set(start: Start) -> None:
    provider, client = start(in_turn(refuse(500)), max_attempts=3)
    assert find_kind(client.chat(make_request())) is CallFailureKind.SERVER_ERROR
    assert len(provider.requests) == 3


def test_a_page_that_stays_is_told_as_what_it_is(start: Start) -> None:
    provider, client = start(in_turn(BUSY_PAGE), max_attempts=3)
    outcome = client.chat(make_request())
    assert find_kind(outcome) is CallFailureKind.WEB_PAGE
    assert "a web page instead of a chat completion" in str(outcome)
    assert len(provider.requests) == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuse(401), CallFailureKind.AUTH),
        (refuse(403), CallFailureKind.AUTH),
        (refuse(404, "no such model"), CallFailureKind.NOT_FOUND),
        (refuse(402), CallFailureKind.NO_CREDIT),
        (refuse(429, code="insufficient_quota"), CallFailureKind.NO_CREDIT),
        (refuse(413), CallFailureKind.TOO_LONG),
        (refuse(400, code="context_length_exceeded"), CallFailureKind.TOO_LONG),
        (refuse(400, code="content_filter"), CallFailureKind.REFUSED),
        (refuse_as_google("AIza"), CallFailureKind.AUTH),
        (refuse(400, "API key expired. Please renew the API key."), CallFailureKind.AUTH),
        (refuse(400, "Invalid API Key"), CallFailureKind.AUTH),
        (Served(b'{"detail": "Incorrect API key provided"}', 422), CallFailureKind.AUTH),
        (refuse(400, "invalid x-api-key", type="authentication_error"), CallFailureKind.AUTH),
        (refuse(403, "This organization has been disabled."), CallFailureKind.AUTH),
        (refuse_softly("sk-1"), CallFailureKind.AUTH),
        (Served(b'{"error": "invalid api key"}'), CallFailureKind.AUTH),
        (Served(b'{"error": {"message": "odd"}}'), CallFailureKind.NO_COMPLETION),
        (MODERATED, CallFailureKind.REFUSED),
        (refuse(403, "Blocked by our content policy."), CallFailureKind.REFUSED),
        (refuse(400, "Your credit balance is too low"), CallFailureKind.NO_CREDIT),
        (refuse(400, "Unknown parameter: api_key"), CallFailureKind.BAD_REQUEST),
        (refuse(422, f"Wrong: {'x' * 200} invalid api key"), CallFailureKind.BAD_REQUEST),
        (refuse(400, "odd"), CallFailureKind.BAD_REQUEST),
        (Served(b"<html>Bad gateway</html>", 418), CallFailureKind.BAD_REQUEST),
        (Served(b""), CallFailureKind.NO_COMPLETION),
        (Served(b"\xff\xfe nonsense"), CallFailureKind.NO_COMPLETION),
        (Served(b'"a text"'), CallFailureKind.NO_COMPLETION),
        (Served(b'{"choices": []}'), CallFailureKind.NO_COMPLETION),
        (Served(b'{"choices": [{"message": {"content": 7}}]}'), CallFailureKind.NO_COMPLETION),
    ],
)
def test_other_failures_are_named_and_not_repeated(
    start: Start, answer: Served, kind: CallFailureKind
) -> None:
    provider, client = start(in_turn(answer))
    assert find_kind(client.chat(make_request())) is kind
    assert len(provider.requests) == 1


def test_a_slow_provider_times_out(start: Start) -> None:
    _, client = start(in_turn(Served(b"{}", delay_s=1.0)), timeout_s=0.2, max_attempts=1)
    assert find_kind(client.chat(make_request())) is CallFailureKind.TIMEOUT


def test_a_provider_that_is_not_there_is_unreachable() -> None:
    client = ChatClient(make_endpoint("http://127.0.0.1:9/v1", max_attempts=1))
    outcome = client.chat(make_request())
    client.close()
    assert find_kind(outcome) is CallFailureKind.UNREACHABLE
    assert "127.0.0.1:9" in str(outcome)


def test_a_password_in_the_address_is_in_no_message() -> None:
    client = ChatClient(make_endpoint("http://me:hunter2@127.0.0.1:9/v1", max_attempts=1))
    outcome = client.chat(make_request())
    client.close()
    assert find_kind(outcome) is CallFailureKind.UNREACHABLE
    assert "http://127.0.0.1:9/v1" in str(outcome)
    assert "hunter2" not in str(outcome)


def test_a_parameter_that_the_model_does_not_take_is_left_out(start: Start) -> None:
    refused = refuse(400, "Unsupported value", param="temperature")
    renamed = refuse(400, "'max_tokens' is not supported; use 'max_completion_tokens'")
    provider, client = start(in_turn(refused, renamed, say("Hi")))
    client.chat(make_request(temperature=0.5))
    client.chat(make_request(temperature=0.5))
    assert "temperature" not in provider.requests[-1]
    assert "max_tokens" not in provider.requests[-1]
    assert provider.requests[-1]["max_completion_tokens"] == 50
    assert len(provider.requests) == 4
    assert client.left_out == {"temperature", "max_tokens"}


def test_without_enforced_schemas_the_prompt_holds_the_schema(start: Start) -> None:
    provider, client = start(in_turn(refuse(400, "response_format is unknown"), say("{}")))
    client.chat(make_request(reply_schema={"type": "object"}))
    assert "response_format" in provider.requests[0]
    assert "response_format" not in provider.requests[1]
    assert '{"type":"object"}' in provider.requests[1]["messages"][-1]["content"]


def test_stopped_while_it_waits_it_lets_go_at_once(start: Start) -> None:
    _, client = start(in_turn(refuse(429, headers={"Retry-After": "60"})))
    ended: list[type[BaseException]] = []

    def call() -> None:
        try:
            client.chat(make_request())
        except JobCancelledError as error:
            ended.append(type(error))

    thread = Thread(target=call)
    thread.start()
    time.sleep(0.3)
    client.stop()
    thread.join(5)
    assert ended == [JobCancelledError]


def test_a_provider_that_cannot_be_reached_fails_the_call_and_says_what_to_do(start: Start) -> None:
    provider, _ = start(in_turn(say("Hi")))

    def connect() -> Connection:
        raise NotAvailableError("The key is lost. Enter it again.")

    client = ChatClient(replace(make_endpoint(provider.url), connect=connect))
    outcome = client.chat(make_request())
    assert find_kind(outcome) is CallFailureKind.NOT_READY
    assert isinstance(outcome, CallFailure)
    assert outcome.explanation == "The key is lost. Enter it again."
    assert not provider.requests


def test_it_is_reached_anew_before_every_attempt(start: Start) -> None:
    first, _ = start(in_turn(refuse(500)))
    second, _ = start(in_turn(say("Hi")))
    ways = iter([Connection(first.url, "sk-1"), Connection(second.url, "sk-2")])
    client = ChatClient(replace(make_endpoint(""), connect=lambda: next(ways)))
    assert isinstance(client.chat(make_request()), ChatReply)
    client.close()
    assert (first.keys, second.keys) == (["Bearer sk-1"], ["Bearer sk-2"])


LOST = [
    (Served(say("x" * 5000).body, is_cut=True), 1),
    (Served(say("late").body, delay_s=1.0), 1),
    (Served(b'{"id": "c", "choices": "none of it"}'), 1),
    (refuse(504, "upstream was late"), 1),
    (refuse(500, "broken"), 0),
    (refuse(429, headers={"Retry-After": "0"}), 0),
    (refuse(401, "wrong key"), 0),
    (Served(b"<html>Sign in</html>"), 0),
    (say("whole"), 0),
]


@pytest.mark.parametrize(("served", "num_lost"), LOST)
def test_a_reply_that_never_came_whole_is_told_because_it_may_be_charged(
    start: Start, served: Served, num_lost: int
) -> None:
    provider, _ = start(in_turn(served, say("whole")))
    lost: list[tuple[str, str]] = []
    endpoint = make_endpoint(provider.url, timeout_s=0.5, max_attempts=2)
    with closing(ChatClient(endpoint, lambda *told: lost.append(told))) as client:
        client.chat(make_request())
    assert len(lost) == num_lost, lost
    assert all(model == "good" and "sk-secret" not in message for model, message in lost)


def test_a_provider_that_never_heard_the_question_charges_nothing() -> None:
    endpoint = make_endpoint("http://127.0.0.1:9/v1", max_attempts=1)
    lost: list[tuple[str, str]] = []
    with closing(ChatClient(endpoint, lambda *told: lost.append(told))) as client:
        client.chat(make_request())
    assert not lost
