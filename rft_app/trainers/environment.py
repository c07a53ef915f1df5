"""The Python that trains: this one where torch is there, else the one that `make trainer` made."""

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import orjson

from rft_app.domain.entity import Entity
from rft_app.settings import get_settings

NEEDED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "gguf")
LEAST_TRL = "1.16"
"""Before it, an answer that nobody graded was not left out of its group."""
OWN = Path(__file__).parents[2] / ".venv-trainer" / "bin" / "python"
PROBE_TIMEOUT_S = 60.0
_PROBE = """
import importlib.metadata as m, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = m.version(name)
    except m.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class TrainerEnvironment(Entity):
    """A Python and which of the packages it has."""

    python: str
    versions: dict[str, str]
    fault: str = ""
    """Why it could not be asked; empty where it could."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it lacks."""
        return tuple(name for name in NEEDED if name not in self.versions)

    @property
    def is_old(self) -> bool:
        """Whether its TRL is older than `LEAST_TRL`."""
        return _to_numbers(self.versions.get("trl", "")) < _to_numbers(LEAST_TRL)

    @property
    def obstacle(self) -> str:
        """Why nothing can be trained with it, and what to do; empty where it can."""
        if not self.fault and not self.missing and not self.is_old:
            return ""
        lacks = f"{', '.join(self.missing)} missing in {self.python}" if self.missing else ""
        old = f"TRL {self.versions.get('trl')} in {self.python} is older than {LEAST_TRL}"
        what = self.fault or lacks or old
        return (
            f"The local trainer is not installed: {what}. Run `make trainer` (1.5 GB, about a "
            "minute), or name a Python that has the packages with RFT_TRAINER_PYTHON."
        )


def _to_numbers(version: str) -> tuple[int, ...]:
    """Major and minor.

    Example:
        >>> _to_numbers("1.16.0"), _to_numbers("2.0.dev0") > _to_numbers("1.16")
        ((1, 16), True)
    """
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def find_python() -> str:
    """The Python that is meant to train; it may not be there."""
    if named := get_settings().trainer_python:
        return named
    if all(find_spec(name) is not None for name in NEEDED):
        return sys.executable
    return str(OWN)


def find_environment() -> TrainerEnvironment:
    """The environment that trains; looked at again when its Python changed."""
    python = find_python()
    try:
        changed_at = max(Path(python).stat().st_mtime, _find_packages_time(python))
    except OSError:
        return TrainerEnvironment(python=python, versions={}, fault=f"there is no {python}")
    return _probe(python, changed_at)


def _find_packages_time(python: str) -> float:
    """When packages were last added to it."""
    folders = Path(python).parent.parent.glob("lib/python*/site-packages")
    return max((folder.stat().st_mtime for folder in folders), default=0.0)


@cache
def _probe(python: str, _changed_at: float) -> TrainerEnvironment:
    try:
        done = subprocess.run(
            [python, "-c", _PROBE, *NEEDED],
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
            env=clean_environment(),
        )
        return TrainerEnvironment(python=python, versions=orjson.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, orjson.JSONDecodeError) as error:
        return TrainerEnvironment(python=python, versions={}, fault=f"{python} fails: {error}")


def clean_environment() -> dict[str, str]:
    """Without our settings and paths: keys of providers are none of the trainer's business."""
    hidden = ("RFT_", "PYTHON", "VIRTUAL_ENV", "OPENAI_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
