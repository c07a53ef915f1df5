"""A training that a service does for us: what is set, and what is known of its job there."""

from typing import Final

from pydantic import Field

from rft_app.domain.entity import Entity

OPENAI_COMPATIBLE: Final = "openai_compatible"
"""The trainer's name."""
NOTICE: Final = (
    "OpenAI closes self-serve fine-tuning: no new jobs after 2027-01-06, and its only model for "
    "reinforcement fine-tuning is gone. The same API lives on at Azure, Bedrock and others: name "
    "one of those as provider."
)
"""Shown wherever this trainer is offered."""


class RemoteSettings(Entity):
    """How the service trains; what is `None` is left to it."""

    batch_size: int | None = Field(default=None, ge=1, le=100_000)
    """Records of one training step."""
    learning_rate_multiplier: float | None = Field(default=None, gt=0, le=1_000)
    """Of the learning rate that the service would take."""
    compute_multiplier: float | None = Field(default=None, gt=0, le=100)
    """How much is tried per record; above 1 costs more."""
    eval_interval: int | None = Field(default=None, ge=1, le=100_000)
    """Training steps between two validations."""
    eval_samples: int | None = Field(default=None, ge=1, le=10_000)
    """Answers to each held-out record in a validation."""
    num_compared: int = Field(default=64, ge=0, le=10_000)
    """Held-out records that base and tuned model answer in the end, through the same provider and
    paid; 0 for no comparison."""
    max_completion_tokens: int = Field(default=4_096, ge=4, le=131_072)
    """Of an answer in that comparison."""
    seed: int | None = Field(default=None, ge=0, lt=2**31)
    suffix: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")
    """A part of the tuned model's name."""


class RemoteEstimate(Entity):
    """What will be sent, and what nobody here knows."""

    num_records: int
    """Those that are sent; an estimate where `is_exact` is not true."""
    num_lacking: int
    """Records that are left out, because they lack something."""
    num_unasked: int
    """Of the others, those that are left out because they end with another's turn than the
    user's; always an estimate."""
    is_exact: bool
    num_epochs: int
    prompt_tokens: int
    """Mean length of a prompt."""
    formula: str


class RemoteTraining(Entity):
    """What is known of a training at its service."""

    provider: str
    """Name of the provider that trains."""
    settings: RemoteSettings = RemoteSettings()
    effort: str = ""
    """How long the model may think."""
    training_file: str = ""
    """The service's own name of what was uploaded; empty before."""
    validation_file: str = ""
    is_asked: bool = False
    """Whether a job may have been begun there: then none is begun without a look."""
    job_id: str = ""
    """The service's own; empty while none is known."""
    status: str = ""
    """The service's own word."""
    model: str = ""
    """Name of the tuned model at the provider; empty before it is there."""
    trained_tokens: int | None = None
    """What is billed, as the service says."""
