"""The environment, typed and read once per process."""

import os
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from rft_app.errors import InvalidInputError

PREFIX = "RFT_"
MIN_SECRET = 32


class LlmModel(BaseModel):
    """One model of the provider and what it costs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field(min_length=1)
    """As the provider names it."""
    input_usd_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Price of a million prompt tokens; `None` where nobody said, which is not free."""
    output_usd_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)


def parse_models(text: object) -> object:
    """Read `name=input/output, name`, prices in USD per million tokens, as fields of `LlmModel`.

    Example:
        >>> parse_models("big=1.25/10, local")
        [{'name': 'big', 'input_usd_per_million': '1.25', 'output_usd_per_million': '10'}, \
{'name': 'local'}]
    """
    if not isinstance(text, str):
        return text
    return [_parse_model(part.strip()) for part in text.split(",") if part.strip()]


def _parse_model(part: str) -> dict[str, str]:
    name, is_priced, prices = part.rpartition("=")
    if not is_priced:
        return {"name": part}
    given, has_both, taken = prices.partition("/")
    if not has_both:
        raise ValueError(f"{part!r} needs two prices, as in model=0.25/2")
    return {
        "name": name.strip(),
        "input_usd_per_million": given.strip(),
        "output_usd_per_million": taken.strip(),
    }


def parse_keys(text: object) -> object:
    """Read `key, key`.

    Example:
        >>> parse_keys("first, second")
        ['first', 'second']
    """
    if not isinstance(text, str):
        return text
    return [key.strip() for key in text.split(",") if key.strip()]


def require_long(secret: SecretStr) -> SecretStr:
    """Refuse a secret that could be found by trying; its message does not hold it."""
    if 0 < len(secret.get_secret_value()) < MIN_SECRET:
        raise ValueError(f"needs at least {MIN_SECRET} characters, as of `openssl rand -base64 32`")
    return secret


class GatewayProvider(BaseModel):
    """One provider that the gateway passes calls on to."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field(min_length=1)
    base_url: str = Field(pattern=r"^https?://\S+$")
    """Its OpenAI-compatible address, e.g. `https://llm.example.com/v1`."""
    models: tuple[str, ...] = ()
    """Patterns of the models it takes, e.g. `gpt-*`; without any it takes all."""


def parse_providers(text: object) -> object:
    """Read `name=address pattern pattern, name=address` as fields of `GatewayProvider`.

    Example:
        >>> parse_providers("big=https://big.example/v1 gpt-* o?, own=http://127.0.0.1:8000/v1")
        [{'name': 'big', 'base_url': 'https://big.example/v1', 'models': ['gpt-*', 'o?']}, \
{'name': 'own', 'base_url': 'http://127.0.0.1:8000/v1', 'models': []}]
    """
    if not isinstance(text, str):
        return text
    found: list[dict[str, object]] = []
    for name, value in parse_pairs(text).items():
        address, *models = value.split() or [""]
        found.append({"name": name, "base_url": address, "models": models})
    return found


def parse_pairs(text: str) -> dict[str, str]:
    """Read `name=value, name=value`.

    Example:
        >>> parse_pairs("big=sk-1=, own=sk-2")
        {'big': 'sk-1=', 'own': 'sk-2'}
    """
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def parse_provider_keys(text: object) -> object:
    """As `parse_pairs`, unless it is read already."""
    return parse_pairs(text) if isinstance(text, str) else text


class Settings(BaseModel):
    """What may differ between two installations; each field is `RFT_<NAME>` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_dir: Path = Path("~/.rft")
    """Databases, exports, uploads and checkpoints live below this folder."""
    database_url: str = ""
    """The app's database; empty means SQLite in `data_dir`. Postgres: `postgresql+psycopg://…`."""
    jobs_database_url: str = ""
    """DBOS's database; empty means SQLite in `data_dir`, or its own schema in a Postgres above."""
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)
    max_file_bytes: int = Field(default=5_000_000_000, gt=0)
    """Largest file an import reads, in bytes, after decompression."""
    max_line_bytes: int = Field(default=4_000_000, gt=0)
    max_records: int = Field(default=10_000_000, gt=0)
    """Most lines one import may hold."""
    otlp_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(parse_keys)] = ()
    """Who sends spans must hold one of these; without any, everybody may (`parse_keys`)."""
    max_otlp_bytes: int = Field(default=64_000_000, gt=0)
    """Largest request of spans or log records, in bytes, after decompression."""
    max_otlp_records: int = Field(default=20_000, gt=0)
    """Most spans or log records of one request; exporters send 512 at a time, collectors 8,192."""
    max_otlp_backlog_bytes: int = Field(default=2_000_000_000, gt=0)
    """Requests that may wait to be read, in bytes; senders are then asked to come again."""
    retention_days: int = Field(default=0, ge=0, le=36_500)
    """Days that traces are kept which arrived by themselves, unless somebody chose others; 0 keeps
    them."""
    max_record_tokens: int = Field(default=128_000, gt=0)
    """A record estimated above this is invalid with `too_long`."""
    script_timeout_s: float = Field(default=2.0, gt=0)
    """Longest time one call of a script grader may take."""
    script_memory_mb: int = Field(default=512, ge=64)
    allow_unisolated_scripts: bool = False
    """Run script graders even where the system cannot isolate them."""
    worker_concurrency: int = Field(default=2, ge=1)
    """Jobs one worker runs at a time."""
    text_features: str = Field(default="auto", pattern="^(auto|minilm|tfidf)$")
    """Text features of the topics step; `auto` takes MiniLM where it is installed."""
    secret_key: Annotated[SecretStr, AfterValidator(require_long)] = SecretStr("")
    """Opens the keys of providers that are stored in the database; empty means a file of
    `data_dir`. Machines that share a database need the same one."""
    max_cache_bytes: int = Field(default=256_000_000, ge=0)
    """Replies that are kept to serve again, in bytes; 0 keeps none."""
    llm_base_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """The provider's OpenAI-compatible address, e.g. `https://llm.example.com/v1`."""
    llm_api_key: SecretStr = SecretStr("")
    """Its key; may stay empty for a server of your own."""
    llm_models: Annotated[tuple[LlmModel, ...], BeforeValidator(parse_models)] = ()
    """Its models with prices, the preferred one first (`parse_models`)."""
    llm_prices_date: date | None = None
    """Day the prices were looked up."""
    llm_timeout_s: float = Field(default=60.0, gt=0)
    """Longest time one call of the provider may take."""
    llm_concurrency: int = Field(default=8, ge=1, le=256)
    """Calls in flight at a time."""
    llm_max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a call is tried that the provider could not serve."""
    embedded_model: str = Field(default="on", pattern="^(on|off)$")
    """Whether the small model that runs here is offered; it starts when it is asked."""
    embedded_idle_s: float = Field(default=600.0, gt=0)
    """How long the embedded model stays in memory after the last call."""
    trainer_python: str = ""
    """The Python that trains; empty takes this one where torch is there, else `make trainer`'s."""
    ray_address: str = Field(default="", pattern=r"^(https?://[^\s@]+)?$")
    """The dashboard of the Ray cluster that trains, e.g. `http://127.0.0.1:8265`."""
    ray_headers: Annotated[Mapping[str, SecretStr], BeforeValidator(parse_provider_keys)] = Field(
        default_factory=dict[str, SecretStr]
    )
    """Sent with each call to it, e.g. `Authorization=Bearer TOKEN` (`parse_pairs`)."""
    ray_python: str = Field(default="python3", min_length=1)
    """The Python on the cluster that has what trains."""
    ray_grading_host: str = Field(default="127.0.0.1", pattern=r"^[A-Za-z0-9._-]+$")
    """Name or IPv4 address of this machine by which the cluster reaches it."""
    ray_cpus: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Processors that a training reserves on the cluster; with no GPUs either it runs on the
    cluster's head."""
    ray_gpus: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    gateway_providers: Annotated[tuple[GatewayProvider, ...], BeforeValidator(parse_providers)] = ()
    """Providers that the gateway passes calls on to, before the one above (`parse_providers`)."""
    gateway_provider_keys: Annotated[
        Mapping[str, SecretStr], BeforeValidator(parse_provider_keys)
    ] = Field(default_factory=dict[str, SecretStr])
    """Their keys by name; without one, a call goes on with the caller's own."""
    gateway_timeout_s: float = Field(default=600.0, gt=0)
    """Longest silence of a provider behind the gateway."""
    gateway_fallback_s: float = Field(default=60.0, gt=0)
    """How long one model of a deployment may say nothing before the other one is asked."""
    max_gateway_bytes: int = Field(default=64_000_000, gt=0)
    """Largest request that the gateway takes, and largest answer that it records, in bytes."""
    max_gateway_backlog_bytes: int = Field(default=64_000_000, gt=0)
    """Calls that may wait in memory to be recorded, in bytes; more are served and counted."""

    @property
    def has_provider(self) -> bool:
        """Whether there is a provider with a model to ask."""
        return bool(self.llm_base_url and self.llm_models)

    @property
    def resolved_data_dir(self) -> Path:
        """`data_dir` with `~` resolved, absolute."""
        return self.data_dir.expanduser().resolve()

    @property
    def resolved_database_url(self) -> str:
        """The app's database as an SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.resolved_data_dir / 'rft.db'}"

    @property
    def resolved_jobs_database_url(self) -> str:
        """DBOS's database as an SQLAlchemy URL; never the app's SQLite file."""
        if self.jobs_database_url:
            return self.jobs_database_url
        if self.database_url.startswith("postgresql"):
            return self.database_url
        return f"sqlite:///{self.resolved_data_dir / 'jobs.db'}"

    def folder(self, name: str) -> Path:
        """The folder `name` below the data directory, created when missing.

        Raises:
            InvalidInputError: Nothing can be written there.
        """
        return make_folder(self.resolved_data_dir / name)


def make_folder(path: Path) -> Path:
    """Create a folder of the installation when it is missing.

    Raises:
        InvalidInputError: Nothing can be written there.
    """
    reason = "it is not writable"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
    if not os.access(path, os.W_OK | os.X_OK):
        raise InvalidInputError(
            f"The data directory cannot be used, {path.resolve()}: {reason}. "
            "Change its owner, or name another with RFT_DATA_DIR."
        )
    return path


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Build settings from environment variables.

    Raises:
        InvalidInputError: A variable has an impossible value; the message names it.
    """
    values = {
        name: environment[variable]
        for name in Settings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise InvalidInputError(f"The environment has unusable settings. {faults}.") from error


@cache
def get_settings() -> Settings:
    """This process's settings; tests call `get_settings.cache_clear()` after a change."""
    return read_settings(os.environ)
