"""A provider that runs, and a client of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from rft_app.llm.client import ChatClient
from rft_app.settings import LlmModel, Settings
from tests.llm.provider import Behaviour, FakeProvider

PRICED = LlmModel(name="good", input_usd_per_million=1.0, output_usd_per_million=10.0)
UNPRICED = LlmModel(name="local")

Start = Callable[..., tuple[FakeProvider, ChatClient]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a provider with a behaviour, and a client with settings."""
    with ExitStack() as stack:

        def begin(behave: Behaviour, **settings: object) -> tuple[FakeProvider, ChatClient]:
            provider = stack.enter_context(FakeProvider(behave).running())
            values = {
                "llm_base_url": provider.url,
                "llm_api_key": "sk-secret",
                "llm_models": (PRICED, UNPRICED),
                **settings,
            }
            client = ChatClient(Settings.model_validate(values))
            stack.callback(client.close)
            return provider, client

        yield begin
