"""What a dry run by a judge will ask and cost, before it asks anything."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.grader import JudgeSpec
from rft_app.domain.record import RecordFilter
from rft_app.domain.rollout import RolloutKey
from rft_app.graders.judge import render
from rft_app.llm.catalogue import NO_PROVIDER
from rft_app.pipeline._rollout_plan import plan_rollouts
from rft_app.services.generation_costs import MAX_SAMPLED, SCHEMA_TOKENS, estimate_choice
from rft_app.services.graders import current_grader
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.rollouts import load_rollouts
from rft_app.strategies._base import count_text_tokens

REPLY_TOKENS = 80
"""Of a reply with a sentence or two of reasons."""


class JudgeEstimate(Entity):
    """What a dry run would ask, as far as that can be known before."""

    model: str | None
    """Who will be asked; `None` while there is no provider."""
    num_calls: int
    """One for each rollout; a reply that cannot be read is asked for once more."""
    tokens: TokenEstimate
    cost: CostRange
    obstacle: str = ""
    """Why the run cannot start; mostly empty."""
    is_demo: bool = False
    """Whether the embedded model will be asked, which is no judge."""


def estimate_judge(
    session: Session, dataset_id: str, settings: DryRunSettings
) -> JudgeEstimate | None:
    """What a dry run with the current grader would ask; `None` where that asks no model.

    Raises:
        ConflictError: No record has an answer.
        InvalidInputError: There is no such model.
    """
    grader = current_grader(session, dataset_id)
    if grader is None or not isinstance(grader.spec, JudgeSpec):
        return None
    catalogue = read_catalogue(session)
    choice = catalogue.find(grader.spec.model)
    usable = RecordFilter(is_valid=True, is_duplicate=False)
    members: list[int] = select_seqs(session, dataset_id, usable).tolist()
    keys = plan_rollouts(session, dataset_id, set(members), settings)
    tokens = _estimate_tokens(session, dataset_id, grader.spec, keys)
    return JudgeEstimate(
        model=None if choice is None else catalogue.name_of(choice),
        num_calls=len(keys),
        tokens=tokens,
        cost=estimate_choice(choice, tokens, len(keys)),
        obstacle=NO_PROVIDER if choice is None else "",
        is_demo=choice is not None and choice.endpoint.provider.is_demo,
    )


def _estimate_tokens(
    session: Session, dataset_id: str, spec: JudgeSpec, keys: Sequence[RolloutKey]
) -> TokenEstimate:
    """By the prompts of at most `MAX_SAMPLED` rollouts, spread evenly."""
    sampled = keys[:: max(1, -(-len(keys) // MAX_SAMPLED))]
    chunk = load_rollouts(session, dataset_id, sampled)
    prompts = [render(spec.prompt, rollout.sample, rollout.item) for rollout in chunk]
    lengths = [
        SCHEMA_TOKENS + count_text_tokens(prompt) for prompt in prompts if isinstance(prompt, str)
    ]
    share = len(keys) / len(sampled) if sampled else 0
    return TokenEstimate(
        num_prompt_tokens=round(sum(lengths) * share),
        num_reply_tokens=len(keys) * min(REPLY_TOKENS, spec.max_tokens),
    )
