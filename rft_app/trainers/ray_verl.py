"""verl as a job of a Ray cluster, in the course of `trainers.ray` (decision 19).

verl knows nothing of our folder but its files: figures and checkpoints are read from what it
prints, rewards come from the grader as a file, and it stops only when its job is stopped.
"""

import codecs
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rft_app.domain.training_run import EMBEDDED_BASE, TrainingRun, TrainingSettings
from rft_app.errors import ProviderError
from rft_app.settings import get_settings
from rft_app.storage import graders
from rft_app.storage.session import reading
from rft_app.trainers._base import TrainingUnderWay
from rft_app.trainers.ray import RayCluster, RayTraining
from rft_app.trainers.ray_jobs import RayJob, RayOrder
from rft_app.trainers.run_folder import Event
from rft_app.trainers.verl_log import VerlLog
from rft_app.trainers.verl_order import ENVIRONMENT, VerlPlace, list_packages, write_command

NAME: Final = "ray_verl"
NOTICE: Final = (
    "verl trains on GPUs of the cluster alone. Its order, options, data, rewards and figures were "
    "tested; no training by it was ever run here."
)


class RayVerl(RayCluster):
    """verl on a cluster that is there."""

    name = NAME
    label = "A Ray cluster (verl, GRPO with LoRA)"
    notice = NOTICE

    def make_config(
        self, base_model: str, settings: TrainingSettings, total_steps: int
    ) -> dict[str, Any]:
        """For whoever looks into the folder: verl is told all by its command."""
        return {"settings": settings.model_dump(mode="json"), "total_steps": total_steps}

    def open(self, run: TrainingRun) -> TrainingUnderWay:
        """One training."""
        return VerlTraining(run, self)


def find_base_folder(base_model: str) -> Path:
    """Where the base model is, or would be once it is unpacked."""
    if base_model in {"", EMBEDDED_BASE}:
        return get_settings().folder("base_models") / EMBEDDED_BASE
    return Path(base_model).expanduser().resolve()


class VerlTraining(RayTraining):
    """One training by verl; what it printed in all its jobs is read as one."""

    unheard = "Its job may go on there: stop it there, or resume this training and stop it again."

    def __init__(
        self, run: TrainingRun, trainer: RayVerl, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(run, clock)
        self._trainer = trainer
        self._printed = VerlLog()
        self._read_to = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def cancel(self) -> None:
        """Stop the job: verl looks into no folder of ours.

        Raises:
            ProviderError: The cluster could not be asked; the job may go on.
        """
        self._is_stopping, self._next_at = True, 0.0
        self._job_id = self._job_id or self._note.job_id
        if self._jobs is None or not self._job_id:
            self._is_over = True
            return
        try:
            job = self._jobs.find(self._job_id)
            self._is_over = job is None or job.has_ended
            if not self._is_over:
                self._jobs.stop(self._job_id)
        except ProviderError as error:
            raise ProviderError(f"{error.message}. {self.unheard}") from error

    def _read_reports(self) -> list[Event]:
        log = self._folder.log
        if not log.exists():
            return []
        with log.open("rb") as file:
            file.seek(self._read_to)
            raw = file.read()
        self._read_to += len(raw)
        return self._printed.read(self._decoder.decode(raw), at=time.time())

    def _is_to_follow(self, job: RayJob) -> bool:
        """One that is done tells its result, also to a later worker."""
        return not job.has_ended or job.status == "SUCCEEDED"

    def _make_order(self, job_id: str) -> RayOrder:
        run, settings = self._run, get_settings()
        folder = str(self._folder.path)
        place = VerlPlace(
            folder=folder,
            outputs=folder,
            base_model=str(find_base_folder(run.base_model)),
            gpus_per_node=max(1, int(settings.ray_gpus)),
        )
        facts = self._trainer.describe_base(run.base_model)
        _, *words = write_command(run.settings, facts, place, run.total_steps)
        with reading() as session:
            spec = graders.get_version(session, run.grader_version_id).spec
        return RayOrder(
            job_id=job_id,
            entrypoint=shlex.join([settings.ray_python, *words]),
            metadata={"rft_training": run.id, "rft_dataset": run.dataset_id},
            environment=ENVIRONMENT,
            requirements=list_packages(spec),
        )

    def _conclude(self, job: RayJob) -> list[Event]:
        told = [*self._read_reports(), *self._printed.finish(at=time.time())]
        if job.status != "SUCCEEDED" or not self._printed.num_steps:
            return [*told, *super()._conclude(job)]
        best = self._printed.best_step
        return [
            *told,
            {
                "type": "done",
                "best_step": best,
                "num_steps": self._printed.num_steps,
                "adapter": f"checkpoints/global_step_{best}/actor" if best else "",
            },
        ]

    def _explain(self, job: RayJob) -> str:
        if job.status == "SUCCEEDED":
            return f"The cluster's job {self._job_id} is done and printed no figures of verl."
        return super()._explain(job)
