"""Base against tuned model on held-out records: a paired comparison, and what it proves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from rft_app.domain.dry_run import NO_TOPIC
from rft_app.domain.entity import Entity
from rft_app.domain.record import RecordId, record_id
from rft_app.domain.statistics import bootstrap_groups

SAME_REWARD = 1e-9
MIN_PAIRS = 10
"""Below so many conversations nothing is called proven: the bootstrap knows too few values."""
APART_FROM = 30
"""From so many held-out records on, those that choose the checkpoint are not compared."""


class Finding(StrEnum):
    """What the interval says."""

    BETTER = "better"
    WORSE = "worse"
    UNPROVEN = "unproven"


class Pair(NamedTuple):
    """One record that both models answered and whose answers were both graded."""

    record_seq: int
    topic: str | None
    base: float
    tuned: float
    group: int | None = None
    """Conversation that it was cut of; records of one are alike. `None` stands alone."""


class ComparedRecord(Entity):
    """One record of the comparison."""

    record_id: RecordId
    topic: str
    base: float
    tuned: float


class ComparedTopic(Entity):
    """One topic of the comparison."""

    topic: str
    n: int
    base_mean: float
    tuned_mean: float

    @property
    def difference(self) -> float:
        """Tuned less base."""
        return self.tuned_mean - self.base_mean


class TrainingComparison(Entity):
    """What happened to the held-out records; each counts once."""

    n: int
    num_ungraded: int
    """Records whose answer by one of both got no reward, for the grader could not judge it or would
    not; they are in no other figure."""
    base_mean: float
    tuned_mean: float
    difference: float
    """Mean of tuned less base, record by record."""
    low: float
    """95% interval of `difference`, by bootstrap over conversations."""
    high: float
    num_groups: int | None = None
    """Conversations that the records were cut of; `None` where nobody counted them."""
    num_better: int
    num_worse: int
    num_same: int
    finding: Finding
    topics: tuple[ComparedTopic, ...]
    """Largest fall first."""
    records: tuple[ComparedRecord, ...]
    """Largest fall first."""
    is_held_out: bool = True
    """Whether no record of the comparison chose the checkpoint."""
    base_seconds: float | None = None
    """Mean time of an answer, several being written at once."""
    tuned_seconds: float | None = None
    base_tokens: float | None = None
    """Mean length of an answer."""
    tuned_tokens: float | None = None

    @property
    def words(self) -> str:
        """The finding as a sentence, and what it must not be taken for."""
        return self._finding if self.is_held_out else f"{self._finding} {_CHOSEN}"

    @property
    def costs(self) -> tuple[str, ...]:
        """Length and time of an answer by both models, a sentence each; what is known of them.

        Example:
            >>> compared = compare_pairs([Pair(1, None, 0.0, 1.0)])
            >>> compared.costs
            ()
            >>> compared.model_copy(update={"base_tokens": 31.0, "tuned_tokens": 8.25}).costs
            ('Tokens of an answer: base 31.0, tuned 8.2.',)
        """
        found: list[str] = []
        if self.base_tokens is not None and self.tuned_tokens is not None:
            both = f"base {self.base_tokens:,.1f}, tuned {self.tuned_tokens:,.1f}"
            found.append(f"Tokens of an answer: {both}.")
        if self.base_seconds is not None and self.tuned_seconds is not None:
            both = f"base {self.base_seconds:.3f}, tuned {self.tuned_seconds:.3f}"
            found.append(f"Seconds for an answer, several at once: {both}.")
        return tuple(found)

    @property
    def finding_words(self) -> str:
        """Better, worse or unproven, for a place that shows the difference itself."""
        if (self.num_groups or self.n) < MIN_PAIRS:
            words = f"Unproven: {self.n} records{self._among} are too few to tell."
        elif self.finding is Finding.UNPROVEN:
            words = "Unproven: the difference may be none. Compare more records."
        else:
            words = f"The tuned model is {self.finding} on held-out records{self._among}."
        return words if self.is_held_out else f"{words} {_CHOSEN}"

    @property
    def _finding(self) -> str:
        span = f"{self.difference:+.3f} ({self.low:+.3f} to {self.high:+.3f}, 95%)"
        among = self._among
        if (self.num_groups or self.n) < MIN_PAIRS:
            return f"Unproven: {self.n} records{among} are too few to tell, mean difference {span}."
        if self.finding is Finding.UNPROVEN:
            return f"Unproven: the mean difference {span} may be none. Compare more records."
        return (
            f"The tuned model is {self.finding}: mean difference {span} over {self.n} held-out "
            f"records{among}."
        )

    @property
    def _among(self) -> str:
        """Said where several records are of one conversation."""
        if self.num_groups is None or self.num_groups == self.n:
            return ""
        return f" of {self.num_groups} conversation{'s' if self.num_groups > 1 else ''}"


_CHOSEN = (
    "These records chose the checkpoint, too, which flatters the tuned model: with "
    f"{APART_FROM} or more held out, others would."
)


def compare_pairs(
    pairs: Sequence[Pair], num_ungraded: int = 0, seed: int = 0
) -> TrainingComparison | None:
    """Compare record by record; `None` without a pair.

    Example:
        >>> found = compare_pairs([Pair(n, "a", 0.0, 1.0) for n in range(20)])
        >>> found.difference, found.low, found.finding.value, found.num_better
        (1.0, 1.0, 'better', 20)
    """
    if not pairs:
        return None
    differences = [pair.tuned - pair.base for pair in pairs]
    groups = _by_group(pairs)
    low, high = bootstrap_groups(groups, seed=seed)
    n = len(pairs)
    return TrainingComparison(
        n=n,
        num_ungraded=num_ungraded,
        base_mean=sum(pair.base for pair in pairs) / n,
        tuned_mean=sum(pair.tuned for pair in pairs) / n,
        difference=sum(differences) / n,
        low=low,
        high=high,
        num_groups=len(groups),
        num_better=sum(one > SAME_REWARD for one in differences),
        num_worse=sum(one < -SAME_REWARD for one in differences),
        num_same=sum(abs(one) <= SAME_REWARD for one in differences),
        finding=_judge(len(groups), low, high),
        topics=_by_topic(pairs),
        records=tuple(
            ComparedRecord(
                record_id=record_id(pair.record_seq),
                topic=pair.topic or NO_TOPIC,
                base=pair.base,
                tuned=pair.tuned,
            )
            for pair in sorted(pairs, key=lambda pair: (pair.tuned - pair.base, pair.record_seq))
        ),
    )


def _by_group(pairs: Iterable[Pair]) -> list[list[float]]:
    """Differences of each conversation, in the order of their first records."""
    members: defaultdict[tuple[bool, int], list[float]] = defaultdict(list)
    for pair in pairs:
        key = (True, pair.record_seq) if pair.group is None else (False, pair.group)
        members[key].append(pair.tuned - pair.base)
    return list(members.values())


def _judge(num_groups: int, low: float, high: float) -> Finding:
    if num_groups < MIN_PAIRS:
        return Finding.UNPROVEN
    if low > SAME_REWARD:
        return Finding.BETTER
    return Finding.WORSE if high < -SAME_REWARD else Finding.UNPROVEN


def _by_topic(pairs: Iterable[Pair]) -> tuple[ComparedTopic, ...]:
    members: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        members[pair.topic or NO_TOPIC].append(pair)
    found = [
        ComparedTopic(
            topic=topic,
            n=len(some),
            base_mean=sum(pair.base for pair in some) / len(some),
            tuned_mean=sum(pair.tuned for pair in some) / len(some),
        )
        for topic, some in members.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.difference, one.topic)))
