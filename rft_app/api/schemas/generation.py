"""Generation on the wire: settings, plan, result, and candidates under review."""

from typing import Any

from pydantic import Field, StrictBool

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.export import RecordSelection
from rft_app.api.schemas.record import (
    DataInfo,
    DatasetRecord,
    Message,
)
from rft_app.domain import generation as domain
from rft_app.domain import message as messages
from rft_app.domain.candidate import (
    CandidateReview,
    CandidateState,
    GeneratedDraft,
    ReviewCounts,
)
from rft_app.domain.generation import GenerationReport, GenerationSettings, StrategyName
from rft_app.domain.provider import DEMO_QUALITY
from rft_app.domain.record import RecordId, Selection
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.services.generation import read_settings
from rft_app.services.models import ModelChoice, ModelChoices

MAX_IDS = 500


class Model(Wire):
    """One configured model."""

    name: str
    provider: str
    input_usd_per_million: float | None
    """USD for a million prompt tokens; `null` where it is not known, which is not free."""
    output_usd_per_million: float | None
    quality: str | None
    """`demo quality` of the embedded model, which is free, runs here, and is no judge."""
    label: str
    """Where a model that was trained here comes from, e.g. `trained here, run 3 of Support`; empty
    for others."""

    @classmethod
    def of(cls, found: ModelChoice) -> "Model":
        """Convert from the use case."""
        fields = found.model_dump(exclude={"is_demo"})
        return cls(**fields, quality=DEMO_QUALITY if found.is_demo else None)


class Models(Wire):
    """The configured provider."""

    is_configured: bool
    models: list[Model]
    """The preferred one first."""
    prices_date: str | None
    base_url: str | None
    how_to: str | None
    """How to configure a provider, where there is none."""

    @classmethod
    def of(cls, found: ModelChoices) -> "Models":
        """Convert from the use case."""
        return cls(
            is_configured=found.is_configured,
            models=[Model.of(model) for model in found.models],
            prices_date=found.prices_date.isoformat() if found.prices_date else None,
            base_url=found.base_url or None,
            how_to=found.how_to or None,
        )


class GenerationConfig(WireRequest):
    """What can be chosen."""

    strategy: StrategyName = StrategyName.MESSAGE_VARIATION
    variations_per_record: int = Field(default=3, ge=1, le=20)
    preserve_intent: StrictBool = True
    temperature: float = Field(default=0.8, ge=0, le=2)
    max_synthetic_ratio: float = Field(default=0.3, gt=0, le=1)
    """Largest share of generated records, above 0 up to 1."""
    model: str | None = None
    """`null` takes the first configured one."""
    topics: list[str] | None = None
    """Only these leaves, or what is below these branches."""
    seed: int = Field(default=0, ge=0, lt=2**31)

    def to_settings(self) -> GenerationSettings:
        """Convert to the domain."""
        return read_settings(self.model_dump(by_alias=False))


class _Sources(WireRequest):
    source_record_ids: list[str] | None = None
    selection: RecordSelection | None = None
    """Records by a filter, instead of ids."""

    def to_selection(self) -> Selection | None:
        """The records to start from.

        Raises:
            InvalidInputError: Both ways of choosing are used.
        """
        if self.source_record_ids is not None and self.selection is not None:
            raise InvalidInputError("Send sourceRecordIds or a selection, not both.")
        if self.source_record_ids is not None:
            return Selection(only=tuple(map(RecordId, self.source_record_ids)))
        return None if self.selection is None else self.selection.to_selection()


class GenerateRequest(_Sources):
    """A run: settings, and the records to start from; without records it fills the gaps."""

    config: GenerationConfig = GenerationConfig()


class PlanRequest(GenerationConfig, _Sources):
    """Settings as the spec sends them, and the records to start from."""

    def to_settings(self) -> GenerationSettings:
        """Convert to the domain."""
        sources = set(_Sources.model_fields)
        return read_settings(self.model_dump(by_alias=False, exclude=sources))


class TopicGeneration(Wire):
    """What one topic gets."""

    current_count: int
    target_count: int
    to_generate: int
    pending_count: int
    """Generated before and waiting for review."""
    source_count: int
    note: str | None
    """Why it gets fewer than its target asks for."""


class CostRange(Wire):
    """Lowest and highest cost in USD."""

    low: float
    high: float

    @classmethod
    def of(cls, cost: domain.CostRange) -> "CostRange | None":
        """Convert from the domain; `None` where it is not known."""
        if cost.low_usd is None or cost.high_usd is None:
            return None
        return cls(low=cost.low_usd, high=cost.high_usd)


class GenerationPlan(Wire):
    """What a run would do."""

    total_to_generate: int
    by_topic: dict[str, TopicGeneration]
    """The empty key stands for records without a topic."""
    estimated_cost: float | None
    """USD; `null` where the price is not known, never 0 for that."""
    cost_range: CostRange | None
    cost_formula: str
    prices_date: str | None
    model: str | None
    calls: int
    prompt_tokens: int
    reply_tokens: int
    allowed: int | None
    """How many the largest synthetic share allows; `null` without a limit."""
    notes: list[str]

    @classmethod
    def of(cls, plan: domain.GenerationPlan) -> "GenerationPlan":
        """Convert from the domain."""
        cost = plan.cost
        return cls(
            total_to_generate=plan.num_to_generate,
            by_topic={topic.key: _to_topic(topic) for topic in plan.topics},
            estimated_cost=cost.expected_usd,
            cost_range=CostRange.of(cost),
            cost_formula=cost.formula,
            prices_date=cost.prices_date,
            model=plan.model,
            calls=plan.num_calls,
            prompt_tokens=plan.tokens.num_prompt_tokens,
            reply_tokens=plan.tokens.num_reply_tokens,
            allowed=plan.num_allowed,
            notes=list(plan.notes),
        )


def _to_topic(topic: domain.TopicPlan) -> TopicGeneration:
    return TopicGeneration(
        current_count=topic.current_count,
        target_count=topic.target_count,
        to_generate=topic.num_to_generate,
        pending_count=topic.num_pending,
        source_count=topic.num_sources,
        note=topic.note or None,
    )


class GenerationResult(Wire):
    """What a run came to; its records wait for review."""

    generated: int
    valid: int
    """Those that pass every check."""
    run_id: str
    planned: int
    calls: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None
    """USD; `null` where any call has no known cost."""
    failures: dict[str, int]
    """Calls without a usable reply, by kind."""
    note: str | None

    @classmethod
    def of(cls, report: GenerationReport) -> "GenerationResult":
        """Convert from the domain."""
        return cls(
            generated=report.num_generated,
            valid=report.num_passing,
            run_id=report.run_id,
            planned=report.num_planned,
            calls=report.num_calls,
            prompt_tokens=report.num_prompt_tokens,
            completion_tokens=report.num_completion_tokens,
            cost=report.cost_usd,
            failures=dict(report.failures),
            note=report.note or None,
        )


class CandidateChecks(Wire):
    """What the machine found."""

    passes: bool
    faults: list[str]
    """What speaks against it, in words."""
    reason: Reason | None
    """Why it would be invalid."""
    near_duplicate_of: str | None
    """A record or an earlier candidate."""
    similarity: float | None
    nearest_topic: str | None
    topic_kept: bool | None


class Candidate(Wire):
    """One generated record beside what it was made from."""

    id: str
    run_id: str
    state: CandidateState
    strategy: StrategyName
    model: str
    topic: str | None
    data: DataInfo
    reference: str | None
    metadata: dict[str, Any] | None
    checks: CandidateChecks
    is_edited: bool
    record_id: str | None
    """What it became."""
    source: DatasetRecord | None
    created_at: int

    @classmethod
    def of(cls, review: CandidateReview, dataset_id: str) -> "Candidate":
        """Convert from the domain."""
        found, source = review.candidate, review.source
        checks = found.checks
        return cls(
            id=found.id,
            run_id=found.run_id,
            state=found.state,
            strategy=found.strategy,
            model=found.model,
            topic=found.topic,
            data=DataInfo.of(found.draft),
            reference=found.draft.reference,
            metadata=found.draft.metadata or None,
            checks=CandidateChecks(
                passes=checks.passes,
                faults=list(checks.faults),
                reason=checks.reason,
                near_duplicate_of=checks.near_record or checks.near_candidate,
                similarity=checks.similarity,
                nearest_topic=checks.nearest_topic,
                topic_kept=checks.is_topic_kept,
            ),
            is_edited=found.is_edited,
            record_id=found.record_id,
            source=None if source is None else DatasetRecord.of(source, dataset_id, None),
            created_at=found.created_at,
        )


class CandidateIds(WireRequest):
    """Which candidates a decision is about."""

    candidate_ids: list[str] = Field(min_length=1, max_length=MAX_IDS)


class EditedCandidate(WireRequest):
    """A candidate as a person wants it."""

    data: DataInfo
    reference: str | None = None
    metadata: dict[str, Any] | None = None

    def to_draft(self) -> GeneratedDraft:
        """Convert to the domain.

        Raises:
            InvalidInputError: The output holds more than one message.
        """
        output = self.data.output.messages or []
        if len(output) > 1:
            raise InvalidInputError("The output holds one message: the answer.")
        return GeneratedDraft(
            input=tuple(map(_to_message, self.data.input.messages)),
            output=tuple(map(_to_message, output)),
            tools=tuple(self.data.input.tools or ()),
            tool_choice=self.data.input.tool_choice,
            reference=self.reference,
            metadata=self.metadata or {},
        )


def _to_message(message: Message) -> messages.Message:
    return messages.Message.model_validate(message.model_dump(by_alias=False, exclude_unset=True))


class Accepted(Wire):
    """What an acceptance made."""

    record_ids: list[str]
    faults: list[str] = []
    """What the checks say against a record as it was edited; it was accepted all the same."""


class Changed(Wire):
    """How many candidates a decision changed."""

    changed: int


class AcceptedGenerated(Wire):
    """What accepting all that pass came to."""

    accepted: int


class ReviewCountsView(Wire):
    """How many candidates of the dataset are in which state."""

    pending: int
    passing: int
    """Pending ones that pass every check."""
    accepted: int
    rejected: int

    @classmethod
    def of(cls, counts: ReviewCounts) -> "ReviewCountsView":
        """Convert from the domain."""
        return cls(
            pending=counts.num_pending,
            passing=counts.num_passing,
            accepted=counts.num_accepted,
            rejected=counts.num_rejected,
        )
