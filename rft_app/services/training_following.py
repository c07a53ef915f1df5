"""A training under way: its reports are stored as they come, and its end is told apart."""

import time
from contextlib import suppress
from datetime import UTC, datetime

from pydantic import ValidationError

from rft_app.domain.training_place import TrainingPlace
from rft_app.domain.training_run import Checkpoint, TrainingRun
from rft_app.errors import (
    InvalidInputError,
    JobCancelledError,
    KilledError,
    ProviderError,
    RftError,
)
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import get_job
from rft_app.storage import training_runs
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers._base import TrainingUnderWay
from rft_app.trainers.run_folder import Event

POLL_S = 0.25
STOP_WAIT_S = 120.0
"""How long a cancelled trainer may take to write its checkpoint."""
END_WAIT_S = 10.0
"""How long a trainer that reported its end may take to go."""
MAX_RESTARTS = 1
"""How often a trainer that died is begun again by itself."""
KILLED_TWICE = (
    "Most likely memory ran out: set fewer rollouts or prompts per step, or shorter answers. "
)
_ENDS = frozenset({"done", "failed", "cancelled"})
_MACHINE = frozenset({"memory", "gpu_memory", "vllm_memory", "disk_full"})
_OUTSIDE = frozenset({"broken", "orphaned", "not_installed", "service", "cluster"})


class Following:
    """Follows one training to its end."""

    def __init__(self, context: JobContext, run: TrainingRun, training: TrainingUnderWay) -> None:
        self._context = context
        self._run = run
        self._training = training
        self._end: Event | None = None
        self._words = "starting the trainer"
        self._step = 0
        self._total_steps = run.total_steps
        self._figures: dict[str, float] = {}
        self._num_restarts = 0

    def follow(self) -> Event:
        """Start or find the trainer and store what it reports, until it is done.

        Raises:
            RftError: It cannot go on; the message says why, and what is kept.
            JobCancelledError: Somebody asked to stop, and it did; or this worker ends.
        """
        self._take_all()
        if not self._is_done():  # how an earlier attempt ended says nothing of this one
            self._end = None
            self._training.start()
        try:
            self._watch()
        except JobCancelledError:
            self._let_go()
            raise
        return self._conclude()

    def _is_done(self) -> bool:
        return self._end is not None and self._end["type"] == "done"

    def _watch(self) -> None:
        while self._end is None:
            is_alive = self._training.is_alive()
            num_taken = self._take_all()
            self._context.progress(self._step, self._total_steps or None, self._describe())
            if self._end is None and not is_alive and not num_taken:
                self._restart()
            time.sleep(POLL_S)

    def _restart(self) -> None:
        """A trainer that ended without a word is begun again, once."""
        how = self._training.describe_end()
        if self._num_restarts >= MAX_RESTARTS:
            why = KILLED_TWICE if how.startswith("was killed") else ""
            raise KilledError(
                f"The trainer {how}, again. {why}Checkpoints are kept; resume goes on from the "
                "last."
            )
        self._num_restarts += 1
        why = ", most likely for want of memory" if how.startswith("was killed") else ""
        self._words = (
            f"the trainer {how.partition(':')[0]}{why}; it goes on from the last checkpoint"
        )
        self._training.start()

    def _let_go(self) -> None:
        """Stop the trainer if somebody asked for that; else leave it to the next worker."""
        with reading() as session:
            is_wanted = get_job(session, self._context.job_id).cancel_requested
        if not is_wanted:
            return
        self._training.cancel()
        deadline = time.monotonic() + STOP_WAIT_S
        while self._training.is_alive() and time.monotonic() < deadline:
            self._take_all()
            time.sleep(POLL_S)
        self._training.kill()
        self._take_all()

    def _conclude(self) -> Event:
        deadline = time.monotonic() + END_WAIT_S
        while self._training.is_alive() and time.monotonic() < deadline:
            time.sleep(POLL_S / 5)
        end = self._end or {"type": "failed", "code": "broken", "message": "It ended."}
        if end["type"] == "done":
            return end
        if end["type"] == "cancelled":
            raise JobCancelledError
        raise to_error(str(end.get("code")), str(end.get("message")))

    def _take_all(self) -> int:
        events = self._training.read_events()
        for event in events:
            self._take(event)
        return len(events)

    def _take(self, event: Event) -> None:
        kind = event.get("type")
        if kind == "metrics":
            self._note_figures(int(event["step"]), event["values"])
        elif kind == "checkpoint":
            self._note_checkpoint(event)
        elif kind == "phase":
            self._words = str(event["words"])
        elif kind == "planned":
            self._note_plan(int(event["total_steps"]))
        elif kind == "begun":
            self._end, self._step = None, int(event.get("resumed_from") or 0)
            self._note_place(event)
        elif kind in _ENDS:
            self._end = event

    def _note_place(self, event: Event) -> None:
        """What it computes on; a trainer of an older script does not say all of it."""
        told = {name: event[name] for name in TrainingPlace.model_fields if name in event}
        with suppress(ValidationError), unit_of_work() as session:
            training_runs.put_place(session, self._run.id, TrainingPlace.model_validate(told))

    def _note_plan(self, total_steps: int) -> None:
        if total_steps != self._total_steps:
            self._total_steps = total_steps
            with unit_of_work() as session:
                training_runs.put_total_steps(session, self._run.id, total_steps)

    def _note_figures(self, step: int, figures: dict[str, float]) -> None:
        self._step = max(self._step, step)
        self._figures |= figures
        with unit_of_work() as session:
            training_runs.put_metric(session, self._run.id, step, figures)

    def _note_checkpoint(self, event: Event) -> None:
        checkpoint = Checkpoint(
            step=int(event["step"]),
            validation_reward=event.get("reward"),
            num_graded=event.get("num_graded"),
            is_best=bool(event.get("is_best")),
            created_at=datetime.fromtimestamp(float(event.get("at") or 0), UTC),
            model=str(event.get("model") or ""),
        )
        with unit_of_work() as session:
            training_runs.put_checkpoint(session, self._run.id, checkpoint)

    def _describe(self) -> str:
        if self._words != "training" or not self._step:
            return self._words
        total = f" of {self._total_steps}" if self._total_steps else ""
        shown = [f"step {self._step}{total}"]
        for name, word in (("reward", "reward"), ("validation_reward", "validation")):
            if name in self._figures:
                shown.append(f"{word} {self._figures[name]:.2f}")
        return " · ".join(shown)


def to_error(code: str, message: str) -> RftError:
    """Who has to act: whoever runs the machine, whatever is outside, or whoever chose."""
    if code in _MACHINE:
        return KilledError(message)
    if code in _OUTSIDE:
        return ProviderError(message)
    return InvalidInputError(message)
