"""Stops paid work when what it may cost is spent."""

from rft_app.domain.provider import Model
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError, ProviderError
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.session import reading


class Budget:
    """What a piece of work may cost, by the ledger; calls under way at the end come on top."""

    def __init__(self, limit_usd: float | None, *scopes: str) -> None:
        """Prepare.

        Args:
            limit_usd: The most; `None` for no limit.
            scopes: Where the ledger keeps what the work pays.
        """
        self._limit_usd = limit_usd
        self._scopes = scopes

    def require_price(self, model: Model) -> None:
        """Check that what the model costs is known, where there is a limit.

        Raises:
            InvalidInputError: It is not.
        """
        known = model.input_usd_per_million is not None and model.output_usd_per_million is not None
        if self._limit_usd is not None and not known:
            raise InvalidInputError(
                f"A budget cannot be kept: the prices of {model.name} are not known. Add them to "
                "the provider, or leave the budget empty.",
                field="budget_usd",
            )

    def is_spent(self) -> bool:
        """Whether no further call may be begun."""
        if self._limit_usd is None:
            return False
        spent_usd = self._find_spent()
        return spent_usd is None or spent_usd >= self._limit_usd

    def describe(self) -> str:
        """What was spent so far; empty without a limit."""
        if self._limit_usd is None:
            return ""
        spent_usd = self._find_spent()
        spent = "unknown" if spent_usd is None else _dollars(spent_usd)
        return f"{spent} of {_dollars(self._limit_usd)} spent"

    def spent_error(self, num_left: int, noun: str) -> ProviderError:
        """That no more may be asked, and the way on."""
        left = f"{count(num_left, noun)} left"
        if self._find_spent() is None:
            message = (
                f"The budget cannot be kept, with {left}: the provider does not count its tokens. "
                "Take the budget out and go on: nothing is paid twice."
            )
        else:
            message = (
                f"The budget of {_dollars(self._limit_usd or 0)} is spent, with {left}. "
                "Raise it and go on: nothing is paid twice."
            )
        return ProviderError(message, retryable=False)

    def _find_spent(self) -> float | None:
        """In USD; `None` where a reply has no known cost."""
        with reading() as session:
            paid = [sum_paid_calls(session, scope).cost_usd for scope in self._scopes]
        known = [cost for cost in paid if cost is not None]
        return sum(known) if len(known) == len(paid) else None


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.01 or not value else f"${value:.2g}"
