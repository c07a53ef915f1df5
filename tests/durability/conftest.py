"""Workers that a test starts and kills."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.llm.provider import FakeProvider


@pytest.fixture
def start_worker(provider: FakeProvider) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `rft worker` once the test's provider is configured."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        rft = Path(sys.executable).with_name("rft")
        command = [rft, "worker"]
        quiet = subprocess.DEVNULL
        started.append(subprocess.Popen(command, env=os.environ.copy(), stdout=quiet, stderr=quiet))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
