"""Headers on their way through: all of them, but for those of one connection and our own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from rft_app.services.intake_keys import KEY_HEADERS, holds_any_key

_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_FROM_CLIENT: Final = _HOP | {b"host", b"content-length", b"expect", b"cookie", b"accept-encoding"}
"""Made anew; cookies are those of our own pages."""
_READ: Final = frozenset({*(name.encode() for name in KEY_HEADERS), b"content-length", b"host"})
_READ_ONLY: Final = frozenset({b"sec-fetch-site", b"traceparent"})
_OWN: Final = b"x-rft-"
_CODINGS: Final = ("gzip", "deflate")
"""Compressions that can be read when the call is made a trace."""


class Inbound(NamedTuple):
    """What a client's headers say."""

    passed_on: list[tuple[str, str]]
    known: dict[str, str]
    """Those that the gateway reads, by name in lower case."""


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Inbound:
    """Sort the headers of a request."""
    passed_on: list[tuple[str, str]] = []
    known: dict[str, str] = {}
    for name, value in headers:
        if name in _READ or _is_own(name):
            known[name.decode("latin-1")] = (
                _decode(value) if _is_own(name) else value.decode("latin-1")
            )
        elif name == b"accept-encoding":
            passed_on.append(("accept-encoding", _choose_codings(value.decode("latin-1"))))
        elif name not in _FROM_CLIENT:
            text = value.decode("latin-1")
            passed_on.append((name.decode("latin-1"), text))
            if name in _READ_ONLY:
                known[name.decode()] = text
    return Inbound(passed_on, known)


def _is_own(name: bytes) -> bool:
    return name.startswith(_OWN)


def _decode(value: bytes) -> str:
    """A text as its sender meant it: most send UTF-8, older ones Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _choose_codings(offered: str) -> str:
    return ", ".join(each for each in _CODINGS if each in offered) or "identity"


def drop_keys(inbound: Inbound, keys: Mapping[bytes, str]) -> Inbound:
    """Headers without those that hold one of our keys, which no provider may see."""
    if not keys:
        return inbound
    passed_on = [pair for pair in inbound.passed_on if not holds_any_key(pair[1], keys)]
    known = {name: told for name, told in inbound.known.items() if not holds_any_key(told, keys)}
    return Inbound(passed_on, known)


def authorize(inbound: Inbound, authorization: str) -> list[tuple[str, str]]:
    """Headers with what a provider is told or, without that, the client's own."""
    headers = list(inbound.passed_on)
    for name in KEY_HEADERS:
        value = inbound.known.get(name)
        is_replaced = name == "authorization" and authorization
        if value is not None and not is_replaced:
            headers.append((name, value))
    if authorization:
        headers.append(("authorization", authorization))
    return headers


def to_client(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of an answer as they came, in lower case as ASGI wants them."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = _HOP
    for name, value in lowered:
        if name == b"connection":
            named |= {each.strip().lower() for each in value.split(b",")}
    return [pair for pair in lowered if pair[0] not in named]


def read_tags(text: str) -> list[str]:
    """Tags, separated by commas.

    Example:
        >>> read_tags("paris, , eval")
        ['paris', 'eval']
    """
    return [tag.strip() for tag in text.split(",") if tag.strip()]
