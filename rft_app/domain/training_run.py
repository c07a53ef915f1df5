"""A training: what is set, what it reports while it runs, what it leaves behind."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.paid import PaidTotals
from rft_app.domain.record import RecordId
from rft_app.domain.training_comparison import TrainingComparison
from rft_app.domain.training_place import TrainingPlace
from rft_app.domain.training_remote import RemoteTraining

EMBEDDED_BASE = "smollm2-135m"
"""The base model that comes with the product."""


class Preset(StrEnum):
    """How much is done; each value of a preset can be set by itself."""

    QUICK = "quick"
    """Minutes on two cores: whether the model learns at all."""
    STANDARD = "standard"
    THOROUGH = "thorough"


class TrainingSettings(Entity):
    """How a model is trained; the defaults are those of `Preset.QUICK`."""

    num_steps: int = Field(default=100, ge=1, le=100_000)
    """Most training steps; epochs may bound them further."""
    prompts_per_step: int = Field(default=4, ge=1, le=512)
    """Records of one training step."""
    rollouts_per_prompt: int = Field(default=8, ge=2, le=64)
    """Answers that are compared with each other: a group."""
    learning_rate: float = Field(default=2e-4, gt=0, le=1)
    """Of the adapter's weights; too high a rate forgets the language, too low learns nothing."""
    temperature: float = Field(default=1.0, gt=0, le=2)
    """Of the answers that are learnt from; held-out records are answered without chance."""
    max_prompt_tokens: int = Field(default=1_024, ge=16, le=131_072)
    """Records with longer prompts are left out, and counted."""
    max_completion_tokens: int = Field(default=64, ge=4, le=32_768)
    """Of an answer; a longer one is cut off, and graded as it is."""
    lora_rank: int = Field(default=16, ge=1, le=256)
    """Size of the adapter; a higher rank can learn more, and takes more memory."""
    lora_layers: int = Field(default=12, ge=0, le=1_000)
    """Layers that are trained, counted from the last; 0 for all."""
    beta: float = Field(default=0.0, ge=0, le=1)
    """Weight of staying near the base model in the loss; above 0 each step costs a pass more."""
    entropy_bonus: float = Field(default=0.0, ge=0, le=0.1)
    """Reward of staying undecided: in every step, or below `entropy_floor` at the least."""
    entropy_floor: float = Field(default=0.15, ge=0, le=5)
    """Nats for each token below which staying undecided is rewarded, more with each step, until
    the model tries other answers again; 0 for never.  Without it a model soon gives one answer
    only, and answers that are alike teach nothing.  Skywork-OR1, arXiv:2505.22312."""
    validate_every: int = Field(default=20, ge=1, le=10_000)
    """Training steps between two checkpoints, each of which is validated."""
    num_validated: int = Field(default=32, ge=1, le=10_000)
    """Held-out records that choose the best checkpoint."""
    num_compared: int = Field(default=64, ge=1, le=10_000)
    """Held-out records that base and tuned model answer in the end."""
    flat_patience: int = Field(default=30, ge=0, le=1_000)
    """Steps in a row without any difference within the groups after which it stops; 0 for never.
    Fewer would end a training while `entropy_floor` still brings it back: on BANKING77 one was flat
    for 12 steps at a reward of 0.6, and came to 0.8."""
    patience: int = Field(default=0, ge=0, le=1_000)
    """Checkpoints in a row that are no better after which it stops; 0 for never."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Of the order of records and of sampling."""
    precision: str = Field(default="auto", pattern="^(auto|float32|bfloat16)$")
    """Of weights and adapter; `auto` takes bfloat16 where the processor or GPU computes in it."""
    generation: str = Field(default="auto", pattern="^(auto|plain|vllm)$")
    """How answers to learn from are written: `plain`, or by `vllm` on a GPU; `auto` takes vLLM
    where there is a GPU, it is installed and its share of the memory holds the model."""
    vllm_share: float = Field(default=0.3, ge=0.05, le=0.9)
    """Of the GPU's memory, for vLLM where it writes the answers."""
    num_threads: int = Field(default=0, ge=0, le=1_024)
    """Of the processor; 0 for all."""


PRESETS: Mapping[Preset, TrainingSettings] = {
    Preset.QUICK: TrainingSettings(),
    Preset.STANDARD: TrainingSettings(
        num_steps=300,
        learning_rate=1e-4,
        lora_layers=0,
        validate_every=30,
        num_validated=64,
        num_compared=128,
    ),
    Preset.THOROUGH: TrainingSettings(
        num_steps=1_000,
        prompts_per_step=8,
        learning_rate=5e-5,
        lora_rank=32,
        lora_layers=0,
        validate_every=50,
        num_validated=128,
        num_compared=256,
        patience=6,
    ),
}


ON_LARGE_GPU: Mapping[Preset, Mapping[str, int]] = {
    Preset.QUICK: {"prompts_per_step": 8, "rollouts_per_prompt": 8},
    Preset.STANDARD: {"prompts_per_step": 8, "rollouts_per_prompt": 16},
    Preset.THOROUGH: {"prompts_per_step": 16, "rollouts_per_prompt": 16},
}
"""Values of the presets where a GPU has 16 GB or more."""
PROMPT_TOKENS_ON_LARGE_GPU = 4_096


def list_values(preset: Preset, *, has_large_gpu: bool) -> dict[str, Any]:
    """The values of a preset.

    Example:
        >>> on_gpu = list_values(Preset.STANDARD, has_large_gpu=True)
        >>> on_gpu["rollouts_per_prompt"], on_gpu["num_steps"]
        (16, 300)
    """
    values: dict[str, Any] = PRESETS[preset].model_dump()
    if has_large_gpu:
        values |= ON_LARGE_GPU[preset]
        values["max_prompt_tokens"] = PROMPT_TOKENS_ON_LARGE_GPU
    return values


class Phase(StrEnum):
    """What an answer was given for."""

    TRAIN = "train"
    VALIDATION = "validation"
    """Of the records that choose the best checkpoint."""
    BASE = "base"
    """By the base model, to the records of the comparison."""
    TUNED = "tuned"
    """By the tuned model, to the same."""


class TrainingMetric(Entity):
    """What one training step, or one validation, reported."""

    step: int
    values: dict[str, float]
    """By name (`METRICS`); one that is not known, or not a finite number, is not there."""


METRICS: Mapping[str, str] = {
    "reward": "Mean reward of the answers that were graded.",
    "reward_sd": "Population standard deviation of those rewards.",
    "validation_reward": "Mean reward on the validated records, answered without chance.",
    "validation_sd": "Population standard deviation of those rewards.",
    "validation_graded": "Validated records whose answer was graded.",
    "flat_share": "Share of groups in which all rewards are the same: nothing is learnt of them.",
    "failure_share": "Share of answers that the grader could not judge; they count for nothing.",
    "abstention_share": "Share of answers that it would not judge; they count for nothing, too.",
    "loss": "Of the step.",
    "grad_norm": "Length of the gradient before it is clipped.",
    "entropy": "How undecided the model is for each token, in nats.",
    "kl": "Distance from the base model for each token of validated answers, in nats.",
    "length": "Mean tokens of an answer.",
    "clipped_share": "Share of answers that were cut off at the longest length.",
    "learning_rate": "Of the step.",
    "step_s": "Seconds of the step.",
}


class Checkpoint(Entity):
    """A saved state of the training."""

    step: int
    validation_reward: float | None
    """`None` where no validated answer was graded."""
    num_graded: int | None
    """`None` where a service validated it and does not say."""
    is_best: bool
    """Whether its adapter is the one that is kept."""
    created_at: datetime
    model: str = ""
    """What a service named it; empty where it is an adapter of ours."""


class TrainingRollout(Entity):
    """One answer of a training with its outcome."""

    phase: Phase
    step: int
    """0 before the first step."""
    position: int
    """Within step and phase; answers to one record of a training step stand together."""
    record_id: RecordId
    topic: str | None
    question: str
    """Text of the last user message; empty where there is none."""
    reference: str | None
    text: str
    reward: float | None
    """`None` for a failure and an abstention."""
    reason: str | None
    failure_kind: FailureKind | None
    failure_message: str | None
    is_abstention: bool


_OF_ANSWERS = ("is_held_out", "base_seconds", "tuned_seconds", "base_tokens", "tuned_tokens")


class TrainingOutcome(Entity):
    """What a training left behind."""

    best_step: int
    """Training step of the adapter that is kept."""
    num_steps: int
    """Training steps that were made."""
    stopped: str = ""
    """Why it ended before its last step; empty where it did not."""
    model: str = ""
    """Name of the tuned model at the service that trained it; empty for an adapter of ours, of
    which all that follows up to the precision is known."""
    adapter: str = ""
    """Folder of the adapter, below the run's own."""
    base_hash: str = ""
    """SHA-256 of the base model's weights."""
    adapter_hash: str = ""
    """SHA-256 of the adapter's weights."""
    adapter_norm: float | None = None
    """Length of what the adapter adds to the base model's weights; 0 would be the base itself."""
    device: str = ""
    precision: str = ""
    num_left_out: int = 0
    """Records whose prompt was too long."""
    not_compared: str = ""
    """Why models at a service were not compared; empty where they were."""
    paid: PaidTotals | None = None
    """What the answers of the comparison cost; `None` where this machine gave them."""
    is_held_out: bool = True
    """Whether no record of the comparison chose the checkpoint."""
    base_seconds: float | None = None
    """Mean time of an answer in the comparison."""
    tuned_seconds: float | None = None
    base_tokens: float | None = None
    """Mean length of an answer in the comparison."""
    tuned_tokens: float | None = None
    comparison: TrainingComparison | None = None
    """`None` where no record was graded for both."""

    @field_validator("comparison")
    @classmethod
    def _tell_how(
        cls, found: TrainingComparison | None, info: ValidationInfo
    ) -> TrainingComparison | None:
        """The comparison says itself how its answers came about, those stored before, too."""
        known = {name: info.data[name] for name in _OF_ANSWERS if name in info.data}
        return None if found is None else found.model_copy(update=known)


class TrainingRun(Entity):
    """One training of a dataset."""

    id: str
    dataset_id: str
    number: int
    """Counts from 1 within the dataset."""
    job_id: str
    status: JobStatus
    """Of its job."""
    words: str
    """How far it is, e.g. `step 12 of 44`."""
    error: str
    """Why it failed; empty where it did not."""
    trainer: str
    base_model: str
    settings: TrainingSettings
    """Of our own script; a service has `remote.settings`."""
    num_epochs: int
    snapshot_id: str
    num_train: int
    num_held_out: int
    grader_version_id: str
    dry_run_id: str | None
    verdict: DryRunVerdict | None
    """Of that dry run; `None` where there was none."""
    reason: str
    """Why it was started against the verdict; empty where it was not."""
    estimate: dict[str, Any]
    """What was told before the start."""
    total_steps: int
    """0 while nobody knows."""
    place: TrainingPlace | None = None
    """What it computes on, as its trainer said last; `None` before it began."""
    remote: RemoteTraining | None = None
    """What is known of it at a service; `None` where our own script trains."""
    last: TrainingMetric | None
    """Of the last training step."""
    best: Checkpoint | None
    outcome: TrainingOutcome | None
    """`None` until it is done."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def num_done(self) -> int:
        """Training steps so far."""
        return 0 if self.last is None else self.last.step

    @property
    def num_passes(self) -> float | None:
        """How often each record was seen so far; `None` where a service does not tell."""
        if self.remote is not None:
            return None
        return self.num_done * self.settings.prompts_per_step / self.num_train
