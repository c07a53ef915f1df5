"""Stored providers as the gateway needs them, in memory."""

from functools import cache
from typing import NamedTuple

from sqlmodel import Session

from rft_app.errors import NotAvailableError
from rft_app.services.refreshed import Refreshed
from rft_app.settings import get_settings
from rft_app.storage.providers import StoredProvider, list_providers
from rft_app.storage.tuned_models import list_service_models


class Upstream(NamedTuple):
    """A provider that calls can be passed on to."""

    name: str
    base_url: str
    key: str
    """Empty where none is needed; a call then goes on with the caller's own."""
    models: tuple[str, ...]
    """Names of those it has; without any it takes all."""
    fault: str = ""
    """Why its key cannot be read; its calls are refused with it."""


Upstreams = Refreshed[tuple[Upstream, ...]]


def find_upstreams() -> Upstreams:
    """Those of this process's database."""
    return _find(get_settings().resolved_database_url)


@cache
def _find(_url: str) -> Upstreams:
    return Refreshed("providers", read_upstreams, ())


def read_upstreams(session: Session) -> tuple[Upstream, ...]:
    """All stored providers, in the order in which they were added."""
    tuned = list_service_models(session)
    return tuple(
        _to_upstream(one, tuned.get(one.provider.name, [])) for one in list_providers(session)
    )


def _to_upstream(stored: StoredProvider, tuned: list[str]) -> Upstream:
    provider, key, fault = stored.provider, "", ""
    try:
        key = stored.read_key()
    except NotAvailableError as error:
        fault = error.message
    own = [model.name for model in provider.models]
    names = tuple(dict.fromkeys((*own, *tuned))) if own else ()
    return Upstream(provider.name, provider.base_url, key, names, fault)
