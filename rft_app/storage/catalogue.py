"""Which providers can be asked now."""

from sqlmodel import Session

from rft_app.llm.catalogue import Catalogue, environment_endpoint
from rft_app.llm.embedded import embedded_endpoint
from rft_app.settings import get_settings


def read_catalogue(session: Session) -> Catalogue:
    """All providers, the environment's first: adding one never changes who answers.

    The embedded model comes last: it answers where nobody else can.
    """
    settings = get_settings()
    found = [environment_endpoint(settings), embedded_endpoint(settings)]
    return Catalogue([endpoint for endpoint in found if endpoint is not None])
