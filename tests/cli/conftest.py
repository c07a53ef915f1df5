"""The command line on a data directory of its own.

Starting Python for every verb takes seconds on a small machine, so the verbs run in the tests'
process; `run_process` is the installed command.  Jobs run in a real `rft worker` either way.
"""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.cli import main
from tests.conftest import forget_environment

RFT = Path(sys.executable).with_name("rft")


@dataclass(frozen=True)
class Rft:
    """Runs the command in one installation."""

    environment: dict[str, str]

    def __call__(self, *args: object) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        command = ["rft", *map(str, args)]
        out, err = StringIO(), StringIO()
        with self.inside() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", command)
            with pytest.raises(SystemExit) as ended:
                main()
        code = ended.value.code
        assert isinstance(code, int)
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    @contextmanager
    def inside(self) -> Generator[pytest.MonkeyPatch]:
        """This process works on the installation until the block ends."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("RFT_")]:
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            forget_environment()
            yield patch
            forget_environment()

    def run_process(self, *args: object) -> subprocess.CompletedProcess[str]:
        """The same through the installed command."""
        return subprocess.run(
            [RFT, *map(str, args)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def json(self, *args: object) -> Any:
        """The result of a verb that must succeed."""
        done = self(*args, "--json")
        assert done.returncode == 0, done.stderr
        return orjson.loads(done.stdout)

    def start(self, *args: object) -> subprocess.Popen[bytes]:
        """A verb that keeps running."""
        return subprocess.Popen(
            [RFT, *map(str, args)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def make_installation(folder: Path) -> Rft:
    """An empty installation; `RFT_…` of the tests' own environment does not count."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("RFT_")}
    return Rft(
        {
            **inherited,
            "RFT_DATA_DIR": str(folder),
            "RFT_EMBEDDED_MODEL": "off",
            "RFT_MAX_CACHE_BYTES": "0",
        }
    )


@pytest.fixture(scope="module")
def rft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rft]:
    """An installation whose worker lives as long as the module's tests."""
    with working(make_installation(tmp_path_factory.mktemp("data"))) as installation:
        yield installation


@contextmanager
def working(installation: Rft) -> Generator[Rft]:
    """The installation with a worker, until the block ends."""
    assert installation.run_process("migrate").returncode == 0
    worker = installation.start("worker")
    yield installation
    worker.terminate()
    worker.wait(30)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Sixty questions, each answered; every third answer is wrong, one line is broken."""
    path = tmp_path / "rows.jsonl"
    lines = [orjson.dumps(_row(number)) for number in range(60)]
    path.write_bytes(b"\n".join([*lines, b'{"messages": [']) + b"\n")
    return path


def _row(number: int) -> dict[str, Any]:
    said = number + (1 if number % 3 == 0 else 2)
    return {
        "messages": [
            {"role": "user", "content": f"What is {number} plus 2?"},
            {"role": "assistant", "content": str(said)},
        ],
        "reward": float(number % 3 != 0),
        "wanted": str(number + 2),
    }


@pytest.fixture
def grader(tmp_path: Path) -> Path:
    """A script that compares with a metadata field."""
    path = tmp_path / "grader.py"
    path.write_text(
        "def grade(sample, item):\n    return float(sample['output_text'] == item['wanted'])\n"
    )
    return path
