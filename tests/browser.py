"""The built app on a free port with a fresh data directory, and Chromium to drive it."""

import os
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
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

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
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)


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
            env={**environment, "RFT_DATA_DIR": str(data_dir), **(settings or {})},
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


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server with a worker and an empty data directory for the tests of one module."""
    with serve(tmp_path_factory.mktemp("app")) as url:
        yield url


def find_chromium() -> str | None:
    """The installed browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if (path := find_chromium()) is None:
        pytest.skip("Chromium is not installed; `make chromium` says how to get it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@contextmanager
def new_page(browser: Browser, url: str, size: ViewportSize = WIDE) -> Generator[Page]:
    """A fresh visitor; afterwards no script must have failed and no request left the app."""
    context = browser.new_context(viewport=size, accept_downloads=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("request", lambda request: faults.extend(_foreign(request.url, url)))
    page.set_default_timeout(20_000)
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


def _foreign(address: str, home: str) -> list[str]:
    own = (home, home.replace("http", "ws", 1), "data:", "blob:")
    return [] if address.startswith(own) else [f"request to {address}"]


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


def visit(page: Page, address: str) -> None:
    """Open a page and wait until it is connected, so that clicks arrive."""
    page.goto(address)
    page.wait_for_selector('[data-live="true"]')
