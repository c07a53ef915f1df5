"""What sampling the answers of a dry run will ask, cost and take, before it asks anything."""

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.record import RecordFilter
from rft_app.pipeline._rollout_plan import expect_samples
from rft_app.services.generation_costs import MAX_SAMPLED, estimate_choice
from rft_app.storage import dry_runs
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.records import iterate_record_bytes

CHARACTERS_PER_TOKEN = 4
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
    """By the pace of an earlier run by this model; `None` where there is none."""
    paced_by: int | None = None
    """The number of that run."""


def estimate_sampling(
    session: Session, dataset_id: str, settings: DryRunSettings
) -> SamplingEstimate | None:
    """What the answers would cost; `None` where recorded ones are graded.

    Raises:
        NotAvailableError: There is no model at all; the message says how to add one.
        InvalidInputError: There is no such model; the message lists those there are.
    """
    if (sampling := settings.sampling) is None:
        return None
    catalogue = read_catalogue(session)
    choice = catalogue.choose(sampling.model)
    usable = RecordFilter(is_valid=True, is_duplicate=False)
    members: list[int] = select_seqs(session, dataset_id, usable).tolist()
    keys = expect_samples(session, dataset_id, set(members), settings)
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
    """The number of the newest finished run by this model, and its seconds for an answer."""
    for run in dry_runs.list_dry_runs(session, dataset_id):
        use = run.report.sampler if run.report else None
        if use is None or use.model != model or run.finished_at is None or not run.num_planned:
            continue
        return run.number, (run.finished_at - run.created_at).total_seconds() / run.num_planned
    return None
