"""The built app on a free port with a fresh data directory, and Chromium to drive it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / ".web" / "build" / "client" / "index.html"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_TIMEOUT_S = 120
ACTION_MS = 20_000
"""How long a click waits for its control and an outcome for its words, on a slow machine."""
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
LOADING = ".animate-pulse, [aria-busy='true']"
"""What stands in the place of something that is on its way, or is about to change."""
Theme = Literal["dark", "light"]
LIGHT_AT: ContextVar[ViewportSize] = ContextVar("light_at", default=PHONE)
"""The size at which visitors see the light theme; `tests/ui/matrix.py` says it for each module."""
EXPECTED: dict[str, str] = {
    r"console: .* 404 \(Not Found\) at /nowhere": "what an unknown address is answered with",
}
"""What a page may call an error, as whole lines, each with the reason."""


def find_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serve(
    data_dir: Path, *, with_worker: bool = True, settings: Mapping[str, str] | None = None
) -> Generator[str]:
    """`rft serve` on a free port, with `settings` as variables; yields its base URL."""
    if not BUILT.is_file():
        raise RuntimeError("The interface is not built. Run `make build` first.")
    url = f"http://127.0.0.1:{(port := find_free_port())}"
    command = [sys.executable, "-m", "rft_app.cli", "serve", "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RFT_")}
    data_dir.mkdir(parents=True, exist_ok=True)
    log = data_dir / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *([] if with_worker else ["--no-worker"])],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env={
                **environment,
                "RFT_DATA_DIR": str(data_dir),
                "RFT_EMBEDDED_MODEL": "off",
                "RFT_MAX_CACHE_BYTES": "0",
                **(settings or {}),
            },
            start_new_session=True,
        )
    try:
        _wait_until_ready(f"{url}/_health", process, log)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"No server at {url} after {START_TIMEOUT_S} s: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server of all tests whose datasets do not mind those of others."""
    with serve(tmp_path_factory.mktemp("app")) as url:
        yield url


@pytest.fixture(scope="module")
def own_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for one module, empty at first: for tests that look at all there is."""
    with serve(tmp_path_factory.mktemp("own")) as url:
        yield url


def find_chromium() -> str | None:
    """The installed browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if (path := find_chromium()) is None:
        pytest.skip("Chromium is not installed; `make chromium` says how to get it.")
    expect.set_options(timeout=ACTION_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@contextmanager
def new_visitor(
    browser: Browser, url: str, size: ViewportSize, theme: Theme, **wishes: Any
) -> Generator[BrowserContext]:
    """A fresh visitor of the app at `url`; afterwards no page of theirs must have complained.

    Complaints are scripts that failed, what the console calls an error (a request that was
    refused among them), requests that got no answer, and requests that left the app.
    """
    context = browser.new_context(viewport=size, **wishes)
    context.add_init_script(f"if (origin === '{url}') localStorage.theme ??= '{theme}'")
    context.set_default_timeout(ACTION_MS)
    faults = _listen(context, url)
    try:
        yield context
    except Exception as error:
        error.add_note(f"Until then the pages complained of: {faults}")
        raise
    finally:
        context.close()
    assert not faults, faults


def _listen(context: BrowserContext, url: str) -> list[str]:
    """What will be wrong with the pages of a visitor; grows by itself."""
    faults: list[str] = []

    def note(*lines: str) -> None:
        short = [line.replace(url, "") for line in lines]
        faults.extend(one for one in short if not any(re.fullmatch(e, one) for e in EXPECTED))

    context.on("weberror", lambda error: note(f"script: {error.error}"))
    context.on("console", lambda message: note(*_called_error(message)))
    context.on("request", lambda request: note(*_foreign(request.url, url)))
    context.on("requestfailed", lambda request: note(*_unanswered(request)))
    return faults


def _called_error(message: ConsoleMessage) -> list[str]:
    if message.type != "error":
        return []
    return [f"console: {message.text} at {message.location['url']}"]


def _foreign(address: str, home: str) -> list[str]:
    own = (home, home.replace("http", "ws", 1), "data:", "blob:")
    return [] if address.startswith(own) else [f"request to {address}"]


def _unanswered(request: Request) -> list[str]:
    """A page that is left or turned into a download takes its own requests back: no fault."""
    is_taken_back = request.failure == "net::ERR_ABORTED"
    return [] if is_taken_back else [f"{request.method} {request.url}: {request.failure}"]


@contextmanager
def new_page(browser: Browser, url: str, size: ViewportSize = WIDE) -> Generator[Page]:
    """One page of a fresh visitor, in the theme that this module has at this size."""
    theme: Theme = "light" if size == LIGHT_AT.get() else "dark"
    with new_visitor(browser, url, size, theme, accept_downloads=True) as context:
        yield context.new_page()


@pytest.fixture
def page(chromium: Browser, app_url: str) -> Iterator[Page]:
    """A visitor at 1440×900."""
    with new_page(chromium, app_url) as visitor:
        yield visitor


@pytest.fixture
def phone(chromium: Browser, app_url: str) -> Iterator[Page]:
    """A visitor at 390×844."""
    with new_page(chromium, app_url, PHONE) as visitor:
        yield visitor


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def either(chromium: Browser, app_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A visitor, once at 1440×900 and once at 390×844."""
    with new_page(chromium, app_url, request.param) as visitor:
        yield visitor


def visit(page: Page, address: str) -> None:
    """Open a page and wait until it is connected, so that clicks arrive."""
    page.goto(address)
    page.wait_for_selector('[data-live="true"]')


def settle(page: Page) -> None:
    """Wait until nothing that is in sight loads any more."""
    expect(page.locator(LOADING).locator("visible=true")).to_have_count(0)
