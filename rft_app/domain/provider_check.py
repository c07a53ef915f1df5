"""What a provider must look like before it is stored."""

import re
from urllib.parse import urlsplit

from rft_app.domain.provider import KeyPlace, NewKey, Provider
from rft_app.errors import InvalidInputError

RESERVED = ("environment", "embedded", "default")
"""Names of providers that nobody adds."""
MAX_MODELS, MAX_URL, MAX_KEY = 1_000, 2_000, 4_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,199}_(API|MASTER)_KEY")


def check_provider(provider: Provider) -> None:
    """Find the first fault.

    Raises:
        InvalidInputError: The message names the field and the remedy, as do details (`field`).
    """
    if not _NAME.fullmatch(provider.name):
        raise _fault(
            "name",
            "A provider's name has 1 to 40 small letters, digits, dots, dashes or underscores, and "
            "begins with a letter or digit, as in my-vllm.",
        )
    if provider.name in RESERVED:
        raise _fault("name", f"The name {provider.name!r} is taken by the app. Choose another.")
    _check_address(provider.base_url)
    _check_models(provider)


def _check_address(base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        has_host, has_user = bool(parts.hostname), parts.username is not None
        is_port = parts.port is None or parts.port > 0
    except ValueError:
        has_host = has_user = is_port = False
    is_plain = base_url.isascii() and base_url.isprintable() and " " not in base_url
    is_whole = is_plain and has_host and is_port and len(base_url) <= MAX_URL
    if not is_whole or not base_url.startswith(("http://", "https://")):
        raise _fault("base_url", "The base URL is a web address, as in https://llm.example.com/v1.")
    if has_user:
        raise _fault(
            "base_url",
            "The base URL holds a user or password, which everybody could read. Take it out, and "
            "give the key as the key.",
        )
    if "?" in base_url or "#" in base_url:
        raise _fault("base_url", "The base URL ends before any ? or #, mostly with /v1.")


def _check_models(provider: Provider) -> None:
    if len(provider.models) > MAX_MODELS:
        raise _fault("models", f"There are {len(provider.models):,} models; keep {MAX_MODELS:,}.")
    seen: set[str] = set()
    for model in provider.models:
        if not model.name.isprintable() or model.name != model.name.strip():
            raise _fault("models", f"The model {model.name!r} has blanks or marks around its name.")
        if model.name in seen:
            raise _fault("models", f"The model {model.name!r} is named twice. Keep one of them.")
        seen.add(model.name)


def check_key(key: NewKey) -> KeyPlace:
    """Where a key that is given will be.

    Only variables whose names say that they hold such a key are read: whoever may add a provider
    could otherwise send any secret of this machine to an address of theirs.

    Raises:
        InvalidInputError: It can be no key; the message never holds it.
    """
    secret = key.secret.get_secret_value()
    if secret and key.variable:
        raise _fault("key", "Give the key itself or the variable that holds it, not both.")
    if key.variable:
        if not _VARIABLE.fullmatch(key.variable):
            raise _fault(
                "key_variable",
                f"{key.variable[:80]!r} is not read. A variable with a provider's key is named in "
                "capitals and ends in _API_KEY or _MASTER_KEY, as in OPENAI_API_KEY.",
            )
        return KeyPlace.VARIABLE
    if not secret:
        return KeyPlace.NONE
    if not is_key(secret):
        raise _fault(
            "key",
            f"A key has 1 to {MAX_KEY:,} letters, digits or signs and no blanks. Copy it anew.",
        )
    return KeyPlace.STORED


def is_key(text: str) -> bool:
    """Whether a header can carry it.

    Example:
        >>> is_key("sk-1"), is_key("sk 1"), is_key("schlüssel")
        (True, False, False)
    """
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_plain and 0 < len(text) <= MAX_KEY


def origin_of(base_url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; a key belongs to it.

    Example:
        >>> origin_of("https://LLM.example.com/v1") == origin_of("https://llm.example.com:443/v2")
        True
    """
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme.lower(), parts.hostname or "", port


def _fault(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, field=field)
