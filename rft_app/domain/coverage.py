"""Coverage: how records spread over leaf topics against their targets."""

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property, partial

from rft_app.domain import words
from rft_app.domain.entity import Entity
from rft_app.errors import InvalidInputError

UNDER, OVER = 0.8, 1.25
"""Below the first, above the second ratio of share to target a topic is under or over."""
GOOD, FAIR = 0.6, 0.4
"""Lowest balance that is rated good, and fair."""
MAX_RECOMMENDATIONS = 5
MAX_NAMED = 3
_ROUNDING = 1e-9
_FINE = 0.1
"""Where a share is smaller, all are shown with a decimal."""
_MOST_DECIMALS = 5


class CoverageStatus(StrEnum):
    """A topic's share against its target."""

    UNDER = "under"
    OK = "ok"
    OVER = "over"


class CoverageRating(StrEnum):
    """The balance in one word."""

    GOOD = "Good"
    FAIR = "Fair"
    POOR = "Poor"


class TopicCoverage(Entity):
    """One leaf topic against its target."""

    key: str
    count: int
    share: float
    """`count` among all counted records, in [0, 1]."""
    target_share: float
    gap: int | None
    """Records to add to this topic alone to reach its target; 0 when it has, `None` when no
    number would do: a target of 100% beside records of other topics."""
    status: CoverageStatus

    @property
    def ratio(self) -> float:
        """Share ÷ target; infinite for a topic that should hold nothing."""
        return self.share / self.target_share if self.target_share else math.inf


class CoverageReport(Entity):
    """The spread of a dataset's trainable records."""

    balance: float
    """Lowest `min(1, share / target)` of all topics, in [0, 1]."""
    rating: CoverageRating
    set_by: str
    """The topic with the lowest share ÷ target, which is what the balance is; of several the first
    by name."""
    tied_with: tuple[str, ...] = ()
    """Other topics with the same share ÷ target, by name."""
    set_by_share: float
    set_by_target: float
    num_records: int
    """Records in any leaf topic: the whole that shares are of."""
    num_without_topic: int = 0
    """Trainable records in no topic; they are in no share."""
    topics: tuple[TopicCoverage, ...]
    recommendations: tuple[str, ...]

    @cached_property
    def _decimals(self) -> int:
        return _choose_decimals(self.topics, self.set_by_share, self.set_by_target)

    def show(self, share: float) -> str:
        """A share or target, with as many decimals as all others of the report."""
        return percent(share, self._decimals)

    @property
    def division(self) -> str:
        """How the balance came about, e.g. `4.5% ÷ 8.3%`."""
        return f"{self.show(self.set_by_share)} ÷ {self.show(self.set_by_target)}"

    @property
    def summary(self) -> str:
        """The node's line."""
        return f"{self.balance:.2f} balance · {self.rating}"


def analyse_coverage(
    counts: Mapping[str, int],
    targets: Mapping[str, float | None],
    num_without_topic: int = 0,
) -> CoverageReport:
    """Compare each leaf topic's share with its target.

    The weakest topic sets the balance: a model cannot learn what it never sees, whatever the
    others hold.

    Args:
        counts: Trainable records per leaf topic; topics without records must be there with 0.
        targets: Share each leaf should hold; a leaf left out or `None` gets an equal part of the
            rest.
        num_without_topic: Trainable records in no leaf, to report beside.

    Raises:
        InvalidInputError: There are no topics or no records, or the targets do not add up.

    Example:
        >>> report = analyse_coverage({"Refund": 35, "Delay": 30, "Bags": 20, "Seats": 15}, {})
        >>> report.balance, report.rating.value, report.set_by, report.division
        (0.6, 'Good', 'Seats', '15% ÷ 25%')
        >>> [(topic.key, topic.gap, topic.status.value) for topic in report.topics]
        [('Refund', 0, 'over'), ('Delay', 0, 'ok'), ('Bags', 7, 'ok'), ('Seats', 14, 'under')]
    """
    num_records = sum(counts.values())
    if not num_records:
        raise InvalidInputError("No valid record has a topic yet. Run Topics & Category first.")
    shares = resolve_targets(tuple(counts), targets)
    topics = tuple(_measure(key, count, num_records, shares[key]) for key, count in counts.items())
    weakest, *tied = _find_weakest(topics)
    balance = min(1.0, weakest.ratio)
    decimals = _choose_decimals(topics, weakest.share, weakest.target_share)
    show = partial(percent, decimals=decimals)
    return CoverageReport(
        balance=balance,
        rating=rate(balance),
        set_by=weakest.key,
        tied_with=tuple(topic.key for topic in tied),
        set_by_share=weakest.share,
        set_by_target=weakest.target_share,
        num_records=num_records,
        num_without_topic=num_without_topic,
        topics=topics,
        recommendations=_recommend(topics, num_without_topic, show),
    )


def resolve_targets(
    keys: Sequence[str], targets: Mapping[str, float | None]
) -> Mapping[str, float]:
    """Give every leaf a target: those set keep theirs, the others share the remainder equally.

    Raises:
        InvalidInputError: A target is outside 0 to 100%, or together they cannot be 100%.

    Example:
        >>> resolve_targets(("a", "b", "c"), {"a": 0.5})
        {'a': 0.5, 'b': 0.25, 'c': 0.25}
    """
    chosen = {key: share for key in keys if (share := targets.get(key)) is not None}
    for key, share in chosen.items():
        if not 0 <= share <= 1:
            raise InvalidInputError(
                f"The target of {key} is {percent(share)}; it must lie between 0% and 100%.",
                topic=key,
            )
    total, num_open = sum(chosen.values()), len(keys) - len(chosen)
    if total > 1 + _ROUNDING or (not num_open and total < 1 - _ROUNDING):
        wanted = "must add up to 100%" if not num_open else "may add up to 100% at most"
        raise InvalidInputError(f"The targets add up to {percent(total)}; they {wanted}.")
    rest = max(0.0, 1 - total) / num_open if num_open else 0.0
    return {key: chosen.get(key, rest) for key in keys}


def records_to_add(count: int, num_records: int, target_share: float) -> int | None:
    """How many records one topic lacks when all others stay as they are.

    Added records count in the whole, too, so the number solves
    `(count + x) / (num_records + x) = target`: `x = (target · num_records - count) / (1 - target)`,
    rounded up.

    Returns:
        0 when the target is reached; `None` when no number reaches it.

    Example:
        >>> records_to_add(15, 100, 0.25)
        14
        >>> records_to_add(25, 100, 0.25), records_to_add(3, 4, 1.0)
        (0, None)
    """
    missing = target_share * num_records - count
    if missing <= _ROUNDING * max(1, num_records):
        return 0
    if target_share >= 1:
        return None
    return math.ceil(missing / (1 - target_share) - _ROUNDING * num_records)


def rate(balance: float) -> CoverageRating:
    """Good from 0.6, fair from 0.4, else poor."""
    if balance >= GOOD - _ROUNDING:
        return CoverageRating.GOOD
    return CoverageRating.FAIR if balance >= FAIR - _ROUNDING else CoverageRating.POOR


def percent(share: float, decimals: int | None = None) -> str:
    """A share in two significant digits, or with as many decimals as others beside it.

    Example:
        >>> percent(0.0833), percent(0.155), percent(0.08), percent(1), percent(0.0004)
        ('8.3%', '16%', '8%', '100%', '0.04%')
        >>> percent(0.155, 1), percent(0, 1), percent(0.0004, 1)
        ('15.5%', '0.0%', '<0.1%')
    """
    value = share * 100
    if decimals is None:
        return "<0.01%" if 0 < value < 0.01 else f"{_in_digits(value, 2):g}%"
    least = 10**-decimals
    return f"<{least:g}%" if value and round(value, decimals) < least else f"{value:.{decimals}f}%"


def _in_digits(value: float, digits: int) -> float:
    """Rounded to so many significant digits; ones are never rounded away."""
    if not value:
        return 0.0
    return round(value, max(0, digits - 1 - math.floor(math.log10(abs(value)))))


def _choose_decimals(topics: Sequence[TopicCoverage], share: float, target: float) -> int:
    """As many as make share ÷ target, as shown, come to the same two digits of the quotient."""
    is_fine = any(0 < part < _FINE for one in topics for part in (one.share, one.target_share))
    for decimals in range(is_fine, _MOST_DECIMALS):
        above, below = (round(100 * part, decimals) for part in (share, target))
        if not below or (share and not above):
            continue
        if f"{above / below:.2f}" == f"{share / target:.2f}":
            return decimals
    return _MOST_DECIMALS


def name_few(names: Sequence[str]) -> str:
    """Up to three names in full; of more the first two and how many are left.

    Example:
        >>> name_few(["a"]), name_few(["a", "b", "c"]), name_few(["a", "b", "c", "d"])
        ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = list(names[:MAX_NAMED])
    if len(names) > MAX_NAMED:
        shown = [*names[: MAX_NAMED - 1], f"{len(names) - MAX_NAMED + 1} more"]
    return " and ".join([part for part in (", ".join(shown[:-1]), shown[-1]) if part])


def _find_weakest(topics: Sequence[TopicCoverage]) -> list[TopicCoverage]:
    """The topics with the lowest ratio, by name."""
    lowest = min(topic.ratio for topic in topics)
    found = [topic for topic in topics if topic.ratio <= lowest + _ROUNDING]
    return sorted(found, key=lambda topic: topic.key)


def _measure(key: str, count: int, num_records: int, target_share: float) -> TopicCoverage:
    share = count / num_records
    return TopicCoverage(
        key=key,
        count=count,
        share=share,
        target_share=target_share,
        gap=records_to_add(count, num_records, target_share),
        status=_status(share, target_share),
    )


def _status(share: float, target_share: float) -> CoverageStatus:
    if share < UNDER * target_share - _ROUNDING:
        return CoverageStatus.UNDER
    return CoverageStatus.OVER if share > OVER * target_share + _ROUNDING else CoverageStatus.OK


def _recommend(
    topics: Sequence[TopicCoverage], num_without_topic: int, show: Callable[[float], str]
) -> tuple[str, ...]:
    together = add_together(topics)
    under = sorted(
        (topic for topic in topics if topic.key in together), key=lambda topic: topic.ratio
    )
    advice = [
        _advise_under(topic, together[topic.key], show) for topic in under[:MAX_RECOMMENDATIONS]
    ]
    if (num_more := len(under) - MAX_RECOMMENDATIONS) > 0:
        more = words.count(num_more, "more topic lacks", "more topics lack")
        advice.append(f"{more} records.")
    if len(under) > 1 and None not in together.values():
        number = words.count(sum(filter(None, together.values())), "record")
        advice.append(
            f"The figures hold together: {number} bring all these topics to their targets."
        )
    most = max(topics, key=lambda topic: topic.ratio)
    if most.status is CoverageStatus.OVER:
        advice.append(
            f"{most.key} holds {show(most.share)} of the records, its target is "
            f"{show(most.target_share)}: fill the other topics before adding to it."
        )
    if num_without_topic:
        records = words.count(num_without_topic, "record has", "records have")
        advice.append(f"{records} no topic and no share here: run Topics again.")
    return tuple(advice)


def add_together(topics: Sequence[TopicCoverage]) -> Mapping[str, int | None]:
    """Records to add at once so that no topic is under and all that get some reach their target.

    What is added to one topic lowers the share of every other.  With the topics that get some, the
    whole becomes `records of the others / (1 - targets of these)`, and each gets what its target
    asks of that; another one that falls under by it gets some, too.

    Returns:
        By key, of these topics only; `None` where no number would do, because their targets leave
        nothing for the records of others.

    Example:
        >>> report = analyse_coverage({"a": 60, "b": 20, "c": 12, "d": 8}, {})
        >>> add_together(report.topics)
        {'b': 40, 'c': 48, 'd': 52}
    """
    low = {topic.key for topic in topics if topic.status is CoverageStatus.UNDER}
    while True:
        rest = 1 - sum(topic.target_share for topic in topics if topic.key in low)
        if rest <= _ROUNDING:
            return dict.fromkeys(sorted(low))
        whole = sum(topic.count for topic in topics if topic.key not in low) / rest
        fallen = {
            t.key
            for t in topics
            if _status(t.count / whole, t.target_share) is CoverageStatus.UNDER
        }
        if fallen <= low:
            break
        low |= fallen
    return {
        topic.key: math.ceil(topic.target_share * whole - topic.count - _ROUNDING * whole)
        for topic in topics
        if topic.key in low
    }


def _advise_under(
    topic: TopicCoverage, num_to_add: int | None, show: Callable[[float], str]
) -> str:
    figures = f"it holds {show(topic.share)}, its target is {show(topic.target_share)}."
    if num_to_add is None:
        return f"Lower the target of {topic.key}: {figures} No number of records reaches it."
    return f"Add {words.count(num_to_add, 'record')} to {topic.key}: {figures}"
