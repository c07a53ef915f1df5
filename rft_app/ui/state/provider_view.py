"""Providers as the settings show them."""

from dataclasses import dataclass

from rft_app.domain.paid import CacheUse
from rft_app.domain.provider import DEMO_QUALITY, KeyPlace, Model, Provider, ProviderKind
from rft_app.llm.probe import Probe
from rft_app.services.providers import ListedProvider
from rft_app.ui.words import count

_KINDS = {
    ProviderKind.ENVIRONMENT: "from the environment",
    ProviderKind.STORED: "",
    ProviderKind.EMBEDDED: DEMO_QUALITY,
}
_ABOUT = {
    ProviderKind.ENVIRONMENT: "Set by RFT_LLM_… when the server was started; changed there.",
    ProviderKind.STORED: "",
    ProviderKind.EMBEDDED: "Comes with the installation; RFT_EMBEDDED_MODEL=off takes it out.",
}


@dataclass(frozen=True)
class PricedModel:
    """One model and its prices."""

    name: str
    given: str
    taken: str


@dataclass(frozen=True)
class ProviderCard:
    """One provider."""

    name: str
    kind: str
    about: str
    base_url: str
    key: str
    key_fault: str
    limits: str
    used_by: str
    models: list[PricedModel]
    models_words: str
    can_change: bool

    @classmethod
    def of(cls, found: ListedProvider) -> "ProviderCard":
        """Build the card."""
        provider = found.provider
        is_demo = provider.is_demo
        return cls(
            name=provider.name,
            kind=_KINDS[provider.kind],
            about=_ABOUT[provider.kind],
            base_url=provider.base_url or "this machine",
            key=_describe_key(found),
            key_fault=found.key.fault,
            limits=describe_limits(provider),
            used_by=", ".join(found.used_by),
            models=[_price(model, is_demo=is_demo) for model in provider.models],
            models_words=_describe_models(provider),
            can_change=provider.kind is ProviderKind.STORED,
        )


@dataclass(frozen=True)
class ProbeView:
    """What came back from a test."""

    of: str = ""
    """The provider; empty where nothing was tested."""
    is_ok: bool = False
    title: str = ""
    words: str = ""


def view_test(name: str, found: Probe) -> ProbeView:
    """A test in words.

    Example:
        >>> view_test("lab", Probe(listed=("m",), model="m", reply="ready", latency_ms=1200)).title
        'm answered in 1,200 ms.'
        >>> view_test("lab", Probe(listed=(), list_fault="404: no.", model="m", fault="No.")).title
        'm did not answer.'
    """
    lines = [found.fault] if found.fault else []
    if found.model is None:
        title = "It has no list of models." if found.list_fault else "It answers."
    elif found.fault:
        title = f"{found.model} did not answer."
    else:
        title = f"{found.model} answered in {found.latency_ms or 0:,} ms."
        lines.append(f"“{found.reply}”" if found.reply else "It said nothing in 16 tokens.")
    if found.list_fault:
        lines.append(f"No list of models: {found.list_fault}")
    else:
        lines.append(f"It lists {count(len(found.listed), 'model')}.")
    return ProbeView(of=name, is_ok=found.is_ok, title=title, words=" ".join(lines))


def describe_kept(use: CacheUse) -> str:
    """Replies that serve again, in words.

    Example:
        >>> describe_kept(CacheUse(num_replies=2, num_bytes=2_500_000, num_served=1))
        '2 replies kept, 2.5 MB; 1 call was not paid again.'
    """
    kept = count(use.num_replies, "reply", "replies")
    served = count(use.num_served, "call was", "calls were")
    return f"{kept} kept, {use.num_bytes / 1e6:.1f} MB; {served} not paid again."


def describe_limits(provider: Provider) -> str:
    """What it is asked at most.

    Example:
        >>> provider = Provider(name="p", kind="stored", base_url="", requests_per_minute=60)
        >>> describe_limits(provider)
        '8 calls at a time · 60 requests a minute · 60 s a call · 5 tries'
    """
    parts = [f"{count(provider.concurrency, 'call')} at a time"]
    if provider.requests_per_minute is not None:
        parts.append(f"{count(provider.requests_per_minute, 'request')} a minute")
    if provider.tokens_per_minute is not None:
        parts.append(f"{count(provider.tokens_per_minute, 'token')} a minute")
    tries = count(provider.max_attempts, "try", "tries")
    return " · ".join([*parts, f"{provider.timeout_s:g} s a call", tries])


def _describe_key(found: ListedProvider) -> str:
    if found.key.place is KeyPlace.NONE:
        return "none"
    if found.key.place is KeyPlace.VARIABLE:
        return f"from {found.key.variable}"
    return "stored, encrypted"


def _price(model: Model, *, is_demo: bool) -> PricedModel:
    if is_demo:
        return PricedModel(model.name, "free", "free")
    given, taken = model.input_usd_per_million, model.output_usd_per_million
    return PricedModel(model.name, _dollars(given), _dollars(taken))


def _dollars(price: float | None) -> str:
    return "unknown" if price is None else f"{price:g}"


def _describe_models(provider: Provider) -> str:
    number = count(len(provider.models), "model")
    has_prices = any(model.input_usd_per_million is not None for model in provider.models)
    if provider.is_demo or not has_prices:
        return number
    return f"{number} · prices of {provider.prices_date or 'an unknown day'}"
