"""Which provider a call goes to."""

import urllib.request
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import msgspec
from aiohttp import encode_basic_auth
from yarl import URL

from rft_app.services.upstreams import Upstream
from rft_app.settings import Settings

DEFAULT = "default"
"""The provider of `RFT_LLM_BASE_URL`."""


class _Named(msgspec.Struct):
    """The one field of a request that decides."""

    model: str | None = None


class Caller(msgspec.Struct):
    """Which model a request names, and for whom it asks."""

    model: str | None = None
    user: str | None = None
    safety_identifier: str | None = None


_decode = msgspec.json.Decoder(_Named).decode
_decode_caller = msgspec.json.Decoder(Caller).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Provider:
    """One provider, and how to reach it."""

    def __init__(
        self, name: str, base_url: str, key: str, models: Sequence[str] = (), fault: str = ""
    ) -> None:
        self.name = name
        self.fault = fault
        """Why its calls are refused; mostly empty."""
        self.models = tuple(models)
        address = URL(base_url)
        self.authorization = f"Bearer {key}" if key else ""
        """What it is sent in the place of the caller's; empty where the caller's goes on."""
        if address.user and not key:
            self.authorization = encode_basic_auth(address.user, address.password or "")
        self._base_url = str(address.with_user(None)).rstrip("/")
        self._urls: dict[str, URL] = {}
        self.proxy, self.proxy_headers = _find_proxy(base_url)

    def takes(self, model: str) -> bool:
        """Whether calls of a model go there."""
        return not self.models or any(fnmatchcase(model, each) for each in self.models)

    def url(self, path: str, query: str) -> URL:
        """Where to send a call, e.g. of `chat/completions`."""
        if query:
            return URL(f"{self._base_url}/{path}?{query}", encoded=True)
        found = self._urls.get(path)
        if found is None:
            found = URL(f"{self._base_url}/{path}", encoded=True)
            if len(self._urls) < 100:  # ids of models are paths, too
                self._urls[path] = found
        return found


class Providers:
    """All there are, in the order they are asked; patterns before those that take all."""

    def __init__(self, settings: Settings, stored: Sequence[Upstream] = ()) -> None:
        keys = settings.gateway_provider_keys
        found = [
            Provider(
                each.name,
                each.base_url,
                keys[each.name].get_secret_value() if each.name in keys else "",
                each.models,
            )
            for each in settings.gateway_providers
        ]
        found += [
            Provider(each.name, each.base_url, each.key, each.models, each.fault) for each in stored
        ]
        if settings.llm_base_url:
            key = settings.llm_api_key.get_secret_value()
            found.append(Provider(DEFAULT, settings.llm_base_url, key))
        self.all = tuple(sorted(found, key=_find_rank))

    def find_by_model(self, model: str) -> Provider | None:
        """Where calls of a model go; `None` when no provider takes it.

        Those without a readable model go to the first that takes all: it knows best what to say.
        """
        return next((each for each in self.all if each.takes(model)), None)


def _find_rank(provider: Provider) -> int:
    """Those with names or patterns, then the settings' own that takes all, then others that do."""
    return 0 if provider.models else 1 if provider.name == DEFAULT else 2


def _read_model(request: bytes) -> str:
    """The model a request names; empty where it names none."""
    try:
        return _decode(request).model or ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def read_caller(request: bytes) -> Caller:
    """Model and user of a request; nothing where they cannot be read."""
    try:
        return _decode_caller(request)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Caller(_read_model(request))


def rename_model(request: bytes, model: str) -> bytes:
    """The same request for another model; every other value keeps its bytes.

    Example:
        >>> rename_model(b'{"model": "a", "n": 1.0}', "b")
        b'{"model":"b","n":1.0}'
    """
    fields = _decode_fields(request)
    fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(fields)


def add_fields(request: bytes, more: Mapping[str, object]) -> bytes:
    """The same request with fields of ours, which win over the caller's.

    Example:
        >>> add_fields(b'{"model": "a", "lora": []}', {"lora": [{"id": 0, "scale": 1.0}]})
        b'{"model":"a","lora":[{"id":0,"scale":1.0}]}'
    """
    fields = _decode_fields(request)
    fields |= {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in more.items()}
    return msgspec.json.encode(fields)


def _find_proxy(base_url: str) -> tuple[URL | None, dict[str, str] | None]:
    """The proxy that the environment names for an address, and what it is told of us.

    They are apart, because errors name the proxy.
    """
    parts = urlsplit(base_url)
    told = urllib.request.getproxies().get(parts.scheme)
    if not told or urllib.request.proxy_bypass(parts.hostname or ""):
        return None, None
    proxy = URL(told if "://" in told else f"http://{told}")
    if proxy.user is None:
        return proxy, None
    told_of_us = encode_basic_auth(proxy.user, proxy.password or "")
    return proxy.with_user(None), {"authorization": told_of_us}  # the client puts "proxy-" before
