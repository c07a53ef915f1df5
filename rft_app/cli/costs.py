"""What asking a model will cost, in words, before it is asked."""

from rft_app.cli.output import note
from rft_app.domain.generation import CostRange
from rft_app.domain.words import duration
from rft_app.services.call_times import CallTime
from rft_app.services.judge_costs import JudgeEstimate


def describe_asking(model: str | None, cost: CostRange, time: CallTime | None = None) -> str:
    """Who is asked, what that costs and takes, and how both come about.

    Example:
        >>> free = CostRange(
        ...     low_usd=0, expected_usd=0, high_usd=0, formula="2 calls; free.", prices_date=None
        ... )
        >>> describe_asking("small", free)
        'asks small, no cost. 2 calls; free.'
        >>> describe_asking("small", free, CallTime(seconds=3, formula="Time: assumed."))
        'asks small, no cost, time 3 s. Time: assumed. 2 calls; free.'
    """
    taken = f", time {duration(time.seconds)}. {time.formula}" if time else "."
    return f"asks {model}, {describe_price(cost)}{taken} {cost.formula}"


def describe_price(cost: CostRange) -> str:
    """What calls will cost, in dollars.

    Example:
        >>> unknown = dict.fromkeys(("low_usd", "expected_usd", "high_usd", "prices_date"))
        >>> describe_price(CostRange(**unknown, formula=""))
        'cost unknown'
    """
    low, high = cost.low_usd, cost.high_usd
    if low is None or high is None:
        return "cost unknown"
    return "no cost" if high == 0 else f"estimated cost ${low:.4f} to ${high:.4f}"


def tell_judge(found: JudgeEstimate | None, *, with_time: bool = False) -> None:
    """Say what a judge will cost, before anybody is asked; nothing where none is asked."""
    if found is not None and found.num_calls and not found.obstacle:
        time = found.time if with_time else None
        note(f"Judge: {describe_asking(found.model, found.cost, time)}")
