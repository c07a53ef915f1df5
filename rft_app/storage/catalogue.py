"""Which providers can be asked now."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from rft_app.domain.provider import Model
from rft_app.llm.catalogue import Catalogue, Connection, Endpoint, environment_endpoint
from rft_app.llm.embedded import embedded_endpoint
from rft_app.settings import get_settings
from rft_app.storage.providers import StoredProvider, list_providers
from rft_app.storage.reply_cache import StoredReplyCache
from rft_app.storage.tuned_models import list_service_models, list_tuned_models


def read_catalogue(session: Session) -> Catalogue:
    """All providers: the environment's, then stored ones in the order in which they were added.

    Adding one therefore never changes who answers for a plain name of a model.  The embedded model
    comes last, with what was trained here: it answers where nobody else can.
    """
    settings = get_settings()
    cache = StoredReplyCache() if settings.max_cache_bytes else None
    own = environment_endpoint(settings)
    embedded = embedded_endpoint(settings, list_tuned_models(session))
    tuned = list_service_models(session)
    known = [*([own] if own else []), *map(stored_endpoint, list_providers(session))]
    paid = [_with_tuned(one, tuned.get(one.provider.name, ())) for one in known]
    cached = [replace(one, cache=cache) if one.provider.keeps_replies else one for one in paid]
    return Catalogue([*cached, *([embedded] if embedded else [])])


def _with_tuned(endpoint: Endpoint, names: Sequence[str]) -> Endpoint:
    """With the models that the provider tuned for us, behind its own."""
    provider = endpoint.provider
    known = {model.name for model in provider.models}
    new = tuple(Model(name=name) for name in dict.fromkeys(names) if name not in known)
    if not new:
        return endpoint
    models = (*provider.models, *new)
    return replace(endpoint, provider=provider.model_copy(update={"models": models}))


def stored_endpoint(one: StoredProvider) -> Endpoint:
    """How a stored provider is reached."""
    return Endpoint(one.provider, lambda: Connection(one.provider.base_url, one.read_key()))
