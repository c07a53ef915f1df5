"""Providers of models: list, add, change, test, remove."""

from fastapi import APIRouter

from rft_app.api.schemas.provider import (
    CacheUse,
    NewProvider,
    ProbeRequest,
    Provider,
    ProviderSettings,
    ProviderTest,
    TriedProvider,
)
from rft_app.domain.provider import NewKey
from rft_app.services import providers as use_cases
from rft_app.settings import get_settings
from rft_app.storage.reply_cache import clear_cache, measure_cache
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/providers", tags=["providers"])
cache_router = APIRouter(prefix="/api/reply-cache", tags=["providers"])


@cache_router.get("")
def read_cache() -> CacheUse:
    """How many replies are kept that serve again, and how often they did."""
    with reading() as session:
        return CacheUse.of(measure_cache(session), get_settings().max_cache_bytes)


@cache_router.delete("", status_code=204)
def empty_cache() -> None:
    """Delete all of them; what was paid for stays in the ledger."""
    with unit_of_work() as session:
        clear_cache(session)


@router.get("")
def list_providers() -> list[Provider]:
    """All that can be asked, in the order in which a plain name of a model is looked for."""
    with reading() as session:
        return [Provider.of(one) for one in use_cases.list_providers(session)]


@router.post("", status_code=201)
def add_provider(wanted: NewProvider) -> Provider:
    """Add one. Its key is stored encrypted, and no answer holds it."""
    with unit_of_work() as session:
        key = wanted.to_key() or NewKey()
        provider = wanted.to_provider(wanted.name)
        return Provider.of(use_cases.add_provider(session, provider, key))


@router.post("/test")
def try_settings(wanted: TriedProvider) -> ProviderTest:
    """Try settings before they are stored: the list of models, and one tiny call."""
    provider, key = wanted.to_provider(wanted.name), wanted.to_key()
    return ProviderTest.of(use_cases.try_draft(provider, key, wanted.model))


@router.get("/{name}")
def read_provider(name: str) -> Provider:
    """One of them."""
    with reading() as session:
        return Provider.of(use_cases.get_provider(session, name))


@router.put("/{name}")
def change_provider(name: str, wanted: ProviderSettings) -> Provider:
    """Put new settings in the place of old ones. For another address, give the key again."""
    with unit_of_work() as session:
        provider, key = wanted.to_provider(name), wanted.to_key()
        return Provider.of(use_cases.change_provider(session, provider, key))


@router.delete("/{name}", status_code=204)
def remove_provider(name: str) -> None:
    """Forget one and its key. Judges that name its models cannot be asked any more."""
    with unit_of_work() as session:
        use_cases.remove_provider(session, name)


@router.post("/{name}/test")
def try_provider(name: str, wanted: ProbeRequest | None = None) -> ProviderTest:
    """Ask it for its models, and one of them for a word."""
    return ProviderTest.of(use_cases.try_provider(name, wanted.model if wanted else None))
