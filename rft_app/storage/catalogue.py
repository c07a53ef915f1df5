"""Which providers can be asked now."""

from sqlmodel import Session

from rft_app.llm.catalogue import Catalogue, Connection, Endpoint, environment_endpoint
from rft_app.llm.embedded import embedded_endpoint
from rft_app.settings import get_settings
from rft_app.storage.providers import StoredProvider, list_providers


def read_catalogue(session: Session) -> Catalogue:
    """All providers: the environment's, then stored ones in the order in which they were added.

    Adding one therefore never changes who answers for a plain name of a model.  The embedded model
    comes last: it answers where nobody else can.
    """
    settings = get_settings()
    stored = (stored_endpoint(one) for one in list_providers(session))
    found = [environment_endpoint(settings), *stored, embedded_endpoint(settings)]
    return Catalogue([endpoint for endpoint in found if endpoint is not None])


def stored_endpoint(one: StoredProvider) -> Endpoint:
    """How a stored provider is reached."""
    return Endpoint(one.provider, lambda: Connection(one.provider.base_url, one.read_key()))
