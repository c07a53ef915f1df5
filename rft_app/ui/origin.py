"""Who may open the live connection: pages of this server, nobody else's."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_same_origin(origin: str | None, environ: Mapping[str, str]) -> bool:
    """Whether a page of `origin` may talk to the server that was asked for by its `Host`.

    Without this any web page could drive the app through the browser of someone who has it open.

    Args:
        origin: The `Origin` header; browsers always send it, other programs need not.
        environ: The request's WSGI-style headers; a proxy names the host it was asked for.

    Example:
        >>> is_same_origin("http://127.0.0.1:3000", {"HTTP_HOST": "127.0.0.1:3000"})
        True
        >>> is_same_origin("http://elsewhere.example", {"HTTP_HOST": "127.0.0.1:3000"})
        False
    """
    if origin is None:
        return True
    host = environ.get("HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST", "")
    return urlsplit(origin).netloc == host.split(",")[0].strip()
