"""Calls that go to providers which people added."""

import openai
import pytest
from pydantic import SecretStr

from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.errors import NotAvailableError
from rft_app.llm.catalogue import Connection
from rft_app.services import providers, routes
from rft_app.services.routes import Target
from rft_app.storage.session import unit_of_work
from tests.gateway.conftest import Start, eventually, read_counts
from tests.gateway.test_calls import SAID
from tests.gateway.upstream import Upstream, complete


def add(url: str, *models: str, key: NewKey | None = None) -> None:
    """Store a provider as the page of settings does."""
    provider = Provider(
        name="added",
        kind=ProviderKind.STORED,
        base_url=url,
        models=tuple(Model(name=name) for name in models),
    )
    with unit_of_work() as session:
        providers.add_provider(session, provider, key or NewKey(secret=SecretStr("sk-added")))


def test_a_provider_that_is_added_takes_the_calls_of_its_models_at_once(
    start: Start, upstream: Upstream
) -> None:
    gateway = start()
    with Upstream().running() as other:
        other.behave = lambda asked: asked.answer_json(complete("Big"))
        gateway.client().chat.completions.create(model="big", messages=SAID)
        add(other.url, "big")
        reply = gateway.client().chat.completions.create(model="big", messages=SAID)
        gateway.client().chat.completions.create(model="small", messages=SAID)
        with unit_of_work() as session:
            providers.remove_provider(session, "added")
        gateway.client().chat.completions.create(model="big", messages=SAID)
        assert reply.choices[0].message.content == "Big"
        (asked,) = other.asked
    assert asked.headers["authorization"] == "Bearer sk-added"
    assert [one.json["model"] for one in upstream.asked] == ["big", "small", "big"]


def test_a_key_that_cannot_be_read_is_said_and_the_callers_is_not_sent_instead(
    start: Start, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = start(LLM_BASE_URL="")
    monkeypatch.delenv("GONE_API_KEY", raising=False)
    add(upstream.url, "small", key=NewKey(variable="GONE_API_KEY"))
    with pytest.raises(openai.InternalServerError, match="GONE_API_KEY is not set") as refused:
        gateway.client().chat.completions.create(model="small", messages=SAID)
    assert (refused.value.status_code, refused.value.code) == (503, "no_key")
    assert not upstream.asked
    eventually(lambda: read_counts() == {"no_provider": 1})


def serve_own(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A server of ours at this address, under two names."""
    target = Target("embedded", "tiny", connect=lambda: Connection(url, "own-key"))
    monkeypatch.setattr(
        routes, "read_own_models", lambda _: {"embedded/tiny": target, "tiny": target}
    )


@pytest.mark.parametrize("name", ["tiny", "embedded/tiny"])
def test_a_model_of_ours_answers_without_any_provider(
    start: Start, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    serve_own(monkeypatch, upstream.url)
    client = start(LLM_BASE_URL="").client()
    assert client.chat.completions.create(model=name, messages=SAID).choices
    assert [model.id for model in client.models.list()] == ["embedded/tiny", "tiny"]
    (asked,) = upstream.asked
    assert asked.json["model"] == "tiny"
    assert asked.headers["authorization"] == "Bearer own-key"
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="other", messages=SAID)
    assert refused.value.status_code == 503


def test_a_provider_that_has_the_name_goes_before_ours_and_one_that_takes_all_does_not(
    start: Start, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Upstream().running() as own:
        own.behave = lambda asked: asked.answer_json(complete("Own"))
        serve_own(monkeypatch, own.url)
        client = start().client()
        client.chat.completions.create(model="tiny", messages=SAID)
        client.chat.completions.create(model="big", messages=SAID)
        add(upstream.url, "tiny")
        eventually(
            lambda: bool(
                client.chat.completions.create(model="tiny", messages=SAID)
                and upstream.asked[-1].json["model"] == "tiny"
            )
        )
        assert own.asked[0].json["model"] == "tiny"
    assert upstream.asked[0].json["model"] == "big"


def test_a_server_of_ours_that_does_not_start_says_why(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Connection:
        raise NotAvailableError("There is no memory for it.")

    target = Target("embedded", "tiny", connect=fail)
    monkeypatch.setattr(routes, "read_own_models", lambda _: {"tiny": target})
    client = start(LLM_BASE_URL="").client()
    with pytest.raises(openai.InternalServerError, match="no memory for it") as refused:
        client.chat.completions.create(model="tiny", messages=SAID)
    assert refused.value.status_code == 503
