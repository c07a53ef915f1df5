from collections.abc import Iterator
from contextlib import closing

import pytest

from rft_app.domain.provider import NewKey, Provider, ProviderKind
from rft_app.llm.chat import ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.structured import Question, Reply, ask
from rft_app.services.providers import add_provider
from rft_app.settings import get_settings
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import StoredPaidCalls, sum_paid_calls
from rft_app.storage.reply_cache import StoredReplyCache, clear_cache, make_room, measure_cache
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import FakeProvider, in_turn, say, say_json
from tests.llm.test_client import make_request


class Mark(Reply):
    mark: int


@pytest.fixture
def server(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    monkeypatch.setenv("RFT_MAX_CACHE_BYTES", "1000000")
    get_settings.cache_clear()
    with FakeProvider(in_turn(say_json({"mark": 7}))).running() as found:
        add("lab", found.url)
        yield found


def add(name: str, url: str, **settings: object) -> None:
    values = {"name": name, "base_url": url, "models": [{"name": "good"}], **settings}
    provider = Provider.model_validate({**values, "kind": ProviderKind.STORED})
    with unit_of_work() as session:
        add_provider(session, provider, NewKey())


def work(scope: str, name: str = "lab/good", request: ChatRequest | None = None) -> object:
    """A piece of work of its own that asks one question."""
    with reading() as session:
        endpoint = read_catalogue(session).choose(name).endpoint
    asked = request or make_request(temperature=0.0)
    question = Question(key="0", request=asked, reply_type=Mark)
    with closing(ChatClient(endpoint)) as client:
        return ask(client, StoredPaidCalls(scope, None), question, lambda reply: reply.mark)


def test_the_same_request_is_paid_once_across_jobs_and_counted(server: FakeProvider) -> None:
    assert work("job_a") == work("job_b")
    assert len(server.requests) == 1
    with reading() as session:
        first, second = sum_paid_calls(session, "job_a"), sum_paid_calls(session, "job_b")
        use = measure_cache(session)
    assert (first.num_calls, first.num_cached) == (1, 0)
    assert (second.num_calls, second.num_cached, second.cost_usd) == (0, 1, 0.0)
    assert second.num_prompt_tokens == 0
    assert (use.num_replies, use.num_served) == (1, 1)
    with unit_of_work() as session:
        clear_cache(session)
    work("job_c")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("changes", "num_paid"),
    [
        ({"temperature": 0.5}, 2),
        ({"temperature": None}, 2),
        ({"temperature": 0.0, "may_repeat": False}, 2),
        ({"temperature": 0.5, "may_repeat": True}, 1),
    ],
)
def test_only_what_may_repeat_serves_again(
    server: FakeProvider, changes: dict[str, object], num_paid: int
) -> None:
    for scope in ("job_a", "job_b"):
        work(scope, request=make_request().model_copy(update=changes))
    assert len(server.requests) == num_paid


@pytest.mark.parametrize("changes", [{"variant": 1}, {"max_tokens": 51}, {"model": "other"}])
def test_another_request_has_a_reply_of_its_own(
    server: FakeProvider, changes: dict[str, object]
) -> None:
    work("job_a")
    work("job_b", request=make_request(temperature=0.0).model_copy(update=changes))
    assert len(server.requests) == 2


def test_it_can_be_switched_off_for_a_provider_and_providers_share_nothing(
    server: FakeProvider,
) -> None:
    add("twin", server.url)
    add("off", server.url, keeps_replies=False)
    for scope, name in enumerate(["lab/good", "twin/good", "off/good", "off/good"]):
        work(f"job_{scope}", name)
    assert len(server.requests) == 4


def test_a_reply_that_cannot_be_used_does_not_serve_again(server: FakeProvider) -> None:
    server.behave = in_turn(say("words"), say("more words"), say_json({"mark": 7}))
    work("job_a")
    work("job_b")
    assert len(server.requests) == 3
    assert work("job_c") == work("job_b")
    assert len(server.requests) == 3


def test_the_oldest_make_room(server: FakeProvider) -> None:
    cache = StoredReplyCache()
    for number in range(10):
        cache.keep(f"k{number}", ChatReply(model="m", text="x" * 1000))
        cache.flush()
    with unit_of_work() as session:
        size = measure_cache(session).num_bytes // 10
        make_room(session, 5 * size)
        assert 3 <= measure_cache(session).num_replies <= 5
    assert cache.find("k0") is None
    assert cache.find("k9") is not None
