"""The providers that can be asked, and how a model is named among them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rft_app.domain.provider import Model, Provider, ProviderKind, hide_credentials
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.llm.cache import ReplyCache
from rft_app.settings import Settings

ENVIRONMENT = "environment"
NO_PROVIDER = (
    "No model provider is configured. Add one in Settings, or set RFT_LLM_BASE_URL, "
    "RFT_LLM_API_KEY and RFT_LLM_MODELS and start the server again (docs/providers.md), or let the "
    "embedded model answer (docs/embedded-model.md)."
)
_BETWEEN = "/"


class Scale(NamedTuple):
    """How much of an adapter is applied to a call."""

    id: int
    """Its place among those that the server loaded."""
    scale: float
    """1 for all of it, 0 for the base model."""


class Connection(NamedTuple):
    """Where to send a call, and with which key."""

    base_url: str
    api_key: str
    """Empty where none is needed."""
    adapters: tuple[Scale, ...] = ()
    """Of a server of our own that loaded some: each of them, so that nothing is left to it."""

    @property
    def more(self) -> dict[str, Any]:
        """What each call says in its body besides."""
        return {"lora": [one._asdict() for one in self.adapters]} if self.adapters else {}


@dataclass(frozen=True)
class Endpoint:
    """A provider and how to reach it."""

    provider: Provider
    connect: Callable[[], Connection]
    """Called before every attempt, so that a server of one's own can start at its first use.

    Raises `NotAvailableError` where it cannot be reached at all, e.g. because its key is lost; the
    message says what to do.
    """
    cache: ReplyCache | None = None
    """Where replies are looked for before it is asked; `None` asks always."""
    connect_tuned: Callable[[str], Connection] | None = None
    """As `connect`, for one model; where the way to it depends on the model."""

    @property
    def address(self) -> str:
        """Where it is, however that was written."""
        return hide_credentials(self.provider.base_url).rstrip("/").lower()

    def connect_to(self, model: str) -> Connection:
        """Where calls of one of its models go.

        Raises:
            NotAvailableError: It cannot be reached; the message says what to do.
        """
        return self.connect() if self.connect_tuned is None else self.connect_tuned(model)


class Choice(NamedTuple):
    """A model and who serves it."""

    endpoint: Endpoint
    model: Model

    @property
    def identity(self) -> tuple[str, str]:
        """Where it is served and its name there: one model under two names has one of them."""
        return self.endpoint.address, self.model.name


class Catalogue:
    """Providers in the order in which a plain name of a model is looked for."""

    def __init__(self, endpoints: Sequence[Endpoint] = ()) -> None:
        self.endpoints = tuple(endpoints)

    @property
    def has_models(self) -> bool:
        """Whether there is a model to ask."""
        return any(endpoint.provider.models for endpoint in self.endpoints)

    def iterate(self) -> Iterator[Choice]:
        """Each model, in order."""
        for endpoint in self.endpoints:
            for model in endpoint.provider.models:
                yield Choice(endpoint, model)

    def choose(self, name: str | None) -> Choice:
        """The model of that name; the first one for `None`.

        Args:
            name: Its plain name, which means the first provider that has it, or `provider/model`.
                A plain name that holds a slash wins over a provider of that name.

        Raises:
            NotAvailableError: There is no model; the message says how to configure a provider.
            InvalidInputError: There is none of that name; the message lists the known.
        """
        choices = list(self.iterate())
        if not choices:
            raise NotAvailableError(NO_PROVIDER)
        if name is None:
            return choices[0]
        for is_it in (_has_plain_name, _has_full_name):
            if (found := next((one for one in choices if is_it(one, name)), None)) is not None:
                return found
        known = [self.name_of(one) for one in choices]
        raise InvalidInputError(
            f"There is no model {name!r}. Choose one of: {', '.join(known)}.", known=known
        )

    def find(self, name: str | None) -> Choice | None:
        """As `choose`, but `None` while there is no model at all.

        Raises:
            InvalidInputError: There is none of that name; the message lists the known.
        """
        return self.choose(name) if self.has_models else None

    def name_of(self, choice: Choice) -> str:
        """The shortest name by which `choose` finds it."""
        first = self.choose(choice.model.name).endpoint.provider
        is_it = first.name == choice.endpoint.provider.name
        return choice.model.name if is_it else _full_name(choice)

    def limit_attempts(self, max_attempts: int) -> "Catalogue":
        """The same, but none tries a call more often than that."""
        return Catalogue([_limit(endpoint, max_attempts) for endpoint in self.endpoints])


def environment_endpoint(settings: Settings) -> Endpoint | None:
    """The provider of `RFT_LLM_…`; `None` where none is set."""
    if not settings.has_provider:
        return None
    provider = Provider(
        name=ENVIRONMENT,
        kind=ProviderKind.ENVIRONMENT,
        base_url=settings.llm_base_url,
        models=tuple(Model.model_validate(model.model_dump()) for model in settings.llm_models),
        prices_date=settings.llm_prices_date,
        timeout_s=settings.llm_timeout_s,
        concurrency=settings.llm_concurrency,
        max_attempts=settings.llm_max_attempts,
    )
    connection = Connection(settings.llm_base_url, settings.llm_api_key.get_secret_value())
    return Endpoint(provider, lambda: connection)


def _limit(endpoint: Endpoint, max_attempts: int) -> Endpoint:
    attempts = min(endpoint.provider.max_attempts, max_attempts)
    provider = endpoint.provider.model_copy(update={"max_attempts": attempts})
    return replace(endpoint, provider=provider)


def _full_name(choice: Choice) -> str:
    return f"{choice.endpoint.provider.name}{_BETWEEN}{choice.model.name}"


def _has_plain_name(choice: Choice, name: str) -> bool:
    return choice.model.name == name


def _has_full_name(choice: Choice, name: str) -> bool:
    return _full_name(choice) == name
