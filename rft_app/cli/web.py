"""A server's process: `python -m rft_app.cli.web APP HOST PORT PARENT`, started by `rft serve`
and `rft gateway`.

Granian serves from a process of its own kind below this one; each dies with the one above, so
that nothing keeps the port when any of them is killed.
"""

import gc
import os
import sys

from granian import Granian
from granian._internal import load_target
from granian.constants import Interfaces
from granian.log import LogLevels

from rft_app.children import die_with_parent
from rft_app.cli.supervisor import APP
from rft_app.gateway.app import mount
from rft_app.gateway.asgi import App
from rft_app.settings import get_settings


def main() -> None:
    """Serve until told to stop."""
    target, host, port, parent = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    die_with_parent(parent)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        respawn_failed_workers=True,
        factory=True,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=load_app)


def load_app(target: str) -> App:
    """Load the app in the serving process."""
    die_with_parent(os.getppid())
    app: App = load_target(target, factory=True)  # pyright: ignore[reportAssignmentType]
    if target == APP:
        app = mount(app, get_settings())
    gc.freeze()  # all that is loaded stays; to look through it again takes tens of milliseconds
    return app


if __name__ == "__main__":
    main()
