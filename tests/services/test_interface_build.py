"""The interface that is built is told from one of other code, and `make build` makes it anew."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rft_app.services import doctor, interface_build
from rft_app.services.interface_build import ROOT, SOURCES, hash_sources, is_built, is_current

UI = ROOT / "rft_app" / "ui"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a source, the Makefile and a `reflex` that only writes a page."""
    own = "rft_app/services/interface_build.py"
    for path in ("Makefile", own):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    page = tmp_path / "rft_app" / "ui" / "page.py"
    page.parent.mkdir()
    page.write_text("TITLE = 'Old'\n")
    for needed in ("requirements.txt", "pyproject.toml", "tools/package.json"):
        (tmp_path / needed).parent.mkdir(exist_ok=True)
        (tmp_path / needed).touch()
    for made in (".venv/.installed", "tools/node_modules/.installed"):
        (tmp_path / made).parent.mkdir()
        (tmp_path / made).touch()
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir()
    (commands / "python").symlink_to(sys.executable)
    reflex = commands / "reflex"
    reflex.write_text(
        "#!/bin/sh\nmkdir -p .web/build/client && touch .web/build/client/index.html\n"
    )
    reflex.chmod(0o755)
    return tmp_path


def build(project: Path) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", "build"],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_interface_is_built_again_where_its_sources_hold_something_else(project: Path) -> None:
    page = project / "rft_app" / "ui" / "page.py"
    assert not is_built(project)
    assert "Building the interface" in build(project)
    assert is_current(project)
    assert build(project) == ""

    page.write_text("TITLE = 'New'\n")
    os.utime(page, (0, 0))
    assert not is_current(project), "written long before the build, as in a folder that was copied"
    assert "Building the interface" in build(project)
    os.utime(page)
    assert is_current(project), "touched, and the same"
    assert build(project) == ""

    page.unlink()
    assert not is_current(project), "a source went"
    build(project)
    (project / ".web" / "build" / "sources.sha256").unlink()
    assert is_built(project)
    assert not is_current(project), "nobody noted what it was built from"


def test_what_python_and_the_build_make_is_no_source(project: Path) -> None:
    before = hash_sources(project)
    for folder in ("rft_app/ui/__pycache__", "assets/external"):
        (project / folder).mkdir(parents=True)
        (project / folder / "made").touch()
    (project / "rft_app" / "services" / "datasets.py").touch()

    assert hash_sources(project) == before


@pytest.mark.parametrize(
    ("built", "current", "status", "words"),
    [
        (True, True, "ok", "built from this code"),
        (True, False, "warn", "built from other code"),
        (False, False, "warn", "not built"),
    ],
)
def test_the_doctor_names_an_interface_of_other_code(
    monkeypatch: pytest.MonkeyPatch, built: bool, current: bool, status: str, words: str
) -> None:
    monkeypatch.setattr(interface_build, "is_built", lambda: built)
    monkeypatch.setattr(interface_build, "is_current", lambda: current)
    monkeypatch.setattr(doctor, "_CHECKS", doctor._CHECKS[5:6])

    (check,) = doctor.examine()

    assert (check.name, check.status) == ("Interface", status)
    assert check.finding.startswith(words)
    assert ("Run `make build`" in check.remedy) is not current


def test_whatever_pages_take_words_from_is_a_source() -> None:
    pages = [
        path for folder in ("components", "pages", "charts") for path in UI.glob(f"{folder}/*.py")
    ]
    for page in pages:
        for node in ast.walk(ast.parse(page.read_text())):
            name = getattr(node, "module", None) if isinstance(node, ast.ImportFrom) else None
            if name and name.startswith("rft_app."):
                path = name.replace(".", "/")
                assert any(path.startswith(one.removesuffix(".py")) for one in SOURCES), (
                    page,
                    name,
                )
