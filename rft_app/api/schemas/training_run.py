"""Trainings on the wire: the spec's `TrainingConfig` and `TrainingJob`, and what they lack."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, JsonValue, StrictBool

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import training_remote as domain_remote
from rft_app.domain import training_run as domain
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.training import Effort
from rft_app.services.training_orders import TrainingProspect, TrainingRequest
from rft_app.services.training_runs import AnsweredStep
from rft_app.services.training_topics import TopicsProgress
from rft_app.services.tuned_models import name_tuned_model
from rft_app.trainers._base import Trainer as AnyTrainer

TrainingStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
_STATUSES: dict[JobStatus, TrainingStatus] = {
    JobStatus.QUEUED: "pending",
    JobStatus.RUNNING: "running",
    JobStatus.DONE: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}


class Hyperparameters(WireRequest):
    """The spec's two, and every setting by its own name."""

    n_epochs: int | None = Field(default=None, ge=1, le=20)
    """Bounds the steps: no record is seen more often."""
    reasoning_effort: Effort | None = None
    """Room for answers: what nearly all known ones take, times 1, 1.5 or 3."""
    settings: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    """Values of the preset that shall be others, by the names of `settings` of a training."""


class TrainingConfig(WireRequest):
    """What to train, and how; what is left out is as it was left in the form."""

    base_model: str | None = None
    """A local folder; empty for the embedded model. Of a provider, the name of its model."""
    train_ratio: float | None = None
    stratify_by_topic: StrictBool | None = None
    include_generated_in_valid: StrictBool | None = None
    hyperparameters: Hyperparameters = Hyperparameters()
    trainer: str = "trl_local"
    """`trl_local`, `ray`, `ray_verl`, or `openai_compatible`, which sends records and is billed."""
    provider: str | None = None
    """Which one trains, where a provider does; the first unless given."""
    preset: domain.Preset = domain.Preset.QUICK
    reason: str = Field(default="", max_length=2_000)
    """Why it starts against a NO_GO; stored with the training."""

    def to_request(self) -> TrainingRequest:
        """Convert to the use case's order."""
        effort = self.hyperparameters.reasoning_effort
        return TrainingRequest(
            trainer=self.trainer,
            provider=self.provider,
            preset=self.preset,
            settings=dict(self.hyperparameters.settings),
            base_model=self.base_model,
            train_ratio=self.train_ratio,
            stratify_by_topic=self.stratify_by_topic,
            test_generated=self.include_generated_in_valid,
            num_epochs=self.hyperparameters.n_epochs,
            effort=None if effort is None else effort.value,
            reason=self.reason,
        )


class TrainingFigures(Wire):
    """The last known rewards; `null` where none is known yet."""

    train_reward_mean: float | None
    valid_reward_mean: float | None


class Checkpoint(Wire):
    """A saved state of the training."""

    step: int
    validation_reward: float | None
    num_graded: int | None
    """`null` where a service does not say."""
    is_best: bool
    created_at: datetime
    model: str
    """What a service named it; empty where it is an adapter of ours."""


class RemoteTraining(Wire):
    """What is known of a training at its service."""

    provider: str
    job_id: str | None
    """The service's own; `null` before it has one."""
    status: str | None
    """The service's own word."""
    training_file: str | None
    validation_file: str | None
    model: str | None
    """Name of the tuned model at the provider."""
    trained_tokens: int | None
    """What is billed, as the service says; `null` where it does not."""

    @classmethod
    def of(cls, remote: domain_remote.RemoteTraining) -> "RemoteTraining":
        """Convert from the domain."""
        return cls(
            provider=remote.provider,
            job_id=remote.job_id or None,
            status=remote.status or None,
            training_file=remote.training_file or None,
            validation_file=remote.validation_file or None,
            model=remote.model or None,
            trained_tokens=remote.trained_tokens,
        )


class TrainingJob(Wire):
    """One training."""

    id: str
    dataset_id: str
    status: TrainingStatus
    progress: float | None
    """0–100, by training steps; `null` while nobody knows how many there will be."""
    current_epoch: float | None
    """How often each record was seen so far; `null` where a service does not tell."""
    total_epochs: int
    metrics: TrainingFigures
    fine_tuned_model: str | None
    """Its name as `/deploy` takes it; `null` where it is not served (`…/adapter` tells how)."""
    improvement: float | None
    """Mean paired difference on held-out records; `null` before the comparison."""
    created_at: datetime
    completed_at: datetime | None
    job_id: str
    number: int
    words: str
    """How far it is."""
    error: str | None
    trainer: str
    base_model: str
    """Empty for the embedded model."""
    settings: dict[str, JsonValue]
    """Of our own script, or what the service was told."""
    remote: RemoteTraining | None
    """`null` where our own script trains."""
    estimate: dict[str, JsonValue]
    """What was told before the start."""
    snapshot_id: str
    num_train: int
    num_held_out: int
    dry_run_id: str | None
    verdict: str | None
    reason: str
    current_step: int
    total_steps: int
    best: Checkpoint | None
    computes_on: str | None
    """Device, memory, numbers and generation in words; `null` before its trainer said so, and
    where a service trains."""
    outcome: dict[str, JsonValue] | None
    """What it left behind, without the comparison; `null` until it is done."""

    @classmethod
    def of(cls, run: domain.TrainingRun) -> "TrainingJob":
        """Convert from the domain."""
        figures = {} if run.last is None else run.last.values
        outcome = run.outcome
        found = None if outcome is None else outcome.comparison
        best, remote = run.best, run.remote
        return cls(
            id=run.id,
            dataset_id=run.dataset_id,
            status=_STATUSES[run.status],
            progress=_find_progress(run),
            current_epoch=run.num_passes,
            total_epochs=run.num_epochs,
            metrics=TrainingFigures(
                train_reward_mean=figures.get("reward"),
                valid_reward_mean=None if best is None else best.validation_reward,
            ),
            fine_tuned_model=_name_model(run),
            improvement=None if found is None else found.difference,
            created_at=run.created_at,
            completed_at=run.finished_at,
            job_id=run.job_id,
            number=run.number,
            words=run.words,
            error=run.error or None,
            trainer=run.trainer,
            base_model=run.base_model,
            settings=(run.settings if remote is None else remote.settings).model_dump(mode="json"),
            remote=None if remote is None else RemoteTraining.of(remote),
            estimate=run.estimate,
            snapshot_id=run.snapshot_id,
            num_train=run.num_train,
            num_held_out=run.num_held_out,
            dry_run_id=run.dry_run_id,
            verdict=run.verdict and run.verdict.value,
            reason=run.reason,
            current_step=run.num_done,
            total_steps=run.total_steps,
            best=None if best is None else Checkpoint(**best.model_dump()),
            computes_on=None if run.place is None else run.place.describe(),
            outcome=_describe(outcome),
        )


def _find_progress(run: domain.TrainingRun) -> float | None:
    if run.status is JobStatus.DONE:
        return 100.0
    return min(99.0, 100 * run.num_done / run.total_steps) if run.total_steps else None


def _name_model(run: domain.TrainingRun) -> str | None:
    if run.remote is None:
        return name_tuned_model(run)
    return f"{run.remote.provider}/{run.remote.model}" if run.remote.model else None


def _describe(outcome: domain.TrainingOutcome | None) -> dict[str, JsonValue] | None:
    return None if outcome is None else outcome.model_dump(mode="json", exclude={"comparison"})


class TrainingMetric(Wire):
    """What one training step reported."""

    step: int
    values: dict[str, float]
    """By name; one that is not known is not there."""


class TrainingAnswer(Wire):
    """One answer of a training with its grade."""

    phase: domain.Phase
    step: int
    position: int
    record_id: str
    topic: str | None
    question: str
    reference: str | None
    text: str
    score: float | None
    """`null` where there is no grade; then `error` says why, or the grader abstained."""
    reason: str | None
    failure_kind: FailureKind | None
    error: str | None
    is_abstention: bool

    @classmethod
    def of(cls, row: domain.TrainingRollout) -> "TrainingAnswer":
        """Convert from the domain."""
        values = row.model_dump()
        return cls(score=values.pop("reward"), error=values.pop("failure_message"), **values)


class TrainingAnswered(Wire):
    """Where there are answers."""

    phase: domain.Phase
    step: int
    num_answers: int

    @classmethod
    def of(cls, found: AnsweredStep) -> "TrainingAnswered":
        """Convert from the use case."""
        return cls(**found.model_dump())


class TrainingCheck(Wire):
    """One thing that was looked at before a start."""

    name: str
    level: Literal["ok", "note", "caution", "stop"]
    finding: str
    remedy: str


class TrainingOutlook(Wire):
    """What a training would use and take, and what speaks against it."""

    settings: dict[str, Any]
    num_train: int
    num_held_out: int
    num_steps: int | None
    """`null` where a service trains, as the next but one is."""
    base_model: str
    num_parameters: int | None
    estimate: dict[str, Any]
    """Of a service, what is sent; time and price are its own."""
    device: str
    """What it would compute on, in words; empty where nobody knows here."""
    notice: str
    """What everybody must know who chooses this trainer; empty where there is nothing."""
    checks: list[TrainingCheck]
    can_start: bool
    needs_reason: bool

    @classmethod
    def of(cls, found: TrainingProspect) -> "TrainingOutlook":
        """Convert from the use case."""
        base, estimate = found.base, found.estimate or found.remote_estimate
        settings = found.settings if found.remote is None else found.remote.settings
        return cls(
            settings=settings.model_dump(mode="json"),
            num_train=found.outlook.num_train,
            num_held_out=found.outlook.num_held_out,
            num_steps=found.num_steps,
            base_model=found.draft.base_model if base is None else base.name,
            num_parameters=None if base is None else base.num_parameters,
            estimate={} if estimate is None else estimate.model_dump(mode="json"),
            device=found.device,
            notice=found.notice,
            checks=[TrainingCheck(**check.model_dump()) for check in found.checks],
            can_start=not found.obstacles,
            needs_reason=found.needs_reason,
        )


class TrainingTopic(Wire):
    """One topic's graded answers at the start of a training and now."""

    topic: str
    num_first: int
    """Graded answers of the first steps."""
    first: float | None
    """Their mean reward; `null` where there is none."""
    num_last: int
    last: float | None


class TrainingTopics(Wire):
    """How the rewards of each topic move."""

    num_steps: int
    """Training steps at each end; 0 while there are too few to compare."""
    topics: list[TrainingTopic]

    @classmethod
    def of(cls, found: TopicsProgress) -> "TrainingTopics":
        """Convert from the use case."""
        topics = [TrainingTopic(**one.model_dump()) for one in found.topics]
        return cls(num_steps=found.num_steps, topics=topics)


class TrainingLog(Wire):
    """What a trainer printed."""

    text: str


class TrainingAlert(Wire):
    """What a curve warns of."""

    name: str
    metric: str
    """The curve it is about."""
    value: float
    threshold: float
    finding: str
    remedy: str


class Trainer(Wire):
    """A place that can train."""

    name: str
    label: str
    obstacle: str
    """Why it cannot train here, and what to do; empty where it can."""
    notice: str
    """What everybody must know who chooses it; empty where there is nothing."""

    @classmethod
    def of(cls, trainer: AnyTrainer) -> "Trainer":
        """Convert from the plug-in."""
        return cls(
            name=trainer.name,
            label=trainer.label,
            obstacle=trainer.find_obstacle(),
            notice=trainer.notice,
        )
