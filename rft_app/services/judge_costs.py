"""What a dry run by a judge will ask and cost, before it asks anything."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from rft_app.domain.dry_run import DryRun, DryRunSettings
from rft_app.domain.entity import Entity
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.grader import (
    GraderSpec,
    GraderVersion,
    JudgeSpec,
    RubricSpec,
    count_calls,
    list_asking,
)
from rft_app.domain.rollout import Rollout, RolloutKey, Sample, make_sample
from rft_app.graders.judge import all_text, render
from rft_app.graders.rubric import list_tasks
from rft_app.llm.catalogue import NO_PROVIDER
from rft_app.services.call_times import CallTime, assume_time, find_time
from rft_app.services.call_tokens import find_used, tell_tokens
from rft_app.services.expected_rollouts import ExpectedRollouts
from rft_app.services.generation_costs import MAX_SAMPLED, SCHEMA_TOKENS, estimate_choice
from rft_app.services.graders import current_grader
from rft_app.services.sampling_costs import expect_answer_tokens
from rft_app.storage import calibration
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.rollouts import load_rollouts
from rft_app.strategies._base import count_text_tokens

ASSUMED_TOKENS = (
    "Tokens: nothing measured yet; prompts by their length, replies with a sentence or two."
)
REPLY_TOKENS = 80
"""Of a reply with a sentence or two of reasons."""


class JudgeEstimate(Entity):
    """What a dry run would ask, as far as that can be known before."""

    model: str | None
    """Who will be asked; `None` while there is no provider."""
    num_calls: int
    """For all rollouts, votes and criteria; a reply that cannot be read is asked for once more."""
    tokens: TokenEstimate
    tokens_of: int | None = None
    """The number of the dry run that they were learned from; `None` where they are assumed."""
    cost: CostRange
    time: CallTime | None = None
    """By the pace of an earlier dry run by the same models, else assumed; `None` while there is no
    provider."""
    obstacle: str = ""
    """Why the run cannot start; mostly empty."""
    is_demo: bool = False
    """Whether the embedded model will be asked, which is no judge."""


def estimate_judge(
    session: Session,
    dataset_id: str,
    settings: DryRunSettings,
    expected: ExpectedRollouts | None = None,
) -> JudgeEstimate | None:
    """What a dry run with the current grader would ask; `None` where that asks no model.

    `expected` spares looking the rollouts up again where others need them, too.

    Raises:
        ConflictError: No record has an answer.
        InvalidInputError: There is no such model.
    """
    grader = current_grader(session, dataset_id)
    if grader is None or not list_asking(grader.spec):
        return None
    keys = (expected or ExpectedRollouts(session, dataset_id, settings)).keys
    some = _load_some(session, dataset_id, keys)
    if settings.sampling is not None:
        num_tokens = expect_answer_tokens(session, dataset_id, keys, settings.sampling)
        some = [replace(rollout, sample=_make_expected(num_tokens)) for rollout in some]
    found = estimate_grading(session, grader.spec, some, len(keys))
    if found is None or (model := found.model) is None:
        return found
    found = _learn_tokens(session, grader, settings, found)
    measured = find_time(session, dataset_id, "judge", model, found.num_calls)
    return found if measured is None else found.model_copy(update={"time": measured})


def _learn_tokens(
    session: Session, grader: GraderVersion, settings: DryRunSettings, found: JudgeEstimate
) -> JudgeEstimate:
    """By what the same grader used on answers of the same kind, where one model is asked."""
    catalogue = read_catalogue(session)
    choices = [catalogue.find(part.model) for part in list_asking(grader.spec).values()]
    names = {None if choice is None else catalogue.name_of(choice) for choice in choices}
    like = calibration.list_like(session, grader.dataset_id, grader.spec_hash)

    def is_comparable(run: DryRun) -> bool:
        return run.grader_version_id in like and _source(run.settings) == _source(settings)

    used, choice = None, choices[0]
    if len(names) == 1 and found.model is not None:
        used = find_used(session, grader.dataset_id, "judge", found.model, is_comparable)
    if used is None or choice is None:
        return found.model_copy(update={"cost": tell_tokens(found.cost, ASSUMED_TOKENS)})
    tokens = used.estimate(found.num_calls)
    return found.model_copy(
        update={
            "tokens": tokens,
            "tokens_of": used.number,
            "cost": tell_tokens(estimate_choice(choice, tokens, found.num_calls), used.sentence),
            "time": assume_time(choice, tokens, found.num_calls),
        }
    )


def _source(settings: DryRunSettings) -> str | None:
    """Whose answers are judged; `None` for recorded ones."""
    return settings.sampling.model if settings.sampling else None


def estimate_grading(
    session: Session, spec: GraderSpec, sampled: Sequence[Rollout], num_rollouts: int
) -> JudgeEstimate | None:
    """What grading so many rollouts would ask, by the prompts of some of them.

    Returns `None` where the grader asks no model.

    Raises:
        InvalidInputError: There is no such model.
    """
    if not (asking := list_asking(spec)):
        return None
    catalogue = read_catalogue(session)
    choices = {name: catalogue.find(part.model) for name, part in asking.items()}
    tokens = {name: _estimate_tokens(part, sampled, num_rollouts) for name, part in asking.items()}
    known = [catalogue.name_of(choice) for choice in choices.values() if choice is not None]
    return JudgeEstimate(
        model=", ".join(dict.fromkeys(known)) or None,
        num_calls=num_rollouts * count_calls(spec),
        tokens=TokenEstimate(
            num_prompt_tokens=sum(one.num_prompt_tokens for one in tokens.values()),
            num_reply_tokens=sum(one.num_reply_tokens for one in tokens.values()),
        ),
        cost=_add(
            [
                estimate_choice(choices[name], tokens[name], num_rollouts * count_calls(part))
                for name, part in asking.items()
            ]
        ),
        time=_add_times(
            [
                assume_time(choice, tokens[name], num_rollouts * count_calls(asking[name]))
                for name, choice in choices.items()
                if choice is not None
            ]
        ),
        obstacle="" if catalogue.has_models else NO_PROVIDER,
        is_demo=any(one is not None and one.endpoint.provider.is_demo for one in choices.values()),
    )


def _load_some(session: Session, dataset_id: str, keys: Sequence[RolloutKey]) -> list[Rollout]:
    """At most `MAX_SAMPLED` rollouts, spread evenly."""
    sampled = keys[:: max(1, -(-len(keys) // MAX_SAMPLED))]
    return load_rollouts(session, dataset_id, sampled)


def _make_expected(num_tokens: int) -> Sample:
    """Stands for an answer that is not there yet, in its length."""
    text = "word" * num_tokens
    return make_sample([{"role": "assistant", "content": text}], None)


def _estimate_tokens(
    spec: JudgeSpec | RubricSpec, sampled: Sequence[Rollout], num_rollouts: int
) -> TokenEstimate:
    """Of all calls, by the prompts of some rollouts."""
    prompt = all_text(spec) if isinstance(spec, JudgeSpec) else spec.prompt
    tasks = [] if isinstance(spec, JudgeSpec) else list_tasks(spec)
    num_calls = count_calls(spec)
    around = num_calls * SCHEMA_TOKENS + sum(map(count_text_tokens, tasks))
    prompts = [render(prompt, rollout.sample, rollout.item) for rollout in sampled]
    lengths = [
        around + num_calls * count_text_tokens(text) for text in prompts if isinstance(text, str)
    ]
    share = num_rollouts / len(sampled) if sampled else 0
    told = 1 if isinstance(spec, JudgeSpec) or spec.one_call_each else len(spec.criteria)
    return TokenEstimate(
        num_prompt_tokens=round(sum(lengths) * share),
        num_reply_tokens=num_rollouts * num_calls * min(told * REPLY_TOKENS, spec.max_tokens),
    )


def _add(ranges: Sequence[CostRange]) -> CostRange:
    """The sum; unknown where one is."""
    return CostRange(
        low_usd=_sum([one.low_usd for one in ranges]),
        expected_usd=_sum([one.expected_usd for one in ranges]),
        high_usd=_sum([one.high_usd for one in ranges]),
        formula=" ".join(one.formula for one in ranges),
        prices_date=next((one.prices_date for one in ranges if one.prices_date), None),
    )


def _add_times(times: Sequence[CallTime]) -> CallTime | None:
    """One after the other; `None` where nobody is asked."""
    if not times:
        return None
    formula = " ".join(dict.fromkeys(one.formula for one in times))
    return CallTime(seconds=sum(one.seconds for one in times), formula=formula)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
