"""Providers that people added, in the database."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from rft_app.domain.provider import KeyPlace, KeyStatus, NewKey, Provider, ProviderKind
from rft_app.errors import NotAvailableError
from rft_app.storage.secrets import lock, unlock
from rft_app.storage.tables import ProviderRow

_SET = set(Provider.model_fields) - {"name", "kind"}


@dataclass(frozen=True)
class StoredProvider:
    """A provider, and how to read its key."""

    provider: Provider
    read_key: Callable[[], str]
    """Raises `NotAvailableError` where it cannot be read; the message says what to do."""
    place: KeyPlace
    variable: str

    def describe_key(self) -> KeyStatus:
        """What may be told of its key."""
        fault = ""
        try:
            self.read_key()
        except NotAvailableError as error:
            fault = error.message
        return KeyStatus(place=self.place, variable=self.variable, fault=fault)


def list_providers(session: Session) -> list[StoredProvider]:
    """All, in the order in which they were added."""
    query = select(ProviderRow).order_by(col(ProviderRow.created_at), col(ProviderRow.name))
    return [_to_stored(row) for row in session.exec(query)]


def find_provider(session: Session, name: str) -> StoredProvider | None:
    """The one of that name."""
    row = session.get(ProviderRow, name)
    return None if row is None else _to_stored(row)


def save_provider(session: Session, provider: Provider, key: NewKey | None) -> None:
    """Add or change one; its key stays as it is for `None`."""
    now = datetime.now(UTC)
    row = session.get(ProviderRow, provider.name) or ProviderRow.model_validate(
        {**provider.model_dump(include=_SET, mode="json"), "name": provider.name}
        | {"created_at": now, "changed_at": now, "prices_date": provider.prices_date}
    )
    row.sqlmodel_update(provider.model_dump(include=_SET - {"models"}))
    row.models = [model.model_dump(mode="json") for model in provider.models]
    row.changed_at = now
    if key is not None:
        secret = key.secret.get_secret_value()
        row.key_variable, row.key_locked = key.variable, lock(secret) if secret else None
    session.add(row)
    session.flush()


def delete_provider(session: Session, name: str) -> None:
    """Forget one and its key."""
    if (row := session.get(ProviderRow, name)) is not None:
        session.delete(row)
        session.flush()


def _to_stored(row: ProviderRow) -> StoredProvider:
    values = row.model_dump(include=_SET | {"name"})
    provider = Provider.model_validate({**values, "kind": ProviderKind.STORED})
    name, variable, locked = row.name, row.key_variable, row.key_locked
    place = KeyPlace.STORED if locked else KeyPlace.VARIABLE if variable else KeyPlace.NONE

    def read_key() -> str:
        if locked is not None:
            return _unlock(name, locked)
        return variable_reader(name, variable)() if variable else ""

    return StoredProvider(provider, read_key, place, variable)


def variable_reader(name: str, variable: str) -> Callable[[], str]:
    """Reads the key of a provider from the environment, at every call."""
    return lambda: _read_variable(name, variable)


def _unlock(name: str, locked: bytes) -> str:
    try:
        return unlock(locked)
    except NotAvailableError as error:
        raise NotAvailableError(
            f"The key of the provider {name!r} cannot be read: {error.message}. Bring that back, "
            f"or enter the key again in Settings."
        ) from error


def _read_variable(name: str, variable: str) -> str:
    if key := os.environ.get(variable, "").strip():
        return key
    raise NotAvailableError(
        f"The provider {name!r} has no key: the environment variable {variable} is not set. Set it "
        "and start the app again, or enter the key in Settings."
    )
