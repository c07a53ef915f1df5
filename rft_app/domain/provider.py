"""Who answers chat requests: an OpenAI-compatible endpoint, its models, prices and limits."""

import re
from datetime import date
from enum import StrEnum

from pydantic import Field, SecretStr

from rft_app.domain.entity import Entity

DEMO_QUALITY = "demo quality"
"""What every list that offers the embedded model says of it."""
FREE = "free, runs here"
NO_JUDGE = (
    f"The embedded model is no judge ({DEMO_QUALITY}): its scores show that the step works and say "
    "nothing about the answers."
)
DEMO_HINT = (
    f"The embedded model is of {DEMO_QUALITY}: it shows that this step works. Configure a provider "
    "for something to keep (docs/running.md)."
)
MAX_PER_MINUTE = 1_000_000_000
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


class ProviderKind(StrEnum):
    """Where a provider comes from."""

    ENVIRONMENT = "environment"
    """Of `RFT_LLM_…`; read-only."""
    STORED = "stored"
    EMBEDDED = "embedded"
    """Served by this installation itself."""


class Model(Entity):
    """One model and what it costs."""

    name: str = Field(min_length=1, max_length=200)
    """As the provider names it."""
    input_usd_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Price of a million prompt tokens; `None` where nobody said, which is not free."""
    output_usd_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class Provider(Entity):
    """How one is asked; its key is not part of it."""

    name: str
    kind: ProviderKind
    base_url: str
    """May hold a user and a password: show it through `hide_credentials`."""
    models: tuple[Model, ...] = ()
    """The preferred one first."""
    prices_date: date | None = None
    """Day the prices were looked up; `None` where nobody said."""
    timeout_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    """Longest time one call may take."""
    concurrency: int = Field(default=8, ge=1, le=256)
    """Calls in flight at a time."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a call is tried that it could not serve."""
    requests_per_minute: int | None = Field(default=None, ge=1, le=MAX_PER_MINUTE)
    """`None` where there is no limit."""
    tokens_per_minute: int | None = Field(default=None, ge=1, le=MAX_PER_MINUTE)
    keeps_replies: bool = True
    """Whether the same request, at temperature 0, is paid once only."""

    @property
    def is_demo(self) -> bool:
        """Whether its models show that a step works, and no more."""
        return self.kind is ProviderKind.EMBEDDED


class KeyPlace(StrEnum):
    """Where a provider's key is."""

    NONE = "none"
    """It needs none, or nobody gave one."""
    VARIABLE = "variable"
    """In an environment variable of every process that asks."""
    STORED = "stored"
    """In the database, encrypted."""


class KeyStatus(Entity):
    """What may be told of a key."""

    place: KeyPlace
    variable: str = ""
    """The environment variable that holds it, if any does."""
    fault: str = ""
    """Why it cannot be read, and what to do; empty where it can."""


class NewKey(Entity):
    """A key as it is given; none where both are empty."""

    variable: str = ""
    secret: SecretStr = SecretStr("")


def hide_credentials(text: str) -> str:
    """An address, or a message that names one, without the user and password before its host.

    Example:
        >>> hide_credentials("https://me:secret@llm.example.com/v1")
        'https://llm.example.com/v1'
    """
    return _CREDENTIALS.sub("", text)
