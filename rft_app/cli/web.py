"""The web server's process: `python -m rft_app.cli.web HOST PORT PARENT`, started by `rft serve`.

Granian serves from a process of its own kind below this one; each dies with the one above, so
that nothing keeps the port when any of them is killed.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian._internal import load_target
from granian.constants import Interfaces
from granian.log import LogLevels

from rft_app.children import die_with_parent

APP = "rft_app.rft_app:app"


def main() -> None:
    """Serve until told to stop."""
    host, port, parent = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    die_with_parent(parent)
    server = Granian(
        APP,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        respawn_failed_workers=True,
        factory=True,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=load_app)


def load_app(target: str) -> Callable[..., Any]:
    """Load the app in the serving process."""
    die_with_parent(os.getppid())
    return load_target(target, factory=True)


if __name__ == "__main__":
    main()
