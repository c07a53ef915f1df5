"""Keys of those who may send spans; without any, everybody may."""

import base64
import binascii
import hmac

from fastapi import Request

from rft_app.settings import get_settings


def is_allowed(request: Request) -> bool:
    """Whether the request holds one of the keys, where there are any."""
    keys = get_settings().otlp_keys
    if not keys:
        return True
    given = _find_key(request).encode()
    known = [key.get_secret_value().encode() for key in keys]
    return any(hmac.compare_digest(given, key) for key in known)


def _find_key(request: Request) -> str:
    """`Authorization: Bearer KEY`, `Basic` with it as password (Langfuse), or `x-api-key: KEY`."""
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _read_password(told)
    if scheme.lower() == "bearer":
        return told.strip()
    return request.headers.get("x-api-key", "")


def _read_password(told: str) -> str:
    try:
        pair = base64.b64decode(told, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]
