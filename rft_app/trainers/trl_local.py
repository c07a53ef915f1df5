"""GRPO with LoRA by TRL, in a process of its own on this machine (decision 16)."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.training_place import TrainingMachine
from rft_app.domain.training_run import EMBEDDED_BASE, TrainingRun, TrainingSettings
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.llm.embedded import find_weights
from rft_app.settings import get_settings
from rft_app.trainers._base import TrainingUnderWay
from rft_app.trainers.base_folder import describe_folder
from rft_app.trainers.environment import clean_environment, count_cores, find_environment
from rft_app.trainers.rewards import LOOPBACK
from rft_app.trainers.run_folder import Event, RunFolder

MAIN = Path(__file__).parents[1] / "processes" / "training"
FLOPS_PER_CORE = 0.2e12
"""Of a core that computes in bfloat16, answering included: measured on one machine, a guess."""
UNTOLD = 4
"""Exit code of a process that could not write its last report."""
EMBEDDED_FACTS = BaseFacts(
    name=EMBEDDED_BASE,
    num_parameters=134_515_008,
    num_layers=30,
    hidden_size=576,
    vocabulary=49_152,
    context_tokens=8_192,
    key_value_size=192,
)


class TrlLocal:
    """Trains here, on the processor or on a GPU that torch finds."""

    name = "trl_local"
    label = "This machine (TRL, GRPO with LoRA)"
    notice = ""
    is_here = True

    @property
    def grading_host(self) -> str:
        """Loopback."""
        return LOOPBACK

    def find_obstacle(self) -> str:
        """Which packages are missing."""
        return find_environment().obstacle

    def describe_base(self, base_model: str) -> BaseFacts:
        """The embedded model, or a folder.

        Raises:
            InvalidInputError: There is no such folder, or it lacks something.
        """
        if base_model not in {"", EMBEDDED_BASE}:
            return describe_folder(Path(base_model).expanduser())
        if find_weights() is None:
            raise InvalidInputError(
                "The embedded model is not installed: run `make install`, or name the folder of a "
                "base model.",
                field="base_model",
            )
        return EMBEDDED_FACTS

    def look_at_machine(self) -> TrainingMachine:
        """As the environment that trains tells it."""
        return find_environment().machine

    def guess_speed(self) -> float:
        """Of the processor, by the number of cores."""
        return FLOPS_PER_CORE * count_cores()

    def make_config(
        self, base_model: str, settings: TrainingSettings, total_steps: int
    ) -> dict[str, Any]:
        """Where the base model is, and the settings."""
        own = base_model in {"", EMBEDDED_BASE}
        gguf = find_weights() if own else None
        return {
            "settings": settings.model_dump(mode="json"),
            "total_steps": total_steps,
            "num_parameters": self.describe_base(base_model).num_parameters,
            "gguf": None if gguf is None else str(gguf),
            "unpacked_folder": str(get_settings().folder("base_models") / EMBEDDED_BASE),
            "base_folder": None if own else str(Path(base_model).expanduser().resolve()),
        }

    def open(self, run: TrainingRun) -> TrainingUnderWay:
        """One training."""
        return LocalTraining(RunFolder.of(run.id))


class LocalTraining:
    """One process that trains; it outlives the worker that began it."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Find the process that trains, else begin one."""
        if self._folder.is_alive():
            return
        environment = find_environment()
        if environment.obstacle:
            raise NotAvailableError(environment.obstacle)
        with self._folder.log.open("ab") as log:
            self._process = subprocess.Popen(
                [environment.python, "-B", str(MAIN), str(self._folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.path,
                env=clean_environment(),
                start_new_session=True,
            )

    def read_events(self) -> list[Event]:
        """What it reported since the last call."""
        return self._folder.read_events()

    def is_alive(self) -> bool:
        """Whether the process runs: the one that was begun here, or the one that holds the lock."""
        if self._process is not None and self._process.poll() is None:
            return True
        return self._folder.is_alive()

    def cancel(self) -> None:
        """Ask it to stop."""
        self._folder.ask_to_stop()

    def kill(self) -> None:
        """End it at once."""
        pid = self._process.pid if self._process is not None else self._folder.find_pid()
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def describe_end(self) -> str:
        """The signal or the last words of a process that ended without a report."""
        code = None if self._process is None else self._process.poll()
        if code is not None and code < 0:
            return f"was killed ({signal.Signals(-code).name})"
        if code == UNTOLD:
            return "could not write its last report: the disk is full"
        said = self._folder.read_log_end(600)
        how = "is gone" if code is None else f"ended with {code}"
        return f"{how}: {said}" if said else how
