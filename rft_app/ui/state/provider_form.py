"""A provider as its dialog holds it: texts, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import SecretStr

from rft_app.domain.provider import KeyPlace, NewKey, Provider
from rft_app.services.provider_drafts import read_draft
from rft_app.services.providers import ListedProvider

KEEP, PASTE, VARIABLE, NO_KEY = "keep", "paste", "variable", "none"
NUMBERS = (
    *("timeout_s", "concurrency", "max_attempts"),
    *("requests_per_minute", "tokens_per_minute"),
)
TEXTS = ("name", "base_url", "key_variable", "prices_date", *NUMBERS)


@dataclass(frozen=True)
class ModelLine:
    """One model as it is typed."""

    name: str = ""
    given: str = ""
    """USD for a million prompt tokens; empty where it is not known."""
    taken: str = ""


@dataclass(frozen=True)
class ProviderForm:
    """All fields but the key itself, which no page holds."""

    name: str = ""
    base_url: str = ""
    key_mode: str = PASTE
    key_variable: str = ""
    prices_date: str = ""
    timeout_s: str = "60"
    concurrency: str = "8"
    max_attempts: str = "5"
    requests_per_minute: str = ""
    tokens_per_minute: str = ""
    keeps_replies: bool = True

    @classmethod
    def of(cls, found: ListedProvider) -> "ProviderForm":
        """The form of a provider that is stored."""
        provider, key = found.provider, found.key
        modes = {KeyPlace.STORED: KEEP, KeyPlace.VARIABLE: VARIABLE, KeyPlace.NONE: NO_KEY}
        return cls(
            name=provider.name,
            base_url=provider.base_url,
            key_mode=modes[key.place],
            key_variable=key.variable,
            prices_date=str(provider.prices_date or ""),
            keeps_replies=provider.keeps_replies,
            **{name: _write(getattr(provider, name)) for name in NUMBERS},
        )

    def change(self, field: str, text: str) -> "ProviderForm":
        """The same with one text changed."""
        return replace(self, **{field: text}) if field in TEXTS else self

    def to_provider(self, models: Sequence[ModelLine]) -> Provider:
        """Settings of what was typed; lines of models without a name are left out.

        Raises:
            InvalidInputError: A value is impossible; details name its `field`.
        """
        values = {name: getattr(self, name).strip() for name in TEXTS if name != "key_variable"}
        given: dict[str, object] = {
            name: value for name, value in values.items() if value or name == "name"
        }
        lines = [_to_model(model) for model in models if model.name.strip()]
        given["keeps_replies"] = self.keeps_replies
        return read_draft({"base_url": "", **given, "models": lines})

    def to_key(self, secret: str) -> NewKey | None:
        """The key that was chosen; `None` keeps the one that is stored."""
        if self.key_mode == KEEP:
            return None
        variable = self.key_variable.strip() if self.key_mode == VARIABLE else ""
        return NewKey(
            variable=variable, secret=SecretStr(secret.strip() if self.key_mode == PASTE else "")
        )


def to_lines(provider: Provider) -> list[ModelLine]:
    """The models of a provider as they are typed."""
    return [
        ModelLine(
            model.name, _write(model.input_usd_per_million), _write(model.output_usd_per_million)
        )
        for model in provider.models
    ]


def _to_model(line: ModelLine) -> dict[str, str | None]:
    return {
        "name": line.name.strip(),
        "input_usd_per_million": line.given.strip() or None,
        "output_usd_per_million": line.taken.strip() or None,
    }


def _write(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
