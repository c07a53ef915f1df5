"""`rft serve` where it cannot serve."""

import socket
from pathlib import Path

import psutil
import pytest

from rft_app.cli import supervisor
from tests.cli.conftest import Rft, make_installation


@pytest.fixture
def installation(tmp_path: Path) -> Rft:
    return make_installation(tmp_path / "data")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interface that is built, as far as can be seen from outside."""
    page = tmp_path / "index.html"
    page.touch()
    monkeypatch.setattr(supervisor, "FRONT_END", page)


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def test_a_taken_port_is_told_and_nothing_is_started(installation: Rft, built: None) -> None:
    before = children()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        done = installation("serve", "--port", port)

        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"rft: Cannot listen on 127.0.0.1:{port}: Address already in use. "
            "Stop what listens there or choose another with --port.\n"
        )
    assert children() == before
    assert not Path(installation.environment["RFT_DATA_DIR"]).exists()


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
def test_an_address_of_another_machine_is_told(installation: Rft, built: None, host: str) -> None:
    done = installation("serve", "--host", host)

    assert done.returncode == 1
    assert f"Cannot listen on {host}:3000" in done.stderr


def test_without_a_built_interface_the_remedy_is_named(
    installation: Rft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FRONT_END", tmp_path / "absent.html")
    before = children()

    done = installation("serve")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Run `make build`" in done.stderr
    assert done.stderr.count("\n") == 1
    assert children() == before


@pytest.mark.parametrize("port", ["0", "70000", "high"])
def test_an_impossible_port_is_wrong_use(installation: Rft, port: str) -> None:
    done = installation("serve", "--port", port)

    assert done.returncode == 2
    assert "--port" in done.stderr
