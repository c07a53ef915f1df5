"""What a person chooses before a training, and what the data says about it."""

from enum import StrEnum

from pydantic import Field

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.entity import Entity


class Effort(StrEnum):
    """How long a reasoning model may think."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class TrainingDraft(Entity):
    """The choices of the training form; kept per dataset until a training uses them."""

    trainer: str = Field(default="trl_local", max_length=50)
    """Where it is trained."""
    provider: str = Field(default="", max_length=200)
    """Which provider trains, where one does; empty takes the first."""
    base_model: str = Field(default="", max_length=200)
    """What is trained further, as its trainer names it; empty while nothing is chosen."""
    train_ratio: float = Field(default=0.8, ge=0.5, le=0.95)
    """Share of the records to train on; the rest is held out."""
    stratify_by_topic: bool = True
    """Whether that share is cut within each topic; else over all records at once."""
    test_generated: bool = False
    """Whether generated records may be held out."""
    num_epochs: int = Field(default=3, ge=1, le=20)
    effort: Effort = Effort.MEDIUM


class TrainingOutlook(Entity):
    """What a training would use, as the data is now."""

    num_train: int
    num_held_out: int
    num_topics_held_out: int
    """Leaf topics with at least one held-out record."""
    num_topics: int
    grader: str | None
    """Such as `script v3`; `None` where none is saved."""
    verdict: DryRunVerdict | None
    """Of the last dry run; `None` before the first."""
    is_verdict_current: bool
    """Whether nothing has changed since that dry run."""
