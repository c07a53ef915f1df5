"""One prompt to several models, on the wire."""

from typing import Any

from pydantic import Field, model_validator

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain.grading import Abstention, GradingFailure, Verdict
from rft_app.domain.record import RecordId
from rft_app.services.answering import Answering
from rft_app.services.grader_trial import require_record_id
from rft_app.services.playground import MAX_TEXT, MAX_TOKENS, Prompt, Sampled
from rft_app.services.side_by_side import MAX_MODELS, SideBySide


class AskRequest(WireRequest):
    """What to ask: a prompt of one's own, or a record's."""

    user: str = Field(default="", max_length=MAX_TEXT)
    system: str = Field(default="", max_length=MAX_TEXT)
    record_id: str | None = None
    """Whose prompt is asked, instead of one's own."""
    models: list[str] = Field(default_factory=list[str], max_length=MAX_MODELS)
    """Whom to ask; the base and the newest tuned model unless given."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=256, ge=1, le=MAX_TOKENS)

    @model_validator(mode="after")
    def _require_one(self) -> "AskRequest":
        if (self.record_id is None) is not bool(self.user.strip()):
            raise ValueError("give either user, the prompt, or recordId")
        if self.record_id is not None and self.system:
            raise ValueError("system is for a prompt of one's own; a record has its own")
        return self

    def to_prompt(self) -> Prompt | RecordId:
        """Convert to what is asked.

        Raises:
            InvalidInputError: `recordId` is no record's id.
        """
        if self.record_id is not None:
            return require_record_id(self.record_id)
        return Prompt(system=self.system, user=self.user)

    def to_sampled(self) -> Sampled:
        """Convert to how it is answered."""
        return Sampled(temperature=self.temperature, max_tokens=self.max_tokens)


class ModelAnswer(Wire):
    """What one model said, and what the grader says of it."""

    model: str
    text: str
    refusal: str
    tool_calls: list[dict[str, Any]]
    finish_reason: str | None
    failure: str | None
    """Why there is no whole answer, and what to do; what came before stays in `text`."""
    first_s: float | None
    """Seconds until the answer began."""
    total_s: float
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    """`null` where tokens or prices are not known."""
    score: float | None
    """`null` where it was not graded; then `error` says why, unless the grader was not asked."""
    abstained: bool
    reason: str | None
    error: str | None

    @classmethod
    def of(cls, model: str, side: Answering) -> "ModelAnswer":
        """Convert from the use case."""
        reply, outcome = side.reply, side.outcome
        error = side.grading_fault or None
        if isinstance(outcome, GradingFailure):
            error = f"{outcome.failure_kind}: {outcome.message}"
        return cls(
            model=model,
            text=reply.text,
            refusal=reply.refusal,
            tool_calls=list(reply.tool_calls),
            finish_reason=reply.finish_reason,
            failure=None if reply.failure is None else reply.failure.explanation,
            first_s=reply.first_s,
            total_s=reply.total_s,
            prompt_tokens=reply.num_prompt_tokens,
            completion_tokens=reply.num_completion_tokens,
            cost_usd=reply.cost_usd,
            score=outcome.reward if isinstance(outcome, Verdict) else None,
            abstained=isinstance(outcome, Abstention),
            reason=outcome.reason if isinstance(outcome, Verdict | Abstention) else None,
            error=error,
        )


class ModelAnswers(Wire):
    """What several models said to one prompt."""

    system: str
    user: str
    record_id: str | None
    """Whose prompt it was; `null` for one's own."""
    reference: str | None
    is_held_out: bool | None
    """Whether the newest training did not learn from the record; `null` without one."""
    answers: list[ModelAnswer]
    notes: list[str]
    """What to know of the answers and their grades."""

    @classmethod
    def of(cls, found: SideBySide) -> "ModelAnswers":
        """Convert from the use case."""
        record = found.record
        return cls(
            system=found.prompt.system,
            user=found.prompt.user,
            record_id=None if record is None else record.record_id,
            reference=None if record is None else record.reference,
            is_held_out=None if record is None else record.is_held_out,
            answers=list(map(ModelAnswer.of, found.models, found.sides)),
            notes=list(found.notes),
        )
