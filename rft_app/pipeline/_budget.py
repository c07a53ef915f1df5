"""Stops paid work when what it may cost is spent."""

from collections.abc import Callable, Sequence

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import GraderSpec, list_asking
from rft_app.domain.provider import ProviderKind
from rft_app.domain.words import amount, count
from rft_app.errors import InvalidInputError, ProviderError
from rft_app.llm.catalogue import Catalogue, Choice
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import RunningTotals


class Budget:
    """What a piece of work may cost, by the ledger; calls under way at the end come on top."""

    def __init__(self, limit_usd: float | None, totals: RunningTotals) -> None:
        """Prepare.

        Args:
            limit_usd: The most; `None` for no limit.
            totals: What the work paid so far.
        """
        self._limit_usd = limit_usd
        self._totals = totals

    def is_spent(self) -> bool:
        """Whether no further call may be begun."""
        if self._limit_usd is None:
            return False
        spent_usd = self._totals.sum_up().cost_usd
        return spent_usd is None or spent_usd >= self._limit_usd

    def stop_when_spent(self, stop: Callable[[], None]) -> None:
        """Call `stop` with the reply that spends it, so that no vote or repair is asked then."""
        if self._limit_usd is not None:
            self._totals.follow(lambda: stop() if self.is_spent() else None)

    def describe(self) -> str:
        """What was spent so far, beside the limit where there is one; empty where neither is."""
        return self._totals.sum_up().describe_spend(self._limit_usd)

    def spent_error(self, num_left: int, noun: str) -> ProviderError:
        """That no more may be asked, and the way on."""
        left = f"{count(num_left, noun)} left"
        if (num_unpriced := self._totals.sum_up().num_unpriced) > 0:
            message = (
                f"The budget cannot be kept, with {left}: what {count(num_unpriced, 'call')} cost "
                "is not known, because the provider does not count its tokens. Take the budget "
                "out and go on: nothing is paid twice."
            )
        else:
            message = (
                f"The budget of {amount(self._limit_usd or 0)} is spent, with {left}. "
                "Raise it and go on: nothing is paid twice."
            )
        return ProviderError(message, retryable=False)


def require_prices(session: Session, settings: DryRunSettings, spec: GraderSpec) -> None:
    """Check that a budget can be kept: every model that is asked has its prices.

    Raises:
        InvalidInputError: One has none; the message names each, who asks it, and the remedy.
        NotAvailableError: There is no model at all.
    """
    if settings.budget_usd is None:
        return
    catalogue = read_catalogue(session)
    asked = [("the answers", settings.sampling.model)] if settings.sampling else []
    parts = list_asking(spec)
    asked += [(f"the grader {name}" if name else "the judge", parts[name].model) for name in parts]
    found = [(role, catalogue.choose(model)) for role, model in asked]
    if unpriced := [(role, choice) for role, choice in found if not _is_priced(choice)]:
        raise InvalidInputError(_describe_unpriced(catalogue, unpriced), field="budget_usd")


def _is_priced(choice: Choice) -> bool:
    prices = choice.model.input_usd_per_million, choice.model.output_usd_per_million
    return None not in prices


def _describe_unpriced(catalogue: Catalogue, unpriced: Sequence[tuple[str, Choice]]) -> str:
    named = ", ".join(f"{catalogue.name_of(choice)} ({role})" for role, choice in unpriced)
    places = dict.fromkeys(_name_place(choice) for _, choice in unpriced)
    return (
        f"A budget cannot be kept: the prices of {named} are not known. Add them "
        f"{' and '.join(places)}, or leave the budget empty."
    )


def _name_place(choice: Choice) -> str:
    provider = choice.endpoint.provider
    if provider.kind is ProviderKind.ENVIRONMENT:
        return f"to RFT_LLM_MODELS ({choice.model.name}=in/out, dollars per million tokens)"
    return f"to the provider {provider.name} in Settings"
