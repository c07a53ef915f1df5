"""What was paid to a provider of models."""

from rft_app.domain.entity import Entity


class PaidTotals(Entity):
    """What a piece of work paid for."""

    num_calls: int = 0
    num_cached: int = 0
    """Replies that had been paid before and served again; they are in no other figure."""
    num_prompt_tokens: int | None = 0
    num_completion_tokens: int | None = 0
    """`None` where any reply was not counted."""
    cost_usd: float | None = 0.0
    """`None` where any reply has no known cost; 0 only where nothing was paid."""


class CacheUse(Entity):
    """Replies that serve again whoever asks the same."""

    num_replies: int
    num_bytes: int
    num_served: int
    """Calls that need not be paid, because a reply served again."""


class JudgeUse(Entity):
    """What a dry run's judge was asked and what that cost."""

    model: str
    paid: PaidTotals
    note: str = ""
    """What a person should know of these calls; mostly empty."""
