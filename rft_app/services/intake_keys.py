"""Keys of those who may send spans and calls; without any, everybody may who reaches the server.

Keys are created and revoked here, or named by the settings. Of created ones only digests are kept.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from sqlmodel import Session

from rft_app.domain.intake_key import MAX_NAME, SETTING, IntakeKey
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.active_keys import find_active_keys
from rft_app.settings import get_settings
from rft_app.storage import intake_keys as stored
from rft_app.storage.session import after_commit

FindHeader = Callable[[str], str | None]
"""The value of a header by its name in lower case."""
KEY_HEADERS: Final = ("authorization", "x-api-key")
_KIND: Final = "rft_"
_NUM_BYTES: Final = 24
_NUM_SHOWN: Final = 8


def create_key(session: Session, name: str) -> tuple[IntakeKey, str]:
    """Create a key; returns it, too, which nothing tells a second time.

    Raises:
        InvalidInputError: The name is empty, too long, or holds control characters.
    """
    name = name.strip()
    if not (0 < len(name) <= MAX_NAME and name.isprintable()):
        raise InvalidInputError(
            f"Name the key by who sends with it, in 1 to {MAX_NAME} printable characters."
        )
    key = _KIND + secrets.token_urlsafe(_NUM_BYTES)
    now = datetime.now(UTC)
    created = stored.add_key(session, name, key[:_NUM_SHOWN], _digest(key), now)
    after_commit(session, find_active_keys().forget)
    return created, key


def list_keys(session: Session) -> list[IntakeKey]:
    """Keys of the settings, then all that were created, the newest first."""
    of_settings = [IntakeKey(name=SETTING) for _ in get_settings().otlp_keys]
    return of_settings + stored.list_keys(session)


def count_keys(session: Session) -> int:
    """How many are accepted."""
    return sum(key.is_active for key in list_keys(session))


def revoke_key(session: Session, key_id: str) -> None:
    """Refuse a key from now on, within a second also in other processes.

    Raises:
        NotFoundError: There is none.
    """
    if stored.revoke_key(session, key_id, datetime.now(UTC)) is None:
        raise NotFoundError(f"There is no key {key_id!r}.")
    after_commit(session, find_active_keys().forget)


async def find_sender(find: FindHeader) -> str | None:
    """The id of the key that a request holds: empty where there are none, `None` without one."""
    keys = await read_keys()
    return find_key(find, keys) if keys else ""


async def read_keys() -> Mapping[bytes, str]:
    """Digests of all keys that are accepted, with their ids; those of the settings share one."""
    told = {_digest(key.get_secret_value()): SETTING for key in get_settings().otlp_keys}
    return {**await find_active_keys().read(), **told}


def find_key(find: FindHeader, keys: Mapping[bytes, str]) -> str | None:
    """The id of the key that a request holds, whose use is noted; `None` without one.

    A key is told as `Authorization: Bearer KEY`, `Basic` with it as password (Langfuse), or
    `x-api-key: KEY`.
    """
    for given in (_read_authorization(find("authorization") or ""), find("x-api-key") or ""):
        digest = _find_key(given, keys)
        if digest is not None:
            find_active_keys().note_use(digest)
            return keys[digest]
    return None


def holds_any_key(value: str, keys: Mapping[bytes, str]) -> bool:
    """Whether the value of any header is a key, in one of the ways to tell it."""
    told = (value.strip(), _read_authorization(value))
    return any(_find_key(given, keys) is not None for given in told)


def _find_key(given: str, keys: Iterable[bytes]) -> bytes | None:
    if not given:
        return None
    digest = _digest(given)
    return next((key for key in keys if hmac.compare_digest(digest, key)), None)


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _read_authorization(value: str) -> str:
    scheme, _, told = value.partition(" ")
    if scheme.lower() == "basic":
        return _read_password(told)
    return told.strip() if scheme.lower() == "bearer" else ""


def _read_password(told: str) -> str:
    try:
        pair = base64.b64decode(told, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]
