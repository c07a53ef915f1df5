"""What sampling the answers of a dry run will ask, cost and take, before it asks anything."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import mean, median

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.pipeline._scopes import sampling_scope
from rft_app.services.expected_rollouts import ExpectedRollouts
from rft_app.services.generation_costs import MAX_SAMPLED, estimate_choice
from rft_app.storage import dry_runs
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.paid_calls import list_paid_moments
from rft_app.storage.records import iterate_record_bytes

CHARACTERS_PER_TOKEN = 4
PAUSE_S = 120.0
SLOW = 3.0
"""Gaps of so many times the usual one are still work where replies take long."""
UNKNOWN_REPLY = 0.5
"""Share of the longest answer that is expected where no record has an answer to go by."""


class SamplingEstimate(Entity):
    """What a dry run would ask a model for its answers."""

    model: str
    num_calls: int
    tokens: TokenEstimate
    """Answers as long as the recorded ones, or half the longest where there are none."""
    cost: CostRange
    seconds: float | None
    """By the pace of an earlier run by this model, its pauses left out; `None` where there is
    none."""
    paced_by: int | None = None
    """The number of that run."""


def estimate_sampling(
    session: Session,
    dataset_id: str,
    settings: DryRunSettings,
    expected: ExpectedRollouts | None = None,
) -> SamplingEstimate | None:
    """What the answers would cost; `None` where recorded ones are graded.

    `expected` spares looking the rollouts up again where others need them, too.

    Raises:
        NotAvailableError: There is no model at all; the message says how to add one.
        InvalidInputError: There is no such model; the message lists those there are.
    """
    if (sampling := settings.sampling) is None:
        return None
    catalogue = read_catalogue(session)
    choice = catalogue.choose(sampling.model)
    keys = (expected or ExpectedRollouts(session, dataset_id, settings)).keys
    seqs = sorted({key.record_seq for key in keys})
    tokens = _estimate_tokens(session, dataset_id, seqs, sampling.max_tokens)
    each = len(keys) / len(seqs) if seqs else 0
    whole = TokenEstimate(
        num_prompt_tokens=round(tokens.num_prompt_tokens * each),
        num_reply_tokens=round(tokens.num_reply_tokens * each),
    )
    name = catalogue.name_of(choice)
    pace = _find_pace(session, dataset_id, name)
    return SamplingEstimate(
        model=name,
        num_calls=len(keys),
        tokens=whole,
        cost=estimate_choice(choice, whole, len(keys)),
        seconds=None if pace is None else len(keys) * pace[1],
        paced_by=None if pace is None else pace[0],
    )


def _estimate_tokens(
    session: Session, dataset_id: str, seqs: list[int], max_tokens: int
) -> TokenEstimate:
    """For one answer to each record, by at most `MAX_SAMPLED` of them, spread evenly."""
    some = seqs[:: max(1, -(-len(seqs) // MAX_SAMPLED))]
    prompts: list[float] = []
    replies: list[float] = []
    for record in iterate_record_bytes(session, dataset_id, some):
        size = sum(map(len, record.given)) + len(record.tools or b"")
        prompts.append(size / CHARACTERS_PER_TOKEN)
        if record.output:
            length = sum(map(len, record.output)) / CHARACTERS_PER_TOKEN
            replies.append(min(length, max_tokens))
    reply = sum(replies) / len(replies) if replies else UNKNOWN_REPLY * max_tokens
    prompt = sum(prompts) / len(prompts) if prompts else 0
    return TokenEstimate(
        num_prompt_tokens=round(prompt * len(seqs)), num_reply_tokens=round(reply * len(seqs))
    )


def _find_pace(session: Session, dataset_id: str, model: str) -> tuple[int, float] | None:
    """The number of the newest finished run by this model, and its seconds for an answer.

    Of no use is a run whose answers all had been paid before.
    """
    for run in dry_runs.list_dry_runs(session, dataset_id):
        use = run.report.sampler if run.report else None
        if use is None or use.model != model or run.job_id is None:
            continue
        moments = list_paid_moments(session, sampling_scope(run.job_id))
        if moments:
            return run.number, find_mean_gap([run.created_at, *moments])
    return None


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
