"""Whether the interface that is built is that of the code beside it.

Its sources are compared by what they hold, not by when they were written: a folder that was copied
or a commit that was checked out has times that tell nothing.  `make build` asks this module, too:
`python -m rft_app.services.interface_build` prints the hash of the sources as they are.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "assets",
    "reflex.lock",
    "requirements.txt",
    "rft_app/domain",
    "rft_app/exports",
    "rft_app/rft_app.py",
    "rft_app/services/provider_drafts.py",
    "rft_app/services/trace_imports.py",
    "rft_app/text",
    "rft_app/traces",
    "rft_app/ui",
    "rxconfig.py",
)
"""Files and folders that pages are compiled from, the words that they take from elsewhere too."""
_MADE = frozenset({"__pycache__", "external"})
"""Folders that the build and Python fill."""
_PAGE = Path(".web", "build", "client", "index.html")
_BUILT_FROM = Path(".web", "build", "sources.sha256")


def is_built(root: Path = ROOT) -> bool:
    """Whether there are pages to serve."""
    return (root / _PAGE).is_file()


def is_current(root: Path = ROOT) -> bool:
    """Whether the pages that are there were built from the sources as they are now."""
    try:
        built_from = (root / _BUILT_FROM).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return False
    return is_built(root) and built_from == hash_sources(root)


def hash_sources(root: Path = ROOT) -> str:
    """SHA-256 over the names and the contents of all sources."""
    found = hashlib.sha256()
    for path in sorted(_list_files(root)):
        content = hashlib.sha256((root / path).read_bytes()).hexdigest()
        found.update(f"{path} {content}\n".encode())
    return found.hexdigest()


def _list_files(root: Path) -> Iterator[str]:
    """Paths below `root`, with slashes; what is not there has none."""
    for source in SOURCES:
        if (root / source).is_file():
            yield source
        for folder, below, names in os.walk(root / source):
            below[:] = [name for name in below if name not in _MADE]
            yield from (Path(folder, name).relative_to(root).as_posix() for name in names)


if __name__ == "__main__":
    print(hash_sources())  # noqa: T201  # the Makefile reads it
