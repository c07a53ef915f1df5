"""Build-time plugins: one front-end build that serves on every host and port."""

import re
from pathlib import Path
from typing import Any

from reflex_base.config import get_config
from reflex_base.plugins import Plugin

_HOST = r"://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(/[^`\"']*)[`\"']"
_HTTP = re.compile(r"[`\"']http" + _HOST)
_WEBSOCKET = re.compile(r"[`\"']ws" + _HOST)


def follow_origin(source: str) -> str:
    """Replace baked-in backend addresses by the origin the page came from.

    Example:
        >>> follow_origin('{PING:"http://localhost:8000/ping"}')
        '{PING:(location.origin+`/ping`)}'
    """
    source = _HTTP.sub(r"(location.origin+`\1`)", source)
    return _WEBSOCKET.sub(r"(location.origin.replace(/^http/,`ws`)+`\1`)", source)


class PortableOriginPlugin(Plugin):
    """Reflex writes the backend's address and port into one chunk; this takes them out again."""

    def post_build(self, **context: Any) -> None:  # noqa: ANN401  # Reflex's signature
        """Rewrite the chunk that knows the backend.

        Raises:
            RuntimeError: The chunk is not there, so the build would only work on one port.
        """
        static_dir: Path = context["static_dir"]
        chunks = sorted((static_dir / "assets").glob("reflex-env-*.js"))
        if not chunks:
            raise RuntimeError("The build has no reflex-env chunk: did Reflex change its layout?")
        for chunk in chunks:
            chunk.write_text(follow_origin(chunk.read_text()))


class DevApiProxyPlugin(Plugin):
    """In development the Vite server forwards `/api` to the backend's port."""

    def pre_compile(self, **context: Any) -> None:  # noqa: ANN401  # Reflex's signature
        """Add the proxy to Vite's configuration once."""
        target = f"http://127.0.0.1:{get_config().backend_port or 8000}"

        def add_proxy(source: str) -> str:
            if '"/api"' in source:
                return source
            return source.replace("server: {", f'server: {{ proxy: {{ "/api": "{target}" }},', 1)

        context["add_modify_task"]("vite.config.js", add_proxy)
