"""What a run will use and cost, from the prompts of some of its calls."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session

from rft_app.domain.generation import CostRange, GenerationSettings, TokenEstimate, Unit
from rft_app.domain.provider import DEMO_QUALITY, FREE, Model
from rft_app.domain.words import count
from rft_app.llm.catalogue import Choice
from rft_app.llm.chat import find_cost
from rft_app.services.generation_units import make_brief
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.topics import get_tree
from rft_app.strategies import Strategy
from rft_app.strategies._base import count_text_tokens

MAX_SAMPLED = 20
"""Prompts that are written to learn how long they are."""
SCHEMA_TOKENS = 120
SHORT, LONG = 0.7, 1.5
"""Replies may be so much shorter and longer than what they are made from."""
REPEATED = 1.2
"""At worst every fifth call is asked twice."""


def estimate_tokens(
    session: Session,
    dataset_id: str,
    strategy: Strategy[Any],
    settings: GenerationSettings,
    units: Sequence[Unit],
) -> TokenEstimate:
    """Tokens of all calls, by the prompts of at most `MAX_SAMPLED` of them, spread evenly."""
    step = max(1, -(-len(units) // MAX_SAMPLED))
    sampled = units[::step]
    objective = get_dataset_row(session, dataset_id).objective
    tree = get_tree(session, dataset_id)
    prompt = reply = 0
    for unit in sampled:
        brief = make_brief(
            session,
            dataset_id,
            unit,
            objective=objective,
            tree=tree,
            preserve_intent=settings.preserve_intent,
        )
        texts = [message.content for message in strategy.prompt(brief)]
        prompt += SCHEMA_TOKENS + sum(map(count_text_tokens, texts))
        reply += strategy.estimate_reply_tokens(brief)
    share = len(units) / len(sampled) if sampled else 0
    return TokenEstimate(
        num_prompt_tokens=round(prompt * share), num_reply_tokens=round(reply * share)
    )


def estimate_choice(choice: Choice | None, tokens: TokenEstimate, num_calls: int) -> CostRange:
    """As `estimate_cost`, with the prices that the model's provider has."""
    if choice is None:
        return estimate_cost(None, tokens, num_calls, None)
    if choice.endpoint.provider.is_demo:
        return CostRange(
            low_usd=0.0,
            expected_usd=0.0,
            high_usd=0.0,
            formula=f"{_describe_amounts(tokens, num_calls)}; {FREE}, {DEMO_QUALITY}.",
            prices_date=None,
        )
    return estimate_cost(choice.model, tokens, num_calls, choice.endpoint.provider.prices_date)


def estimate_cost(
    model: Model | None, tokens: TokenEstimate, num_calls: int, prices_date: date | None
) -> CostRange:
    """A range with its arithmetic; unknown stays unknown.

    Example:
        >>> tokens = TokenEstimate(num_prompt_tokens=40_000, num_reply_tokens=10_000)
        >>> model = Model(name="m", input_usd_per_million=1, output_usd_per_million=10)
        >>> cost = estimate_cost(model, tokens, 40, None)
        >>> round(cost.low_usd, 3), round(cost.high_usd, 3)
        (0.11, 0.228)
        >>> estimate_cost(Model(name="m"), tokens, 40, None).low_usd is None
        True
    """
    amounts = _describe_amounts(tokens, num_calls)
    low = find_cost(model, tokens.num_prompt_tokens, round(tokens.num_reply_tokens * SHORT))
    high = find_cost(model, tokens.num_prompt_tokens, round(tokens.num_reply_tokens * LONG))
    if model is None or low is None or high is None:
        why = "no model is configured" if model is None else f"{model.name} has no known price"
        return CostRange(
            low_usd=None,
            expected_usd=None,
            high_usd=None,
            formula=f"{amounts}; {why}.",
            prices_date=None,
        )
    formula = (
        f"{amounts}: {tokens.num_prompt_tokens:,} × ${model.input_usd_per_million:g}/M + "
        f"{tokens.num_reply_tokens:,} × ${model.output_usd_per_million:g}/M. Lowest with replies "
        f"{SHORT:g} times as long, highest with {LONG:g} times and every fifth call asked twice."
    )
    return CostRange(
        low_usd=low,
        expected_usd=find_cost(model, tokens.num_prompt_tokens, tokens.num_reply_tokens),
        high_usd=high * REPEATED,
        formula=formula,
        prices_date=prices_date.isoformat() if prices_date else None,
    )


def _describe_amounts(tokens: TokenEstimate, num_calls: int) -> str:
    amounts = f"{count(num_calls, 'call')}, about {tokens.num_prompt_tokens:,} prompt tokens and "
    return f"{amounts}{tokens.num_reply_tokens:,} reply tokens"
