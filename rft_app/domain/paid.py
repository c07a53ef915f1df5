"""What was paid to a provider of models."""

from rft_app.domain.entity import Entity
from rft_app.domain.words import amount, count


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
    num_unpriced: int = 0
    """Calls whose cost is not known; they are what makes `cost_usd` unknown."""
    known_usd: float = 0.0
    """What the calls with a known cost come to."""

    @property
    def spend(self) -> str:
        """What was spent, as people read it while it goes on; empty where nothing was.

        Example:
            >>> PaidTotals(num_calls=3, known_usd=0.5).spend
            '$0.50 spent'
            >>> PaidTotals(num_calls=3, known_usd=0.5, num_unpriced=1).spend
            '$0.50 spent, unknown for 1 call'
            >>> PaidTotals(num_calls=3, num_unpriced=3).spend
            'cost unknown for 3 calls'
            >>> PaidTotals(num_calls=3).spend, PaidTotals().spend
            ('', '')
        """
        unknown = f"unknown for {count(self.num_unpriced, 'call')}" if self.num_unpriced else ""
        if self.known_usd:
            return f"{amount(self.known_usd)} spent" + (f", {unknown}" if unknown else "")
        return f"cost {unknown}" if unknown else ""


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
