"""What was paid to a provider of models."""

from rft_app.domain.entity import Entity


class PaidTotals(Entity):
    """What a piece of work paid for."""

    num_calls: int = 0
    num_prompt_tokens: int | None = 0
    num_completion_tokens: int | None = 0
    """`None` where any reply was not counted."""
    cost_usd: float | None = 0.0
    """`None` where any reply has no known cost; 0 only where nothing was paid."""


class JudgeUse(Entity):
    """What a dry run's judge was asked and what that cost."""

    model: str
    paid: PaidTotals
    note: str = ""
    """What a person should know of these calls; mostly empty."""
