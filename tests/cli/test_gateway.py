"""`rft gateway` as it is installed."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.api.test_real_exporters import wait_for
from tests.cli.conftest import RFT, Rft, make_installation
from tests.gateway.conftest import eventually
from tests.gateway.upstream import Upstream

BODY = {"model": "small", "messages": [{"role": "user", "content": "Hi"}]}


def configured(folder: Path, **environment: str) -> Rft:
    return Rft({**make_installation(folder / "data").environment, **environment})


@contextmanager
def running(installation: Rft, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The gateway's address and process, until it is told to end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [RFT, "gateway", "--port", str(port), *options],
        env=installation.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_health")
        yield f"http://127.0.0.1:{port}/gateway", process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def read_status(url: str) -> dict[str, Any]:
    return httpx2.get(f"{url}/status", trust_env=False).json()["recording"]


def test_calls_become_traces_without_the_web_server(tmp_path: Path) -> None:
    with Upstream().running() as upstream:
        installation = configured(tmp_path, RFT_LLM_BASE_URL=upstream.url)
        with running(installation) as (url, process):
            answer = httpx2.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False)
            assert answer.status_code == 200, answer.text
            eventually(lambda: bool(installation.json("traces", "list")["traces"]))
    (trace,) = installation.json("traces", "list")["traces"]
    assert (trace["source"], trace["model"], trace["status"]) == ("gateway", "small-2026", "ok")
    assert process.returncode == 0


def test_it_serves_without_a_database(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = f"postgresql+psycopg://rft@127.0.0.1:{free.getsockname()[1]}/rft"
    with Upstream().running() as upstream:
        installation = configured(tmp_path, RFT_LLM_BASE_URL=upstream.url, RFT_DATABASE_URL=gone)
        with running(installation, "--no-worker") as (url, _):
            answer = httpx2.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False)
            assert answer.status_code == 200, answer.text
            eventually(lambda: read_status(url)["isFailing"])
