"""Providers of models, on the wire: keys go in and never come out."""

from datetime import date
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import paid
from rft_app.domain import provider as domain
from rft_app.domain.provider_check import MAX_KEY, MAX_MODELS, MAX_URL
from rft_app.llm.probe import Probe
from rft_app.services.providers import ListedProvider

Price = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
Limit = Annotated[int | None, Field(ge=1, le=domain.MAX_PER_MINUTE)]
Address = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=MAX_URL)]


class ProviderModel(WireRequest):
    """One model and what it costs."""

    name: str = Field(min_length=1, max_length=200)
    input_usd_per_million: Price = None
    """USD for a million prompt tokens; `null` where it is not known, which is not free."""
    output_usd_per_million: Price = None


class Provider(Wire):
    """A provider, without its key."""

    name: str
    kind: domain.ProviderKind
    """`environment` and `embedded` ones cannot be changed here."""
    base_url: str
    """Without user and password."""
    models: list[ProviderModel]
    """The preferred one first."""
    prices_date: date | None
    """Day the prices were looked up."""
    timeout_s: float
    concurrency: int
    """Calls in flight at a time."""
    max_attempts: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    """Limits are `null` where there are none."""
    keeps_replies: bool
    """Whether the same request, at temperature 0, is paid once only."""
    has_key: bool
    key_from: domain.KeyPlace
    key_variable: str
    """The environment variable that holds the key, where one does."""
    key_fault: str
    """Why the key cannot be read, and what to do; mostly empty."""
    used_by: list[str]
    """Names of datasets whose judge asks it."""

    @classmethod
    def of(cls, found: ListedProvider) -> "Provider":
        """Convert from the use case."""
        values = found.provider.model_dump()
        values |= {"key_from": found.key.place, "key_variable": found.key.variable}
        values |= {"key_fault": found.key.fault, "used_by": list(found.used_by)}
        has_key = found.key.place is not domain.KeyPlace.NONE and not found.key.fault
        return cls.model_validate({**values, "has_key": has_key})


class ProviderSettings(WireRequest):
    """How a provider is reached and asked."""

    base_url: Address
    """Its OpenAI-compatible address, mostly ending in /v1; without user and password."""
    models: list[ProviderModel] = Field(default_factory=list[ProviderModel], max_length=MAX_MODELS)
    """The preferred one first."""
    prices_date: date | None = None
    timeout_s: float = Field(default=60.0, gt=0, le=3600, allow_inf_nan=False)
    concurrency: int = Field(default=8, ge=1, le=256)
    max_attempts: int = Field(default=5, ge=1, le=20)
    requests_per_minute: Limit = None
    tokens_per_minute: Limit = None
    keeps_replies: bool = True
    """Whether the same request, at temperature 0, is paid once only."""
    api_key: SecretStr | None = Field(default=None, max_length=MAX_KEY)
    """Its key, which is stored encrypted and never told; "" removes it. Without this field and the
    next one, a provider that is changed keeps its key as long as its address does."""
    key_variable: str | None = Field(default=None, max_length=200)
    """In the place of the key: the environment variable that holds it, e.g. `OPENAI_API_KEY`."""

    def to_provider(self, name: str) -> domain.Provider:
        """Convert to the domain."""
        fields = set(domain.Provider.model_fields) - {"name", "kind"}
        values = self.model_dump(include=fields, by_alias=False)
        return domain.Provider.model_validate(
            {**values, "name": name, "kind": domain.ProviderKind.STORED}
        )

    def to_key(self) -> domain.NewKey | None:
        """The key that was given; `None` where none was mentioned."""
        if self.api_key is None and self.key_variable is None:
            return None
        return domain.NewKey(variable=self.key_variable or "", secret=self.api_key or SecretStr(""))


class NewProvider(ProviderSettings):
    """A provider to be added."""

    name: str = Field(min_length=1, max_length=40)
    """Small letters, digits, dots, dashes, underscores; models are named by it, as in
    `my-vllm/llama`. It cannot be changed."""


class TriedProvider(NewProvider):
    """Settings to be tried, whether or not a provider of that name is stored."""

    model: str | None = Field(default=None, max_length=200)
    """Whom to ask for a word; `null` asks for the list of models only."""


class ProbeRequest(WireRequest):
    """What to try of a provider."""

    model: str | None = Field(default=None, max_length=200)
    """Whom to ask for a word; `null` asks for the list of models only."""


class CacheUse(Wire):
    """Replies that serve again whoever asks the same."""

    num_replies: int
    num_bytes: int
    num_served: int
    """Calls that need not be paid, because a reply served again."""
    max_bytes: int
    """`RFT_MAX_CACHE_BYTES`; the oldest make room."""

    @classmethod
    def of(cls, found: paid.CacheUse, max_bytes: int) -> "CacheUse":
        """Convert from the domain."""
        return cls(**found.model_dump(), max_bytes=max_bytes)


class ProviderTest(Wire):
    """What came back; keys in a provider's words are hidden."""

    is_ok: bool
    """Whether the model answered or, where none was asked, there is a list of models."""
    listed: list[str]
    """Models that it lists; empty where it lists none."""
    list_fault: str
    """Why there is no list; a provider need not have one."""
    model: str | None
    reply: str
    latency_ms: int | None
    num_prompt_tokens: int | None
    num_completion_tokens: int | None
    cost_usd: float | None
    """`null` where it is not known."""
    fault: str
    """Why no reply came, and what to do; mostly empty."""

    @classmethod
    def of(cls, found: Probe) -> "ProviderTest":
        """Convert from the use case."""
        return cls.model_validate({**found.model_dump(), "is_ok": found.is_ok})
