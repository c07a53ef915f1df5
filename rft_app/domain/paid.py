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
    num_lost: int = 0
    """Calls without a whole reply, e.g. because it was cut off: the provider may have charged for
    them; they are in no other figure."""
    most_killed: int = 0
    """Most calls that were under way when workers were killed: nobody knows how many of them the
    provider charged for; they are in no other figure."""

    @property
    def is_empty(self) -> bool:
        """Whether no model was asked in vain or otherwise."""
        return not self.num_calls and not self.num_lost and not self.most_killed

    @property
    def lost(self) -> str:
        """What to know of calls without a whole reply; empty where there are none.

        Example:
            >>> PaidTotals(num_lost=2).lost
            '2 calls without a whole reply; the provider may have charged for them'
            >>> PaidTotals(most_killed=8).lost.partition(";")[0]
            'up to 8 calls under way when a worker was killed'
            >>> PaidTotals(num_lost=1, most_killed=1).lost.partition(" when")[0]
            '1 call without a whole reply, and up to 1 call under way'
        """
        told: list[str] = []
        if self.num_lost:
            told.append(f"{count(self.num_lost, 'call')} without a whole reply")
        if self.most_killed:
            told.append(
                f"up to {count(self.most_killed, 'call')} under way when a worker was killed"
            )
        if not told:
            return ""
        them = "it" if self.num_lost + self.most_killed == 1 else "them"
        return f"{', and '.join(told)}; the provider may have charged for {them}"

    def describe_spend(self, limit_usd: float | None = None) -> str:
        """What was spent, as people read it while it goes on; empty where nothing was.

        Example:
            >>> PaidTotals(num_calls=3, known_usd=0.5).describe_spend()
            '$0.50 spent'
            >>> PaidTotals(num_calls=3, known_usd=0.5, num_unpriced=1).describe_spend()
            '$0.50 spent, unknown for 1 call'
            >>> PaidTotals(num_calls=3, num_unpriced=3).describe_spend()
            'cost unknown for 3 calls'
            >>> PaidTotals(num_calls=3, known_usd=0.5, num_lost=1).describe_spend(1.0)
            '$0.50 of $1.00 spent, 1 call without a whole reply'
            >>> PaidTotals(num_calls=3).describe_spend(), PaidTotals().describe_spend()
            ('', '')
        """
        unknown = f"unknown for {count(self.num_unpriced, 'call')}" if self.num_unpriced else ""
        limit = "" if limit_usd is None else f" of {amount(limit_usd)}"
        has_figure = self.known_usd or (limit and not unknown)
        spent = f"{amount(self.known_usd)}{limit} spent" if has_figure else ""
        told = [spent, unknown if spent or not unknown else f"cost {unknown}"]
        if self.num_lost:
            told.append(f"{count(self.num_lost, 'call')} without a whole reply")
        return ", ".join(part for part in told if part)


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
    num_cut: int = 0
    """Answers that reached the longest length; not counted of a judge's replies."""
