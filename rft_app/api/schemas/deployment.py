"""Deployments on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain.deployment import (
    MAX_REASON,
    DeploymentAction,
    DeploymentChange,
    DeploymentDraft,
    DeploymentState,
    DeployMode,
    Variant,
)
from rft_app.domain.deployment import Deployment as Stored
from rft_app.domain.deployment import DeploymentEvent as StoredEvent
from rft_app.services.deployment_figures import DeploymentReport as Report
from rft_app.services.deployment_figures import VariantFigures as Figures

_DEFAULT = DeploymentDraft()


class DeployRequest(WireRequest):
    """Which model takes which share of an alias."""

    mode: DeployMode
    """`shadow` answers with the base and asks the tuned model behind the answer."""
    ab_test_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Share of the traffic that the tuned model gets in an A/B test; 0.1 unless set."""
    alias: str = ""
    """The model name that clients send. Without it, the base model's own."""
    base_model: str = ""
    """As the list of providers names it, e.g. `my-vllm/support`."""
    tuned_model: str = ""
    graded_share: float = Field(default=_DEFAULT.graded_share, ge=0, le=1)
    """Share of the answers that the dataset's grader looks at."""
    max_graded_per_day: int = Field(default=_DEFAULT.max_graded_per_day, ge=0, le=100_000)
    """Most answers in a day that a grader which asks a model looks at."""
    reason: str = Field(default="", max_length=MAX_REASON)

    def to_draft(self) -> DeploymentDraft:
        """The choices."""
        values = self.model_dump(exclude={"ab_test_ratio", "reason"}, by_alias=False)
        if self.ab_test_ratio is not None:
            values["ab_test_share"] = self.ab_test_ratio
        return DeploymentDraft.model_validate(values)


class AdjustRequest(WireRequest):
    """What changes of a running deployment."""

    ab_test_ratio: float | None = Field(default=None, gt=0, lt=1)
    """Makes an A/B test of a deployment that was none."""
    graded_share: float | None = Field(default=None, ge=0, le=1)
    max_graded_per_day: int | None = Field(default=None, ge=0, le=100_000)
    reason: str

    def to_change(self) -> DeploymentChange:
        """The changes."""
        return DeploymentChange(
            ab_test_share=self.ab_test_ratio,
            graded_share=self.graded_share,
            max_graded_per_day=self.max_graded_per_day,
        )


class ReasonRequest(WireRequest):
    """Why."""

    reason: str


class Deployment(Wire):
    """An alias and the models behind it."""

    id: str
    dataset_id: str
    alias: str
    mode: DeployMode
    base_model: str | None
    tuned_model: str
    tuned_share: float
    """Share of the traffic that the tuned model answers, in [0, 1]."""
    graded_share: float
    max_graded_per_day: int
    state: DeploymentState
    """`rolled_back` keeps the alias: the base answers all of it."""
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, stored: Stored) -> "Deployment":
        """The same on the wire."""
        return cls(**stored.model_dump())


class DeployResult(Wire):
    """The spec's answer, and the deployment."""

    model_id: str
    """What clients send as `model`."""
    endpoint: str
    """Where, below this server's address."""
    deployment: Deployment


class VariantFigures(Wire):
    """What one model behind an alias did; unknown is `null` and never 0."""

    variant: Variant
    model: str | None
    num_requests: int
    num_shadow: int
    """Of them, those that nobody waited for."""
    num_errors: int
    num_cancelled: int
    """Calls whose client went away."""
    num_left_waiting: int
    """Of them, those whose client had heard nothing yet."""
    num_fallbacks: int
    """Of its requests, those that the other model should have answered and could not."""
    error_rate: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    num_counted: int
    """Requests whose tokens are known; the tokens are theirs."""
    num_feedback: int
    mean_feedback: float | None
    num_graded: int
    mean_reward: float | None
    reward_low: float | None
    """An interval that holds however often somebody looks."""
    reward_high: float | None
    num_waiting: int
    num_failed: int
    """Answers that the grader could not judge; they are in no mean."""
    num_abstained: int
    num_skipped: int

    @classmethod
    def of(cls, figures: Figures) -> "VariantFigures":
        """The same on the wire."""
        return cls(**figures.model_dump())


class DeploymentEvent(Wire):
    """Who did what, when and why."""

    at: datetime
    actor: str
    action: DeploymentAction
    reason: str
    settings: dict[str, Any]
    """What counted from then on."""

    @classmethod
    def of(cls, event: StoredEvent) -> "DeploymentEvent":
        """The same on the wire."""
        return cls(**event.model_dump())


class ErrorCount(Wire):
    """One kind of error and how often it came."""

    variant: Variant
    kind: str
    number: int


class DeploymentReport(Wire):
    """A deployment with its figures and its history."""

    deployment: Deployment
    variants: list[VariantFigures]
    grader: str | None
    difference: float | None
    """Mean reward of the tuned model less that of the base; `null` while one has none."""
    difference_low: float | None
    difference_high: float | None
    is_paired: bool
    alpha: float
    """Chance that the interval is wrong at any time, however often somebody looks."""
    is_enough: bool
    evidence: str
    notes: list[str]
    errors: list[ErrorCount]
    history: list[DeploymentEvent]

    @classmethod
    def of(cls, report: Report) -> "DeploymentReport":
        """The same on the wire."""
        plain = report.model_dump(exclude={"deployment", "variants", "errors", "history", "notes"})
        return cls(
            **plain,
            deployment=Deployment.of(report.deployment),
            variants=[VariantFigures.of(one) for one in report.variants],
            notes=list(report.notes),
            errors=[ErrorCount(**one.model_dump()) for one in report.errors],
            history=[DeploymentEvent.of(one) for one in report.history],
        )
