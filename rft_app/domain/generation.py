"""Generation: new records that fill gaps, from settings to a plan by topic."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from math import ceil, floor

from pydantic import Field

from rft_app.domain.entity import Entity

MAX_PER_RUN = 10_000
"""Most records one job makes."""
MAX_PER_CALL = 5
"""Most records one call asks for: longer replies are cut off more often and cost more to repeat."""


class StrategyName(StrEnum):
    """The ways to generate."""

    MESSAGE_VARIATION = "message_variation"
    FEW_SHOT = "few_shot"
    TOPIC_DESCRIPTION = "topic_description"
    SCENARIO_EXPANSION = "scenario_expansion"
    TOOL_CHAIN = "tool_chain"


class GenerationSettings(Entity):
    """What can be chosen."""

    strategy: StrategyName = StrategyName.MESSAGE_VARIATION
    variations_per_record: int = Field(default=3, ge=1, le=20)
    """New records per source record; for strategies without sources, per call."""
    preserve_intent: bool = True
    """Whether a new record wants the same as its source; then reference and answer still hold."""
    temperature: float = Field(default=0.8, ge=0, le=2)
    max_synthetic_ratio: float = Field(default=0.3, gt=0, le=1)
    """Largest share of generated records among all trainable ones; 1 sets no limit."""
    model: str | None = None
    """`None` takes the first configured one."""
    topics: tuple[str, ...] | None = None
    """Only these leaves or what is below these branches; `None` takes all."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Chooses the source records."""


class TopicPlan(Entity):
    """What one topic gets."""

    key: str
    """Slash path; empty for records without a topic."""
    current_count: int
    """Trainable records: valid and no duplicate."""
    num_pending: int
    """Generated ones that wait for review; they count towards the target."""
    target_count: int
    num_to_generate: int
    num_sources: int
    """Records that the strategy can start from."""
    note: str = ""
    """Why it gets fewer than its target asks for; empty when it gets them."""


class TokenEstimate(Entity):
    """Tokens of all calls together, as expected."""

    num_prompt_tokens: int
    num_reply_tokens: int


class CostRange(Entity):
    """What a run will cost, as far as that can be known before."""

    low_usd: float | None
    """`None` where the model's prices are not known."""
    expected_usd: float | None
    """By the tokens as estimated."""
    high_usd: float | None
    formula: str
    """The arithmetic in words, with its figures."""
    prices_date: str | None
    """Day the prices were looked up; `None` where nobody said."""


class GenerationPlan(Entity):
    """What a run would do, before it does anything."""

    settings: GenerationSettings
    model: str | None
    """The model that will be asked; `None` while no provider is configured."""
    topics: tuple[TopicPlan, ...]
    num_to_generate: int
    num_allowed: int | None
    """How many the synthetic share allows; `None` without a limit."""
    num_calls: int
    tokens: TokenEstimate
    cost: CostRange
    notes: tuple[str, ...] = ()
    """What a person should know first: limits that bind, topics left out."""


class Unit(Entity):
    """One call of a run: what it starts from, and how many records it asks for."""

    topic_id: int | None
    topic_key: str
    source_seq: int | None = None
    example_seqs: tuple[int, ...] = ()
    count: int
    part: int = 0
    """Which call this is of several about one source or topic."""
    replaces: int | None = None
    """The candidate that the outcome takes the place of."""


class GenerationReport(Entity):
    """What a run came to."""

    run_id: str
    num_planned: int
    num_generated: int
    """Candidates stored."""
    num_passing: int
    """Those that pass every check."""
    num_calls: int
    """Replies paid."""
    num_prompt_tokens: int | None
    num_completion_tokens: int | None
    """Tokens of all replies, `None` where any of them was not counted."""
    cost_usd: float | None
    """Of all replies, `None` where any of them has no known cost."""
    failures: Mapping[str, int]
    """Calls without a usable reply, by kind."""
    failure_messages: Mapping[str, str]
    """The first message of each kind, with its remedy."""
    note: str = ""
    """What a person should know although the run succeeded; empty when all went as planned."""


def find_allowed(num_records: int, num_generated: int, max_ratio: float) -> int | None:
    """How many records may be added before generated ones exceed their largest share.

    Added records count in the whole, too: `(generated + x) ≤ ratio · (records + x)`.

    Example:
        >>> find_allowed(70, 0, 0.3), find_allowed(100, 30, 0.3), find_allowed(10, 0, 1)
        (30, 0, None)
    """
    if max_ratio >= 1:
        return None
    room = (max_ratio * num_records - num_generated) / (1 - max_ratio)
    return max(0, floor(room + 1e-9))


def fill_gaps(
    counts: Mapping[str, int],
    shares: Mapping[str, float],
    allowed: int | None,
    only: Collection[str] | None = None,
) -> dict[str, int]:
    """How many records each topic gets so that the emptiest ones rise first.

    A whole of `M` records gives each topic a target of `share · M`; topics that hold more keep
    theirs.  The largest `M` is taken whose additions are allowed, up to the one at which every
    topic has reached its share.

    Args:
        counts: Records per topic.
        shares: Target share per topic, together 1.
        allowed: Most records to add in all; `None` for no limit.
        only: Topics that may get records; `None` for all.

    Example:
        >>> fill_gaps({"a": 60, "b": 30, "c": 10}, {"a": 0.5, "b": 0.25, "c": 0.25}, None)
        {'a': 0, 'b': 0, 'c': 20}
        >>> fill_gaps({"a": 60, "b": 30, "c": 10}, {"a": 0.5, "b": 0.25, "c": 0.25}, 5)
        {'a': 0, 'b': 0, 'c': 5}
    """

    def add(whole: int) -> dict[str, int]:
        return {
            key: max(0, ceil(share * whole - counts[key] - 1e-9))
            for key, share in shares.items()
            if only is None or key in only
        }

    low, high = 0, max((ceil(counts[k] / s - 1e-9) for k, s in shares.items() if s), default=0)
    while low < high:
        middle = (low + high + 1) // 2
        fits = allowed is None or sum(add(middle).values()) <= allowed
        low, high = (middle, high) if fits else (low, middle - 1)
    return add(low)


def share_out(counts: Mapping[str, int], allowed: int | None) -> dict[str, int]:
    """Lower counts in proportion until they are allowed; the remainder goes to the largest.

    Example:
        >>> share_out({"a": 6, "b": 3}, 6), share_out({"a": 6, "b": 3}, None)
        ({'a': 4, 'b': 2}, {'a': 6, 'b': 3})
    """
    total = sum(counts.values())
    if allowed is None or total <= allowed:
        return dict(counts)
    parts = {key: count * allowed // total for key, count in counts.items()}
    rest = allowed - sum(parts.values())
    for key in sorted(counts, key=lambda key: (-(counts[key] * allowed % total), key))[:rest]:
        parts[key] += 1
    return parts
