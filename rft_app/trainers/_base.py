"""What every place that can train offers."""

from typing import Any, Protocol, runtime_checkable

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.training_place import TrainingMachine
from rft_app.domain.training_run import TrainingRun, TrainingSettings
from rft_app.trainers.run_folder import Event


class TrainingUnderWay(Protocol):
    """One training at its place."""

    def start(self) -> None:
        """Begin, go on from the last whole checkpoint, or find the one that is under way.

        Raises:
            NotAvailableError: It cannot train here.
        """
        ...

    def read_events(self) -> list[Event]:
        """What it reported since the last call."""
        ...

    def is_alive(self) -> bool:
        """Whether it works."""
        ...

    def cancel(self) -> None:
        """Ask it to stop and to keep its best checkpoint."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    def describe_end(self) -> str:
        """How it ended where it did not say it itself."""
        ...


class Trainer(Protocol):
    """A place that can train."""

    @property
    def name(self) -> str:
        """Machine name, e.g. `trl_local`."""
        ...

    @property
    def label(self) -> str:
        """The words in a menu."""
        ...

    @property
    def notice(self) -> str:
        """What everybody must know who chooses it; empty where there is nothing."""
        ...

    def find_obstacle(self) -> str:
        """Why it cannot train here, and what to do; empty where it can."""
        ...

    def open(self, run: TrainingRun) -> TrainingUnderWay:
        """A training whose order is in its folder."""
        ...


@runtime_checkable
class RunsScript(Trainer, Protocol):
    """A place that runs our own training script, with all its settings."""

    @property
    def is_here(self) -> bool:
        """Whether it computes on this machine."""
        ...

    @property
    def grading_host(self) -> str:
        """Name or address of this machine under which it asks for grades."""
        ...

    def describe_base(self, base_model: str) -> BaseFacts:
        """What is known of a base model; the empty name takes the trainer's own.

        Raises:
            InvalidInputError: It cannot be trained; the message says what is missing.
        """
        ...

    def look_at_machine(self) -> TrainingMachine:
        """What there is to compute on, as far as it is known before the start."""
        ...

    def guess_speed(self) -> float:
        """Operations a second of a processor."""
        ...

    def make_config(
        self, base_model: str, settings: TrainingSettings, total_steps: int
    ) -> dict[str, Any]:
        """What its process is told."""
        ...
