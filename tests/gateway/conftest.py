"""The gateway as it runs, before a provider of the test."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import openai
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from sqlmodel import Session

from rft_app.domain.trace_detail import TraceDetail
from rft_app.domain.trace_page import TraceFilter
from rft_app.gateway.app import create_gateway
from rft_app.services import routes, upstreams
from rft_app.services.intake import list_counts
from rft_app.services.intake_reading import read_waiting
from rft_app.services.refreshed import Refreshed
from rft_app.services.trace_detail import get_trace
from rft_app.services.traces import list_traces
from rft_app.settings import get_settings
from rft_app.storage.session import reading
from tests.gateway.upstream import PATIENCE_S, Upstream, complete


class Running:
    """A gateway that answers on loopback."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.root = f"http://127.0.0.1:{port}/gateway"
        self.url = f"{self.root}/v1"
        self.http = httpx2.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False)
        self._own = httpx2.Client(trust_env=False)
        self._loop = asyncio.new_event_loop()
        self._server = Server(
            create_gateway(),
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
        )
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        eventually(lambda: _listens(port))

    def client(self, key: str = "sk-caller", **more: Any) -> openai.OpenAI:
        """The official client."""
        options = {"max_retries": 0, "timeout": PATIENCE_S, "http_client": self._own, **more}
        return openai.OpenAI(base_url=self.url, api_key=key, **options)

    def status(self) -> dict[str, Any]:
        """How recording goes."""
        return self.http.get(f"{self.root}/status").json()["recording"]

    def stop(self) -> None:
        """End it as a signal would; a second time does nothing."""
        if self._thread.is_alive():
            self.http.close()
            self._own.close()
            self._loop.call_soon_threadsafe(self._server.stop)
            self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()


Start = Callable[..., Running]


_READ: tuple[tuple[ModuleType, str, str, Any], ...] = (
    (routes, "_find", "read_routes", {}),
    (routes, "_find_own", "read_own_models", {}),
    (upstreams, "_find", "read_upstreams", ()),
)
"""What finds, and what loads for it; a test may have another one load."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream().running() as found:
        yield found


@pytest.fixture
def tuned() -> Iterator[Upstream]:
    """The endpoint of the tuned model, beside `upstream`, which has the base."""
    with Upstream().running() as found:
        found.behave = lambda asked: asked.answer_json(complete("Tuned", len(found.asked) + 10_000))
        yield found


@pytest.fixture
def base(upstream: Upstream) -> Upstream:
    upstream.behave = lambda asked: asked.answer_json(complete("Base", len(upstream.asked)))
    return upstream


@pytest.fixture
def store(database: Path) -> None:
    """Where the gateway writes; modules that are about figures take both databases."""


def make_fresh(module: ModuleType, loader: str, empty: Any) -> Callable[[str], Refreshed[Any]]:
    """A finder that remembers nothing of tests before."""

    def load(session: Session) -> Any:
        return getattr(module, loader)(session)

    return cache(lambda _url: Refreshed(loader, load, empty))


@pytest.fixture
def start(store: None, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a gateway with settings as in the environment, without `RFT_`."""
    started: list[Running] = []
    for module, finder, loader, empty in _READ:  # the last test's database had the same address
        monkeypatch.setattr(module, finder, make_fresh(module, loader, empty))

    def start_one(**values: str) -> Running:
        provider = {"LLM_BASE_URL": upstream.url, "LLM_API_KEY": "sk-provider"}
        for name, value in {**provider, **values}.items():
            monkeypatch.setenv(f"RFT_{name}", value)
        get_settings.cache_clear()
        started.append(Running())
        return started[-1]

    yield start_one
    for each in started:
        each.stop()


@pytest.fixture
def gateway(start: Start) -> Running:
    """A gateway with one provider."""
    return start()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.01)


def read_traces(running: Running) -> list[TraceDetail]:
    """All traces, oldest first, of the calls that were made."""
    eventually(lambda: running.status()["waiting"] == 0)
    return read_stored_traces()


def read_stored_traces() -> list[TraceDetail]:
    """All traces, oldest first, of the calls that were written."""
    while read_waiting():
        pass
    with reading() as session:
        rows = list_traces(session, TraceFilter(), limit=200).rows
        return [get_trace(session, row.id) for row in sorted(rows, key=lambda row: row.id)]


def read_counts() -> dict[str, int]:
    """What became of everything, by outcome."""
    with reading() as session:
        return {each.outcome.value: each.number for each in list_counts(session)}
