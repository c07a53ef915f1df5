"""The shape all seven steps share."""

from typing import Protocol

from pydantic import BaseModel

from rft_app.domain.pipeline import StepName, StepResult
from rft_app.jobs.context import JobContext
from rft_app.storage.step_inputs import StepInputs


class Step(Protocol):
    """One step of the pipeline.

    `run` opens a unit of work per chunk and may be called again after a crash: it continues or
    starts over, and ends in the same result.
    """

    @property
    def name(self) -> StepName:
        """Which of the seven."""
        ...

    @property
    def settings_type(self) -> type[BaseModel]:
        """What can be set; every field has a default."""
        ...

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """Name what `run` would read of all `inputs`, and the settings, with `fingerprint`."""
        ...

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Do the work and report progress.

        Raises:
            RftError: The step cannot succeed as things are; the message says what to change.
            JobCancelledError: Someone cancelled; what was there before is still there.
        """
        ...


def fingerprint(**parts: object) -> str:
    """Join named fingerprints, e.g. `records=9f3c topics=1b2a`; names are words people read."""
    return " ".join(f"{name}={value}" for name, value in parts.items())


def changed_parts(before: str, now: str) -> tuple[str, ...]:
    """The names whose fingerprint differs between two results of `fingerprint`.

    Example:
        >>> changed_parts("records=1 topics=2", "records=1 topics=3")
        ('topics',)
    """
    old, new = _parts(before), _parts(now)
    return tuple(name for name in new if old.get(name) != new[name])


def _parts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(" ") if "=" in part)


__all__ = ["Step", "StepResult", "changed_parts", "fingerprint"]
