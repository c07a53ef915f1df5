"""Rules of the code base that a machine can check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "rft_app"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400
REFLEX_IS_WELCOME = {"ui", "rft_app.py"}

LOAD_EACH = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if "reflex" in sys.modules:
        sys.exit(f"{name} loads Reflex")
"""


def is_headless(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[0] not in REFLEX_IS_WELCOME


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_imports_keep_the_contracts() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_only_the_ui_and_the_composition_root_load_reflex() -> None:
    # Mains of child processes change the process they are loaded in; their imports are linted.
    names = [
        dotted(path)
        for path in MODULES
        if is_headless(path) and path.name != "__init__.py" and "processes" not in path.parts
    ]
    probe = subprocess.run(
        [sys.executable, "-c", LOAD_EACH, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert probe.returncode == 0, probe.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES, f"{lines} lines; split it by concept."


def test_requirements_are_pinned_and_name_no_host() -> None:
    for path in ROOT.glob("requirements*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            pinned = re.fullmatch(r"[A-Za-z0-9._-]+==[^\s/]+|-r requirements-[a-z-]+\.txt", line)
            assert line.startswith("#") or pinned, line


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode != 0:
        pytest.skip("Not a git checkout.")
    pattern = re.compile(r"[\"'\s](/home/|/root/|/work/)\w")
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".sh", ".jsx", ".css", ".json"}:
            found = pattern.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{name} holds {found.group(0)!r}" if found else ""
