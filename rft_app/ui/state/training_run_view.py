"""One training, ready to show: its state, its curves in small, its comparison."""

from dataclasses import dataclass, field

from rft_app.domain.job import JobStatus
from rft_app.domain.paid import PaidTotals
from rft_app.domain.training_remote import NOTICE
from rft_app.domain.training_run import (
    EMBEDDED_BASE,
    Checkpoint,
    TrainingRun,
    TrainingSettings,
)
from rft_app.services.training_runs import can_finish
from rft_app.services.training_topics import TopicProgress
from rft_app.services.tuned_models import name_tuned_model
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.playground_view import playground_address
from rft_app.ui.state.service_view import can_resume, list_remote
from rft_app.ui.state.training_comparison_view import ComparisonView, signed
from rft_app.ui.state.training_curves_view import NOT_TOLD, UNKNOWN, show_rate
from rft_app.ui.words import count, duration, reward

TRAINERS_SAID = {
    "trl_local": "local TRL",
    "openai_compatible": "fine-tuning API",
    "ray": "Ray cluster",
    "ray_verl": "Ray cluster, verl",
}
SAME = 0.005
"""Differences that are shown as none."""
LOG_LINES = 60
STATUS = {
    JobStatus.QUEUED: ("Waiting", "neutral"),
    JobStatus.RUNNING: ("Training", "info"),
    JobStatus.DONE: ("Trained", "ok"),
    JobStatus.FAILED: ("Failed", "bad"),
    JobStatus.CANCELLED: ("Stopped", "warn"),
}


@dataclass(frozen=True)
class CheckpointView:
    """A saved state of the training."""

    step: str
    reward: str
    note: str
    is_best: bool

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "CheckpointView":
        """Build the row."""
        reward = checkpoint.validation_reward
        return cls(
            step=f"{checkpoint.step:,}",
            reward=UNKNOWN if reward is None else f"{reward:.2f}",
            note=checkpoint.model or _tell_graded(checkpoint.num_graded),
            is_best=checkpoint.is_best,
        )


def _tell_graded(number: int | None) -> str:
    return NOT_TOLD if number is None else f"{number:,} graded"


@dataclass(frozen=True)
class TopicReward:
    """One topic's rewards at the start of a training and now."""

    name: str
    first: str
    last: str
    difference: str
    tone: str
    num: str

    @classmethod
    def of(cls, one: TopicProgress) -> "TopicReward":
        """Build the row."""
        is_known = one.first is not None and one.last is not None
        moved = (one.last or 0.0) - (one.first or 0.0)
        return cls(
            name=one.topic,
            first=reward(one.first),
            last=reward(one.last),
            difference=signed(moved) if is_known else UNKNOWN,
            tone="" if not is_known or abs(moved) < SAME else "good" if moved > 0 else "bad",
            num=f"{one.num_first:,} · {one.num_last:,}",
        )


def read_log_lines(log: str) -> str:
    r"""The last lines of a log; of a line that was written over, what was written last.

    Example:
        >>> read_log_lines("begin\n 10%\r 50%\n")
        'begin\n 50%'
    """
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in log.rstrip("\n").split("\n")]
    return "\n".join(lines[-LOG_LINES:])


@dataclass(frozen=True)
class RunView:
    """One training."""

    id: str = ""
    name: str = ""
    status: str = ""
    tone: str = "neutral"
    meta: str = ""
    words: str = ""
    percent: int = -1
    is_live: bool = False
    is_service: bool = False
    """Whether a provider trains it."""
    notice: str = ""
    """What everybody must know of this trainer."""
    can_finish: bool = False
    can_resume: bool = False
    error: str = ""
    against: str = ""
    """Why it was started against the verdict; empty where it was not."""
    ended: str = ""
    """Why it ended early; empty where it did not."""
    not_compared: str = ""
    """Why its models were not compared; empty where they were, or may still be."""
    facts: list[Figure] = field(default_factory=list[Figure])
    has_comparison: bool = False
    comparison: ComparisonView = field(default_factory=ComparisonView)
    playground_href: str = ""
    """Where its model is asked beside the base; empty where nobody serves it."""

    @classmethod
    def of(cls, run: TrainingRun) -> "RunView":
        """Build the view."""
        words, tone = STATUS[run.status]
        outcome = run.outcome
        compared = None if outcome is None else outcome.comparison
        is_live = run.status in {JobStatus.QUEUED, JobStatus.RUNNING}
        return cls(
            id=run.id,
            name=f"Run {run.number}",
            status=words,
            tone=tone,
            meta=_describe(run),
            words=run.words,
            percent=round(100 * run.num_done / run.total_steps) if run.total_steps else -1,
            is_live=is_live,
            is_service=run.remote is not None,
            notice="" if run.remote is None else NOTICE,
            can_finish=run.status is JobStatus.RUNNING and can_finish(run),
            can_resume=can_resume(run),
            error=run.error,
            against=run.reason,
            ended="" if outcome is None else as_sentence(outcome.stopped),
            not_compared="" if outcome is None else outcome.not_compared,
            facts=_list_facts(run),
            has_comparison=compared is not None,
            comparison=ComparisonView() if compared is None else ComparisonView.of(compared),
            playground_href=_find_playground(run),
        )


def as_sentence(words: str) -> str:
    """Words that stand by themselves.

    Example:
        >>> as_sentence("somebody ended it early"), as_sentence("")
        ('Somebody ended it early.', '')
    """
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _describe(run: TrainingRun) -> str:
    trainer = TRAINERS_SAID.get(run.trainer, run.trainer)
    own = ("GRPO", f"{run.base_model or EMBEDDED_BASE} + LoRA r {run.settings.lora_rank}")
    how = own if run.remote is None else (run.remote.provider, run.base_model)
    on = (run.place.describe(),) if run.place is not None and run.place.is_gpu else ()
    return " · ".join((trainer, *how, *on, f"snapshot {run.snapshot_id}"))


def _find_playground(run: TrainingRun) -> str:
    tuned = name_tuned_model(run)
    return "" if tuned is None else playground_address(run.dataset_id, EMBEDDED_BASE, tuned)


def _describe_paid(paid: PaidTotals) -> str:
    return ", ".join(filter(None, (count(paid.num_calls, "call"), paid.describe_spend())))


def _list_facts(run: TrainingRun) -> list[Figure]:
    outcome = run.outcome
    facts = [
        Figure("Records", f"{run.num_train:,} to train on, {run.num_held_out:,} held out"),
        *(_list_own(run.settings) if run.remote is None else list_remote(run.remote)),
        Figure("Dry run said", run.verdict.value.replace("_", " ") if run.verdict else "nothing"),
    ]
    if (computed := _describe_place(run)) != "":
        facts.append(Figure("Computed on", computed))
    if run.best is not None:
        facts.append(Figure("Best checkpoint", f"step {run.best.step:,}"))
    if outcome is not None and outcome.adapter_hash:
        facts.append(Figure("Adapter", outcome.adapter_hash[:12]))
        if outcome.num_left_out:
            facts.append(Figure("Prompt too long", count(outcome.num_left_out, "record")))
    if outcome is not None and outcome.paid is not None:
        facts.append(Figure("Comparing", _describe_paid(outcome.paid)))
    if run.started_at is not None and run.finished_at is not None:
        seconds = (run.finished_at - run.started_at).total_seconds()
        facts.append(Figure("Took", duration(seconds)))
    return facts


def _describe_place(run: TrainingRun) -> str:
    """In words; empty where nobody said it."""
    if run.place is not None:
        return run.place.describe()
    outcome = run.outcome
    return f"{outcome.device}, {outcome.precision}" if outcome and outcome.device else ""


def _list_own(settings: TrainingSettings) -> list[Figure]:
    each = f"{settings.prompts_per_step} records × {settings.rollouts_per_prompt} answers"
    return [
        Figure("Each step", each),
        Figure("Learning rate", show_rate(settings.learning_rate)),
        Figure("Answers", f"at most {settings.max_completion_tokens:,} tokens"),
        Figure("Seed", str(settings.seed)),
    ]
