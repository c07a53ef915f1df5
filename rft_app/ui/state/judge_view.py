"""What asking a judge will cost, and what it came to, in words."""

from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.paid import JudgeUse, PaidTotals
from rft_app.domain.provider import FREE, NO_JUDGE
from rft_app.services.call_times import CallTime
from rft_app.services.dry_run_resuming import StoppedRun
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.ui.words import count, dollar_range, dollars, duration


def describe_spent(paid: PaidTotals) -> str:
    """Calls, tokens and cost.

    Example:
        >>> describe_spent(PaidTotals(num_calls=5, num_prompt_tokens=900, cost_usd=0.02))
        '5 calls paid · 900 tokens · $0.02'
        >>> describe_spent(PaidTotals(num_calls=1, num_prompt_tokens=None, cost_usd=None))
        '1 call paid · tokens not counted · cost unknown'
        >>> describe_spent(PaidTotals()), describe_spent(PaidTotals(num_cached=2))
        ('Nothing was paid', 'Nothing was paid · 2 replies cached')
        >>> describe_spent(PaidTotals(num_calls=2, num_prompt_tokens=900, cost_usd=0.0))
        '2 calls · 900 tokens · free'
        >>> describe_spent(PaidTotals(num_calls=3, cost_usd=None, known_usd=0.5, num_unpriced=1))
        '3 calls paid · 0 tokens · $0.50, unknown for 1 call'
        >>> describe_spent(PaidTotals(num_lost=1))
        'Nothing was paid · 1 call without a whole reply; the provider may have charged for it'
    """
    cached = f" · {count(paid.num_cached, 'reply', 'replies')} cached" if paid.num_cached else ""
    cached += f" · {paid.lost}" if paid.lost else ""
    if not paid.num_calls:
        return f"Nothing was paid{cached}"
    given, taken = paid.num_prompt_tokens, paid.num_completion_tokens
    tokens = "tokens not counted"
    if given is not None and taken is not None:
        tokens = f"{given + taken:,} tokens"
    if paid.cost_usd == 0:
        return f"{count(paid.num_calls, 'call')} · {tokens} · free{cached}"
    return f"{count(paid.num_calls, 'call')} paid · {tokens} · {describe_cost(paid)}{cached}"


def describe_cost(paid: PaidTotals) -> str:
    """What is known of a cost, and for how many calls it is not.

    Example:
        >>> describe_cost(PaidTotals(num_calls=2, cost_usd=0.02))
        '$0.02'
        >>> describe_cost(PaidTotals(num_calls=2, cost_usd=None, num_unpriced=2))
        'cost unknown'
    """
    if paid.cost_usd is not None:
        return dollars(paid.cost_usd)
    if not paid.known_usd:
        return "cost unknown"
    return f"{dollars(paid.known_usd)}, unknown for {count(paid.num_unpriced, 'call')}"


def describe_use(use: JudgeUse) -> str:
    """Who judged a dry run, and for how much."""
    return f"{use.model}: {describe_spent(use.paid)}"


def describe_estimate(found: JudgeEstimate | None) -> str:
    """What the next dry run asks and costs."""
    if found is None:
        return "Free, runs on this machine."
    if found.obstacle:
        return found.obstacle
    if found.is_demo:
        calls = count(found.num_calls, "time")
        amounts = describe_amounts(found.tokens, found.time)
        return f"Asks {found.model} {calls}: {FREE}{amounts}. {NO_JUDGE}"
    asked = f"Asks {found.model} {count(found.num_calls, 'time')}, {describe_price(found.cost)}"
    return f"{asked}{describe_amounts(found.tokens, found.time)}."


def describe_amounts(tokens: TokenEstimate, time: CallTime | None) -> str:
    """Tokens and time, to be put behind a price; empty where no time is known.

    Example:
        >>> tokens = TokenEstimate(num_prompt_tokens=12_000, num_reply_tokens=800)
        >>> describe_amounts(tokens, CallTime(seconds=48, formula="", paced_by=3))
        ', about 12,000 tokens in and 800 out, about 48 s at the pace of run 3'
    """
    if time is None:
        return ""
    pace = f" at the pace of run {time.paced_by}" if time.paced_by else " (assumed)"
    return (
        f", about {tokens.num_prompt_tokens:,} tokens in and {tokens.num_reply_tokens:,} out, "
        f"about {duration(time.seconds)}{pace}"
    )


def describe_stopped(found: StoppedRun | None) -> str:
    """What going on asks and costs; empty where there is no run to go on with."""
    if found is None:
        return ""
    left = f"{found.num_left:,} of {count(found.num_planned, 'rollout')} left"
    cost = "free"
    if found.whole is not None and found.num_left:
        cost = _priced(found.whole.cost, found.share_left)
    if found.answers is not None and found.num_unsampled:
        left = f"{found.num_unsampled:,} of {count(found.num_planned, 'answer')} to ask for"
        cost = _priced(found.answers.cost, found.share_unsampled)
    late = f" {found.changes} since it began; its result will be out of date."
    return f"{left}, {cost}.{late if found.changes else ''}"


def describe_price(cost: CostRange) -> str:
    """What calls will cost, by the prices of which day."""
    return _priced(cost) + (f", prices of {cost.prices_date}" if cost.prices_date else "")


def _priced(price: CostRange, share: float = 1.0) -> str:
    low, high = price.low_usd, price.high_usd
    if low is None or high is None:
        return "cost unknown"
    cost = dollar_range(share * low, share * high)
    return f"about {cost}" if cost.startswith("$") else cost
