"""A provider that runs, and a client of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from rft_app.domain.provider import Model, Provider, ProviderKind
from rft_app.llm.catalogue import Connection, Endpoint
from rft_app.llm.client import ChatClient
from tests.llm.provider import Behaviour, FakeProvider

PRICED = Model(name="good", input_usd_per_million=1.0, output_usd_per_million=10.0)
UNPRICED = Model(name="local")


def make_endpoint(base_url: str, **settings: object) -> Endpoint:
    """A provider with two models and a key."""
    values = {
        "name": "tested",
        "kind": ProviderKind.STORED,
        "base_url": base_url,
        "models": (PRICED, UNPRICED),
        **settings,
    }
    connection = Connection(base_url, "sk-secret")
    return Endpoint(Provider.model_validate(values), lambda: connection)


Start = Callable[..., tuple[FakeProvider, ChatClient]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a provider with a behaviour, and a client with settings."""
    with ExitStack() as stack:

        def begin(behave: Behaviour, **settings: object) -> tuple[FakeProvider, ChatClient]:
            provider = stack.enter_context(FakeProvider(behave).running())
            client = ChatClient(make_endpoint(provider.url, **settings))
            stack.callback(client.close)
            return provider, client

        yield begin
