"""Secrets that the database holds only encrypted (decision 15).

The key that opens them is `RFT_SECRET_KEY`, or else a file of the data directory that is made when
the first secret is stored.
"""

import base64
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken

from rft_app.errors import NotAvailableError
from rft_app.settings import get_settings, make_folder

FILE = "secret.key"
_OWNER_ONLY = 0o600


def lock(secret: str) -> bytes:
    """Encrypt a secret, with a new key file where there is none yet."""
    return Fernet(_read_key() or _make_file()).encrypt(secret.encode())


def unlock(locked: bytes) -> str:
    """Decrypt what `lock` made.

    Raises:
        NotAvailableError: The key file is gone, or it was locked with another one.
    """
    key = _read_key()
    if key is None:
        raise NotAvailableError(f"the file {_path()} that opens it is gone")
    try:
        return Fernet(key).decrypt(locked).decode()
    except (InvalidToken, ValueError) as error:
        place = "RFT_SECRET_KEY" if _of_settings() else f"the file {_path()}"
        raise NotAvailableError(f"it was locked with another secret than {place}") from error


def _read_key() -> bytes | None:
    if (text := _of_settings()) or (text := _of_file()):
        return base64.urlsafe_b64encode(sha256(text.encode()).digest())
    return None


def _of_settings() -> str:
    return get_settings().secret_key.get_secret_value()


def _of_file() -> str:
    try:
        return _path().read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _path() -> Path:
    return get_settings().resolved_data_dir / FILE


def _make_file() -> bytes:
    """Two processes may try at once; the first one's file stays."""
    path = _path()
    make_folder(path.parent)
    draft = path.with_name(f".{FILE}.{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
        file.write(Fernet.generate_key().decode())
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    key = _read_key()
    if key is None:
        raise NotAvailableError(
            f"The key cannot be stored: {path} cannot be read. Mend its owner, or set "
            "RFT_SECRET_KEY."
        )
    return key
