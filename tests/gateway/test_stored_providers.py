"""Calls that go to providers which people added."""

import openai
import pytest
from pydantic import SecretStr

from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.services import providers
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
