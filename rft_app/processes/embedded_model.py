"""Edge: the process that serves the embedded model of one data directory.

Begun as `python -m rft_app.processes.embedded_model FOLDER IDLE_S` by `llm.embedded`, in a session
of its own.  It ends by itself: idle for IDLE_S seconds, or nobody left who asked, or its file gone.
"""

import fcntl
import os
import re
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from rft_app.llm.embedded import CONTEXT_TOKENS, MODEL, NUM_AT_ONCE, find_weights
from rft_app.llm.embedded_files import EmbeddedFiles, Served, take

LONELY_S = 10.0
"""How long it outlives the last process that asked: commands often come one after the other."""
LAST_CALLS_S = 1.0
"""Between the last announcement and the end: for who read its address a moment before."""
DRAIN_S = 60.0
"""How long calls under way may take when another server, with other adapters, is wanted."""
TAKEOVER_S = 3.0
"""How long it waits for the lock: askers hold it for an instant to see whether it is held."""
LONGEST_POLL_S = 0.5
_COUNTS = re.compile(
    r"^llamacpp:(prompt_tokens_total|tokens_predicted_total|requests_processing|requests_deferred)"
    r" (\S+)$",
    re.MULTILINE,
)


class Server(Protocol):
    """What is used of the engine's server, which comes without types."""

    @property
    def listening_address(self) -> str:
        """E.g. `http://127.0.0.1:41235`."""
        ...

    def handle_metrics(self) -> str:
        """Its counts, as Prometheus reads them."""
        ...


class Idleness:
    """Since when nobody asked anything, and since when nobody is left who could."""

    def __init__(self, idle_s: float, now: float) -> None:
        self._idle_s = idle_s
        self._counts: dict[str, str] = {}
        self._active_at = self._accompanied_at = now

    def note(self, metrics: str, *, has_users: bool, now: float, is_needed: bool = False) -> bool:
        """Take in what the server counts; returns whether it may end."""
        counts = dict(_COUNTS.findall(metrics))
        if counts != self._counts or is_busy(counts) or is_needed:
            self._counts, self._active_at = counts, now
        if has_users or is_busy(counts):
            self._accompanied_at = now
        return now - self._active_at > self._idle_s or now - self._accompanied_at > LONELY_S


def is_busy(counts: dict[str, str]) -> bool:
    """Whether calls are under way or wait."""
    return any(float(counts.get(f"requests_{kind}", 0)) for kind in ("processing", "deferred"))


def serve(files: EmbeddedFiles, idle_s: float) -> None:
    """Serve until nobody needs it."""
    token = secrets.token_urlsafe(32)
    server, adapters = start_with_adapters(token, files.read_wanted())
    port = int(server.listening_address.rpartition(":")[2])
    served = Served(pid=os.getpid(), port=port, token=token, adapters=adapters)
    files.write_served(served)
    idleness = Idleness(idle_s, time.monotonic())
    while True:
        wait_until_idle(files, served, server, idleness, min(idle_s / 4, LONGEST_POLL_S))
        if files.read_served() != served:  # somebody removed it, or the whole folder
            finish_calls(server)
            return
        files.remove_served()
        before = server.handle_metrics()
        time.sleep(LAST_CALLS_S)
        if server.handle_metrics() == before:
            return
        files.write_served(served)


def wait_until_idle(
    files: EmbeddedFiles, served: Served, server: Server, idleness: Idleness, poll_s: float
) -> None:
    """Return when it may end, or when its file is not its own any more."""
    while files.read_served() == served:
        now = time.monotonic()
        has_users = not may_hold_alone(files.users)
        is_needed = not may_hold_alone(files.needed)
        metrics = server.handle_metrics()
        if idleness.note(metrics, has_users=has_users, now=now, is_needed=is_needed):
            return
        time.sleep(poll_s)


def finish_calls(server: Server) -> None:
    """Let calls under way come to their end, for a while."""
    deadline = time.monotonic() + DRAIN_S
    time.sleep(LAST_CALLS_S)
    while time.monotonic() < deadline:
        if not is_busy(dict(_COUNTS.findall(server.handle_metrics()))):
            return
        time.sleep(LONGEST_POLL_S)


def may_hold_alone(path: Path) -> bool:
    """Whether nobody shares the lock."""
    handle = take(path, fcntl.LOCK_EX)
    if handle is None:
        return False
    os.close(handle)
    return True


def start_with_adapters(token: str, wanted: tuple[str, ...]) -> tuple[Server, tuple[str, ...]]:
    """Begin with the adapters; without any where the engine refuses one of them.

    Who asks for one that is not there is told; the base model must not go with it.
    """
    try:
        return start_server(token, wanted), wanted
    except Exception as error:
        if not wanted:
            raise
        sys.stderr.write(f"without adapters: {error}\n")
        return start_server(token), ()


def start_server(token: str, adapters: Sequence[str] = ()) -> Server:
    """Load the model and listen at a free port of loopback.

    An adapter has no part in a call that does not ask for it.
    """
    engine: Any = import_module("xllamacpp")
    params = engine.CommonParams()
    params.model.path = str(find_weights())
    params.model_alias = {MODEL}
    params.n_parallel = NUM_AT_ONCE
    params.n_ctx = CONTEXT_TOKENS * NUM_AT_ONCE
    params.fit_params = False
    params.cache_ram_mib = 0
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = max(1, (os.cpu_count() or 2) - 1)
        cpu.poll = 0
    params.lora_adapters = [engine.CommonAdapterLoraInfo(path, 0.0) for path in adapters]
    params.port = 0
    params.api_keys = [token]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.endpoint_metrics = True
    params.verbosity = 1
    return engine.Server(params)


def main() -> None:
    """Be the server, unless there is one."""
    files = EmbeddedFiles(Path(sys.argv[1]))
    if take(files.serving, fcntl.LOCK_EX, TAKEOVER_S) is None:
        os._exit(0)
    with suppress(FileNotFoundError):  # the data directory was removed
        files.remove_served()
        serve(files, float(sys.argv[2]))
    os._exit(0)  # the engine's threads take their time


if __name__ == "__main__":
    main()
