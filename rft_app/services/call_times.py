"""How long calls of a model will take, before any is made."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import mean, median
from typing import Literal

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.generation import TokenEstimate
from rft_app.domain.words import count
from rft_app.llm.catalogue import Choice
from rft_app.pipeline._scopes import sampling_scope
from rft_app.storage import dry_runs
from rft_app.storage.paid_calls import list_paid_moments

PAUSE_S = 120.0
SLOW = 3.0
"""Gaps of so many times the usual one are still work where replies take long."""
START_S, TOKENS_PER_S = 1.0, 50.0
"""Assumed of a call where nothing was measured: until its reply begins, and how fast that comes."""
DEMO_TOKENS_PER_S = 60.0
"""Assumed of the embedded model, for all calls together: they share this machine."""


class CallTime(Entity):
    """An estimate of the time that some calls take."""

    seconds: float
    formula: str
    """How it comes about, with what is assumed; a sentence."""
    paced_by: int | None = None
    """The number of the dry run that it was measured in; `None` where it is assumed."""


def find_time(
    session: Session, dataset_id: str, role: Literal["sampler", "judge"], model: str, num_calls: int
) -> CallTime | None:
    """By the pace of the newest finished dry run that asked the model; `None` where there is none.

    Of no use is a run whose replies all had been paid before.
    """
    for run in dry_runs.list_dry_runs(session, dataset_id):
        use = getattr(run.report, role) if run.report else None
        if use is None or use.model != model or run.job_id is None:
            continue
        is_sampler = role == "sampler"
        moments = list_paid_moments(
            session, sampling_scope(run.job_id) if is_sampler else run.job_id
        )
        moments = [run.created_at, *moments] if is_sampler else moments
        if len(moments) > 1:
            each_s = find_mean_gap(moments)
            return CallTime(
                seconds=num_calls * each_s,
                formula=f"Time: {count(num_calls, 'call')} × {each_s:.2g} s, the pace of run "
                f"{run.number}.",
                paced_by=run.number,
            )
    return None


def assume_time(choice: Choice, tokens: TokenEstimate, num_calls: int) -> CallTime:
    """By what is assumed of a call, by how many the provider takes at a time, and by its limits."""
    provider, calls = choice.endpoint.provider, count(num_calls, "call")
    if provider.is_demo:
        return CallTime(
            seconds=tokens.num_reply_tokens / DEMO_TOKENS_PER_S,
            formula=f"Time: nothing measured yet; assumed {DEMO_TOKENS_PER_S:g} reply tokens a "
            "second in all on this machine.",
        )
    each_s = START_S + tokens.num_reply_tokens / max(1, num_calls) / TOKENS_PER_S
    at_once = max(1, min(provider.concurrency, num_calls))
    assumed = (
        f"Time: nothing measured yet; assumed {START_S:g} s and {TOKENS_PER_S:g} reply tokens a "
        f"second: {calls} × {each_s:.1f} s, {at_once} at a time"
    )
    found = [(num_calls * each_s / at_once, assumed)]
    if (limit := provider.requests_per_minute) is not None:
        told = f"Time: {calls} at {limit:,} requests a minute, the provider's limit"
        found.append((60 * num_calls / limit, told))
    if (limit := provider.tokens_per_minute) is not None:
        used = tokens.num_prompt_tokens + tokens.num_reply_tokens
        told = f"Time: {used:,} tokens at {limit:,} a minute, the provider's limit"
        found.append((60 * used / limit, told))
    seconds, formula = max(found)
    return CallTime(seconds=seconds, formula=f"{formula}.")


def find_mean_gap(moments: Sequence[datetime]) -> float:
    """Seconds from one moment to the next, without the pauses in which nothing was asked.

    A client never waits longer than `PAUSE_S` between two attempts; so long a gap is a pause,
    unless most gaps are that long, because the model is slow.

    Example:
        >>> day = datetime(2026, 11, 23)
        >>> find_mean_gap([day.replace(minute=minute) for minute in (0, 1, 2, 40, 41)])
        60.0
    """
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]
    longest_s = max(PAUSE_S, SLOW * median(gaps))
    return mean(gap for gap in gaps if gap <= longest_s)
