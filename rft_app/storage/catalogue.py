"""Which providers can be asked now."""

from dataclasses import replace

from sqlmodel import Session

from rft_app.llm.catalogue import Catalogue, Connection, Endpoint, environment_endpoint
from rft_app.llm.embedded import embedded_endpoint
from rft_app.settings import get_settings
from rft_app.storage.providers import StoredProvider, list_providers
from rft_app.storage.reply_cache import StoredReplyCache
from rft_app.storage.tuned_models import list_tuned_models


def read_catalogue(session: Session) -> Catalogue:
    """All providers: the environment's, then stored ones in the order in which they were added.

    Adding one therefore never changes who answers for a plain name of a model.  The embedded model
    comes last, with what was trained here: it answers where nobody else can.
    """
    settings = get_settings()
    cache = StoredReplyCache() if settings.max_cache_bytes else None
    own = environment_endpoint(settings)
    embedded = embedded_endpoint(settings, list_tuned_models(session))
    paid = [*([own] if own else []), *map(stored_endpoint, list_providers(session))]
    cached = [replace(one, cache=cache) if one.provider.keeps_replies else one for one in paid]
    return Catalogue([*cached, *([embedded] if embedded else [])])


def stored_endpoint(one: StoredProvider) -> Endpoint:
    """How a stored provider is reached."""
    return Endpoint(one.provider, lambda: Connection(one.provider.base_url, one.read_key()))
