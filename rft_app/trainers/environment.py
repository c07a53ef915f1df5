"""The Python that trains: this one where torch is there, else the one that `make trainer` made."""

import os
import subprocess
import sys
import time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import orjson

from rft_app.domain.entity import Entity
from rft_app.domain.training_place import Gpu, TrainingMachine, read_version
from rft_app.settings import get_settings

NEEDED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "gguf")
LEAST_TRL = "1.16"
"""Before it, an answer that nobody graded was not left out of its group."""
OWN = Path(__file__).parents[2] / ".venv-trainer" / "bin" / "python"
PROBE_TIMEOUT_S = 60.0
GPU_FILES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Of the drivers of GPUs, as the probe looks for them."""
GPU_SEEN_S = 300.0
"""How long what was seen of a GPU counts: others take its memory and give it back."""
PROBE = Path(__file__).parents[1] / "processes" / "training" / "probing.py"


class TrainerEnvironment(Entity):
    """A Python and which of the packages it has."""

    python: str
    versions: dict[str, str]
    fault: str = ""
    """Why it could not be asked, or cannot train at all; empty where it can."""
    gpu: Gpu | None = None
    """`None` where training takes the processor."""
    gpu_fault: str = ""
    """Why a GPU that is there is not taken, and what to do; empty where nothing is amiss."""
    vllm: str = ""
    """Its version; empty where it is not installed."""

    @property
    def machine(self) -> TrainingMachine:
        """What there is to compute on."""
        return TrainingMachine(
            gpu=self.gpu, vllm=self.vllm, num_cores=count_cores(), fault=self.gpu_fault
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it lacks."""
        return tuple(name for name in NEEDED if name not in self.versions)

    @property
    def is_old(self) -> bool:
        """Whether its TRL is older than `LEAST_TRL`."""
        return read_version(self.versions.get("trl", "")) < read_version(LEAST_TRL)

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
    is_gpu_near = any(Path(each).exists() for each in GPU_FILES)
    return _probe(python, changed_at, int(time.monotonic() / GPU_SEEN_S) if is_gpu_near else 0)


def count_cores() -> int:
    """Of the processor, those that we may use."""
    return len(os.sched_getaffinity(0))


def _find_packages_time(python: str) -> float:
    """When packages were last added to it."""
    folders = Path(python).parent.parent.glob("lib/python*/site-packages")
    return max((folder.stat().st_mtime for folder in folders), default=0.0)


@lru_cache(maxsize=8)
def _probe(python: str, _changed_at: float, _period: int) -> TrainerEnvironment:
    try:
        done = subprocess.run(
            [python, "-B", str(PROBE), *NEEDED],
            capture_output=True,
            timeout=PROBE_TIMEOUT_S,
            check=True,
            env=clean_environment(),
        )
        said = orjson.loads(done.stdout.strip().rpartition(b"\n")[2])
        return TrainerEnvironment.model_validate({"python": python, **said})
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return TrainerEnvironment(python=python, versions={}, fault=f"{python} fails: {error}")


def clean_environment() -> dict[str, str]:
    """Without our settings and paths: keys of providers are none of the trainer's business."""
    hidden = ("RFT_", "PYTHON", "VIRTUAL_ENV", "OPENAI_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
