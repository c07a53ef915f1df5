"""The parent of `rft serve` and `rft gateway`: a server and a worker, which end when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from types import FrameType

from rft_app.cli.installation import FRONT_END, ROOT, rft_command
from rft_app.cli.output import note
from rft_app.errors import ConflictError, NotAvailableError
from rft_app.services.interface_build import is_current
from rft_app.settings import get_settings

APP = "rft_app.rft_app:app"
"""Pages and REST; the gateway is put in front of them."""
GATEWAY = "rft_app.gateway.app:create_gateway"
"""The gateway alone."""
POLL_S = 0.2
STOP_TIMEOUT_S = 15.0
MAX_PAUSE_S = 30.0


def require_interface() -> None:
    """Check that there are pages to serve.

    Raises:
        NotAvailableError: The interface is not built.
    """
    if not FRONT_END.exists():
        raise NotAvailableError(
            "The interface is not built. Run `make build` in the project's folder "
            "(it needs npm; bun comes through it)."
        )


def tell_old_interface() -> None:
    """Say so where the pages were built from other code than will serve them."""
    if not is_current():
        note("rft: the interface was built from other code than this. Run `make build`.")


def require_free(host: str, port: int) -> None:
    """Check that a server can listen.

    Raises:
        ConflictError: The port is taken, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConflictError(
                f"Cannot listen on {host}:{port}: {error.strerror}. "
                "Stop what listens there or choose another with --port."
            ) from error


class Supervisor:
    """Runs both processes until told to stop or the server ends."""

    def __init__(self, app: str, host: str, port: int, *, has_worker: bool) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._has_worker = has_worker
        self._must_stop = False
        self._worker: subprocess.Popen[bytes] | None = None
        self._start_worker_at = 0.0
        self._pause_s = 1.0

    def run(self) -> int:
        """Serve; returns the exit code."""
        signal.signal(signal.SIGTERM, self._request_stop)
        signal.signal(signal.SIGINT, self._request_stop)
        server = self._start_server()
        is_announced = False
        try:
            while server.poll() is None and not self._must_stop:
                self._keep_worker()
                is_announced = is_announced or self._announce()
                time.sleep(POLL_S)
        finally:
            _stop([server, *([self._worker] if self._worker else [])])
        if self._must_stop:
            return 0
        note("rft: the server ended; its messages are above.")
        return 1

    def _request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._must_stop = True

    def _start_server(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "rft_app.cli.web"]
        command += [self._app, self._host, str(self._port), str(os.getpid())]
        return _start(command, server_environment(os.environ))

    def _keep_worker(self) -> None:
        """Start the worker, also after it crashed, with growing pauses."""
        if not self._has_worker or (self._worker and self._worker.poll() is None):
            return
        now = time.monotonic()
        if self._worker is not None and self._start_worker_at < now:
            note(f"rft: the worker ended with {self._worker.returncode}; it starts again.")
            self._start_worker_at = now + self._pause_s
            self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S)
            self._worker = None
        elif self._start_worker_at <= now:
            self._worker = _start(rft_command("worker", "--parent", str(os.getpid())), os.environ)

    def _announce(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._host, self._host)
        url = f"http://{host}:{self._port}"
        try:
            with urllib.request.urlopen(f"{url}/_health", timeout=1):
                note(f"rft is ready at {url}")
                return True
        except (OSError, urllib.error.URLError):
            return False


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What Reflex needs to serve the build that is there, and to keep its files to itself."""
    folder = get_settings().folder
    return {
        **environment,
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_STATES_WORKDIR": str(folder("states")),
        "REFLEX_UPLOADED_FILES_DIR": str(folder("public-uploads")),
    }


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
