"""Our training script as a job of a Ray cluster (decision 19).

The run folder carries order, reports, checkpoints and result, as on this machine: cluster and
worker see the data directory at the same path.  The cluster's Jobs API begins, tells and ends the
process.  Where the API does not answer, the training may still go on, and its reports still come.
"""

import itertools
import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from rft_app.domain.training_place import TrainingMachine
from rft_app.domain.training_run import TrainingRun, TrainingSettings
from rft_app.errors import NotAvailableError, ProviderError
from rft_app.settings import get_settings
from rft_app.trainers._base import TrainingUnderWay
from rft_app.trainers.environment import NEEDED
from rft_app.trainers.ray_jobs import Package, RayJob, RayJobs, RayOrder
from rft_app.trainers.ray_note import JobNote
from rft_app.trainers.rewards import find_unbound
from rft_app.trainers.run_folder import Event, RunFolder
from rft_app.trainers.trl_local import MAIN, TrlLocal

SCRIPT = MAIN / "__main__.py"
"""What trains there, beside its modules."""
PACKAGES: tuple[str, ...] = NEEDED
"""What the cluster's Python must have."""
ENTRY: Final = "on_cluster.py"
SAID: Final = "rft: "
"""Before a sentence for people that the script printed, for it saw no folder."""
POLL_S = 2.0
"""Between two looks at a job."""
RETRY_S = 5.0
"""Before a cluster is asked again that did not answer."""
LAG_S = 5.0
"""How much later than a job's end its last report may be seen in a shared folder."""
GRADING_WAIT_S = 60.0
"""How long the script tries to reach the grading before it gives up."""
UNBEGUN_S = 600.0
"""How long a cluster may be silent before a job was ordered."""
SILENT_S = 3_600.0
"""How long cluster and training may both be silent behind that."""
NO_ADDRESS: Final = (
    "No Ray cluster is named. Set RFT_RAY_ADDRESS to its dashboard, such as "
    "http://127.0.0.1:8265, and start rft again."
)
_ENDS: Final = frozenset({"done", "failed", "cancelled"})


class RayCluster(TrlLocal):
    """Trains on a cluster that is there; the order is the same as for this machine."""

    name = "ray"
    label = "A Ray cluster (TRL, GRPO with LoRA)"
    notice = ""
    is_here = False

    @property
    def grading_host(self) -> str:
        """As it is set."""
        return get_settings().ray_grading_host

    def find_obstacle(self) -> str:
        """Whether a cluster is named and answers."""
        if not get_settings().ray_address:
            return NO_ADDRESS
        if unbound := find_unbound(self.grading_host):
            return unbound
        try:
            _reach().get_version()
        except ProviderError as error:
            return f"{error.message}. Start it, or name another with RFT_RAY_ADDRESS."
        return ""

    def look_at_machine(self) -> TrainingMachine:
        """Not known here: the script looks where it computes."""
        return TrainingMachine(is_known=False)

    def make_config(
        self, base_model: str, settings: TrainingSettings, total_steps: int
    ) -> dict[str, Any]:
        """As for this machine, and what is looked at there before."""
        config = super().make_config(base_model, settings, total_steps)
        return {**config, "cluster": {"packages": PACKAGES, "wait_s": GRADING_WAIT_S}}

    def open(self, run: TrainingRun) -> TrainingUnderWay:
        """One training."""
        return RayTraining(run)


class RayTraining:
    """One training on the cluster; `read_events` looks at its job where it is time."""

    unheard = "It stops by itself at its next look into its folder, or before it begins."
    """Said where the cluster could not be asked to stop it."""

    def __init__(self, run: TrainingRun, clock: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._folder = RunFolder.of(run.id)
        self._note = JobNote(self._folder)
        self._clock = clock
        self._jobs: RayJobs | None = None
        """`None` before the start."""
        self._job_id = ""
        """Of the job that is followed; empty while none is found or begun."""
        self._job: RayJob | None = None
        self._words = ""
        """What the script said last that it does."""
        self._next_at = self._heard_at = 0.0
        self._silent_since: datetime | None = None
        self._ended_at: float | None = None
        self._has_begun = self._has_reported = self._is_stopping = self._is_over = False

    def start(self) -> None:
        """Make ready to find or begin the job; nothing is sent yet.

        Raises:
            NotAvailableError: No cluster is named.
        """
        if not get_settings().ray_address:
            raise NotAvailableError(NO_ADDRESS)
        self._jobs = _reach()
        self._job_id, self._job, self._ended_at, self._silent_since = "", None, None, None
        self._has_begun = self._has_reported = self._is_over = False
        self._next_at, self._heard_at = 0.0, self._clock()

    def read_events(self) -> list[Event]:
        """What the script reported, and what became of its job."""
        events = self._read_reports()
        for event in events:
            self._hear(event)
        is_due = not self._is_over and not self._has_reported and self._clock() >= self._next_at
        if self._jobs is None or not is_due:
            return events
        try:
            told = [*self._look(self._jobs), *self._note_answer()]
        except ProviderError as error:
            told = self._note_silence(error)
        return [*events, *told]

    def is_alive(self) -> bool:
        """Whether there is more to come."""
        if self._is_over or self._jobs is None:
            return False
        if self._has_reported and self._clock() >= self._next_at:
            self._is_over = self._has_gone(self._jobs)
        return not self._is_over

    def cancel(self) -> None:
        """Ask the script to stop; a job that only waits for its turn is taken away."""
        self._folder.ask_to_stop()
        self._is_stopping, self._next_at = True, 0.0
        wanted = self._job_id or self._note.job_id
        if self._jobs is None or not wanted:
            self._is_over = True
            return
        self._job_id = wanted
        try:
            job = self._jobs.find(wanted)
            self._is_over = job is None or job.has_ended
            if job is not None and job.status == "PENDING":
                self._jobs.stop(wanted)
        except ProviderError as error:
            self._note.add(f"{error.message}. {self.unheard}")

    def kill(self) -> None:
        """End the job."""
        if self._jobs is None or not self._job_id:
            return
        try:
            job = self._jobs.find(self._job_id)
            if job is not None and not job.has_ended:
                self._jobs.stop(self._job_id)
        except ProviderError as error:
            self._note.add(f"{error.message}. {self.unheard}")

    def describe_end(self) -> str:
        """How the job ended without a report."""
        return f"ended: the cluster's job {self._job_id} {_describe(self._job)}"

    def _read_reports(self) -> list[Event]:
        return self._folder.read_events()

    def _is_to_follow(self, job: RayJob) -> bool:
        """Whether a job that was found is this training's, and not one before it."""
        return not job.has_ended

    def _hear(self, event: Event) -> None:
        kind = event.get("type")
        self._heard_at = self._clock()
        if kind == "begun":
            self._has_begun, self._has_reported = True, False
        elif kind == "metrics":
            self._has_begun = True
        elif kind == "phase":
            self._words = str(event["words"])
        elif kind in _ENDS:
            self._has_reported, self._next_at = True, 0.0

    def _look(self, jobs: RayJobs) -> list[Event]:
        self._next_at = self._clock() + POLL_S
        if not self._job_id:
            return self._follow_or_begin(jobs)
        before, self._job = self._job, jobs.find(self._job_id)
        if self._job is not None:
            self._take_log(jobs)
        if self._job is None or self._job.has_ended:
            return self._end(self._job)
        is_news = before is None or before.status != self._job.status
        return [] if self._has_begun or not is_news else [self._say_status(self._job)]

    def _take_log(self, jobs: RayJobs) -> None:
        with suppress(ProviderError):  # a machine that is gone keeps its logs to itself
            self._note.take(jobs.read_logs(self._job_id))

    def _follow_or_begin(self, jobs: RayJobs) -> list[Event]:
        """Find the job that an earlier worker began; begin one where none is under way."""
        for number in itertools.count(1):
            job_id = f"rft-{self._run.id}-{number}"
            job = jobs.find(job_id)
            if job is None:
                self._begin(jobs, job_id)
                return [_say(f"the cluster has the job {job_id}")]
            if self._is_to_follow(job):
                self._note.follow(job_id, f"Found the job {job_id} at {jobs.address}:")
                self._job_id = job_id
                return [] if self._has_begun else [self._say_status(job)]
        return []

    def _begin(self, jobs: RayJobs, job_id: str) -> None:
        order = self._make_order(job_id)
        if order.package is not None:
            jobs.bring(order.package)
        self._note.begin(job_id, f"The job {job_id} of the Ray cluster at {jobs.address}:")
        try:
            jobs.begin(order)
        except ProviderError as error:
            if error.retryable or jobs.find(job_id) is None:
                raise  # tried again after a look, or refused
        self._job_id = job_id

    def _make_order(self, job_id: str) -> RayOrder:
        settings = get_settings()
        files = {path.name: path for path in MAIN.glob("*.py")}
        command = [settings.ray_python, "-B", ENTRY, str(self._folder.path)]
        return RayOrder(
            job_id=job_id,
            entrypoint=shlex.join(command),
            package=Package.of({**files, "__main__.py": SCRIPT}),
            metadata={"rft_training": self._run.id, "rft_dataset": self._run.dataset_id},
            num_cpus=settings.ray_cpus,
            num_gpus=settings.ray_gpus,
        )

    def _end(self, job: RayJob | None) -> list[Event]:
        """Give the last reports their time, then say how it ended where they do not."""
        now = self._clock()
        if self._ended_at is None:
            self._ended_at = now
        left_s = self._ended_at + LAG_S - now
        if left_s > 0 or self._folder.is_alive():
            self._next_at = now + (min(left_s, POLL_S) if left_s > 0 else POLL_S)
            return []
        if job is None and not self._is_stopping:
            self._job_id, self._ended_at, self._has_begun = "", None, False
            return [_say("the cluster forgot the job; it goes on from the last checkpoint")]
        self._is_over = True
        if job is None:
            return []
        if job.status == "STOPPED" and self._is_stopping:
            return [{"type": "cancelled", "step": None}]
        return self._conclude(job)

    def _conclude(self, job: RayJob) -> list[Event]:
        words = self._explain(job)
        return [_fail(words)] if words else []

    def _explain(self, job: RayJob) -> str:
        """Why going on from a checkpoint by itself would not help; empty where it may."""
        named = f"The cluster's job {self._job_id}"
        if job.status == "STOPPED":
            return (
                f"{named} was stopped there by somebody. Resume goes on from the last checkpoint."
            )
        if job.status == "SUCCEEDED":
            return (
                f"{named} is done, but {self._folder.path} holds no report of it: "
                "cluster and rft must see the same data directory."
            )
        said = [line for line in self._note.read_end().splitlines() if line.startswith(SAID)]
        if said:
            return said[-1].removeprefix(SAID)
        return "" if self._has_begun else f"{named} failed before it began: {job.said}"

    def _has_gone(self, jobs: RayJobs) -> bool:
        """Whether a job that reported its end has ended; what it printed last is taken."""
        self._next_at = self._clock() + POLL_S / 4
        if not self._job_id:
            return not self._folder.is_alive()
        try:
            job = jobs.find(self._job_id)
            if job is None:
                return True
            self._take_log(jobs)
        except ProviderError:
            return not self._folder.is_alive()
        return job.has_ended

    def _say_status(self, job: RayJob) -> Event:
        if job.status == "PENDING":
            return _say(f"waiting on the cluster: {job.said}"[:200])
        return _say("the cluster starts the script")

    def _note_answer(self) -> list[Event]:
        self._heard_at = self._clock()
        if self._silent_since is None:
            return []
        self._silent_since = None
        return [_say(self._words or "the cluster answers again")]

    def _note_silence(self, error: ProviderError) -> list[Event]:
        """Say it and ask again; only a long silence of cluster and training is an end."""
        self._next_at = self._clock() + RETRY_S
        self._silent_since = self._silent_since or datetime.now(UTC)
        is_ordered = bool(self._job_id or self._note.job_id)
        quiet_s = self._clock() - self._heard_at
        is_hopeless = not error.retryable and not self._job_id
        is_long = quiet_s > (SILENT_S if is_ordered else UNBEGUN_S)
        if (is_hopeless or is_long) and not self._folder.is_alive():
            self._is_over = True
            return [_fail(f"{error.message}. {self._say_known()}")]
        since = f"{self._silent_since:%H:%M} UTC"
        return [_say(f"{error.message[:160]}, since {since}; it is asked again")]

    def _say_known(self) -> str:
        if self._job_id:
            return (
                f"The job {self._job_id} may go on there; resume finds it again, or goes on from "
                "the last checkpoint."
            )
        if self._note.job_id:
            return (
                f"Whether the job {self._note.job_id} began there is not known; resume looks for "
                "it before it begins another."
            )
        return "No job was begun. Start the cluster, then resume this training."


def _reach() -> RayJobs:
    settings = get_settings()
    headers = {name: value.get_secret_value() for name, value in settings.ray_headers.items()}
    return RayJobs(settings.ray_address, headers)


def _describe(job: RayJob | None) -> str:
    if job is None:
        return "is gone"
    return f"{job.status.lower()}: {job.said}" if job.said else job.status.lower()


def _say(words: str) -> Event:
    return {"type": "phase", "words": words}


def _fail(message: str) -> Event:
    return {"type": "failed", "code": "cluster", "message": message}
