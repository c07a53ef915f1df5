"""What sampling the answers of a dry run will ask, cost and take, before it asks anything."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.rollout import RolloutKey
from rft_app.domain.sampling import Sampling
from rft_app.services.call_times import CallTime, assume_time, find_time
from rft_app.services.call_tokens import find_answer_tokens, tell_tokens
from rft_app.services.expected_rollouts import ExpectedRollouts
from rft_app.services.generation_costs import MAX_SAMPLED, estimate_choice
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.records import iterate_record_bytes

CHARACTERS_PER_TOKEN = 4
ASSUMED_TOKENS = (
    "Tokens: nothing measured yet; prompts by their length, answers as long as the recorded ones, "
    "or half the longest where there are none."
)
UNKNOWN_REPLY = 0.5
"""Share of the longest answer that is expected where no record has an answer to go by."""


class SamplingEstimate(Entity):
    """What a dry run would ask a model for its answers."""

    model: str
    num_calls: int
    tokens: TokenEstimate
    """By what an earlier run of this model used, else answers as long as the recorded ones, or half
    the longest where there are none."""
    tokens_of: int | None = None
    """The number of that earlier run; `None` where they are assumed."""
    cost: CostRange
    time: CallTime
    """By the pace of an earlier run by this model, its pauses left out, else assumed."""


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
    name = catalogue.name_of(choice)
    used = find_answer_tokens(session, dataset_id, name, sampling)
    if used is None:
        whole = _assume_tokens(session, dataset_id, keys, sampling.max_tokens)
    else:
        whole = used.estimate(len(keys))
    return SamplingEstimate(
        model=name,
        num_calls=len(keys),
        tokens=whole,
        tokens_of=used and used.number,
        cost=tell_tokens(
            estimate_choice(choice, whole, len(keys)), used.sentence if used else ASSUMED_TOKENS
        ),
        time=find_time(session, dataset_id, "sampler", name, len(keys))
        or assume_time(choice, whole, len(keys)),
    )


def expect_answer_tokens(
    session: Session, dataset_id: str, keys: Sequence[RolloutKey], sampling: Sampling
) -> int:
    """How long one answer to these records will be, on average.

    Raises:
        NotAvailableError: There is no model at all.
        InvalidInputError: There is no such model.
    """
    catalogue = read_catalogue(session)
    name = catalogue.name_of(catalogue.choose(sampling.model))
    if (used := find_answer_tokens(session, dataset_id, name, sampling)) is not None:
        return round(used.reply)
    seqs = sorted({key.record_seq for key in keys})
    tokens = _estimate_tokens(session, dataset_id, seqs, sampling.max_tokens)
    return round(tokens.num_reply_tokens / len(seqs)) if seqs else 0


def _assume_tokens(
    session: Session, dataset_id: str, keys: Sequence[RolloutKey], max_tokens: int
) -> TokenEstimate:
    """For all answers, where nothing was measured."""
    seqs = sorted({key.record_seq for key in keys})
    tokens = _estimate_tokens(session, dataset_id, seqs, max_tokens)
    each = len(keys) / len(seqs) if seqs else 0
    return TokenEstimate(
        num_prompt_tokens=round(tokens.num_prompt_tokens * each),
        num_reply_tokens=round(tokens.num_reply_tokens * each),
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
