"""The rules that turn a dry run's figures into a verdict, as data.

| measure | NO_GO | CAUTION | blames |
|---|---|---|---|
| grading failures | > 10% | > 2% | grader |
| graded rollouts | < 20 | < 50 | data |
| mean reward | < 0.05 or > 0.95 | < 0.20 or > 0.80 | grader if sd < 0.05, else data |
| sd of rewards | < 0.05 | < 0.10 | grader |
| learnable share (2 or more rollouts) | < 15% | < 30% | data |
| a topic's mean | – | < 0.05 while the whole is >= 0.20 | data |

The verdict is the worst row that applies.  A row without a value does not apply and says so.
What to do about a row goes by what happened: failures of a provider are not mended in the grader,
and answers that were cut off are no poor answers.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal, TypedDict

from rft_app.domain.dry_run_advice import Advice, Remedy, find_remedy
from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureOrigin
from rft_app.domain.measured import FEW_GRADED, Measure, Measured

FLAT_SD = 0.05
"""Rewards that spread less than this say more about the grader than about the data."""
Blame = Literal["grader", "data"]
Unit = Literal["share", "count", "reward"]
Quality = Literal["good", "attention", "problem"]


class DryRunVerdict(StrEnum):
    """Whether training on this data with this grader can work."""

    GO = "GO"
    CAUTION = "CAUTION"
    NO_GO = "NO_GO"

    @property
    def meaning(self) -> str:
        """What it says of training, and which rows to look at."""
        return {
            DryRunVerdict.GO: "training can work",
            DryRunVerdict.CAUTION: "training may work; look at the rows marked caution first",
            DryRunVerdict.NO_GO: "training would not work; mend the rows marked no go first",
        }[self]


class RowStatus(StrEnum):
    """What one rule says, from best to worst."""

    NOT_APPLICABLE = "not_applicable"
    OK = "ok"
    CAUTION = "caution"
    NO_GO = "no_go"

    @property
    def is_bad(self) -> bool:
        """Whether the row speaks against training."""
        return self in {RowStatus.CAUTION, RowStatus.NO_GO}


class Bounds(Entity):
    """A value strictly outside them breaks the rule; on the edge it does not."""

    low: float | None = None
    high: float | None = None

    def is_broken_by(self, value: float) -> bool:
        """Whether `value` lies outside."""
        is_below = self.low is not None and value < self.low
        return is_below or (self.high is not None and value > self.high)

    def describe(self, unit: Unit) -> str:
        """The bounds in words, e.g. `< 0.05 or > 0.95`."""
        low = [] if self.low is None else [f"< {show(self.low, unit)}"]
        high = [] if self.high is None else [f"> {show(self.high, unit)}"]
        return " or ".join(low + high)


class Rule(Entity):
    """One row of the table."""

    measure: Measure
    label: str
    unit: Unit
    no_go: Bounds | None
    caution: Bounds
    blames: Blame | None
    """`None`: the grader where rewards are flat, else the data."""
    remedy: str
    """What to do; `{topic}` stands for the lowest topic."""
    remedy_of_sampled: str = ""
    """The same where a model was asked for the answers; empty where that makes no difference."""


RULES = (
    Rule(
        measure=Measure.FAILURE_RATE,
        label="Grading failures",
        unit="share",
        no_go=Bounds(high=0.10),
        caution=Bounds(high=0.02),
        blames="grader",
        remedy="Look at the failures by kind and mend the grader, then run again.",
    ),
    Rule(
        measure=Measure.NUM_GRADED,
        label="Graded rollouts",
        unit="count",
        no_go=Bounds(low=20),
        caution=Bounds(low=FEW_GRADED),
        blames="data",
        remedy="Add records with answers, import rollouts, or raise the number of records.",
        remedy_of_sampled="Raise the number of records, or how many answers each gets.",
    ),
    Rule(
        measure=Measure.MEAN,
        label="Mean reward",
        unit="reward",
        no_go=Bounds(low=0.05, high=0.95),
        caution=Bounds(low=0.20, high=0.80),
        blames=None,
        remedy="Near 0 or 1 there is little to learn: check the grader on the worst and best "
        "rollouts, or choose easier or harder records.",
        remedy_of_sampled="Near 0 or 1 there is little to learn: check the grader on the worst and "
        "best rollouts, or choose easier or harder records, or another model.",
    ),
    Rule(
        measure=Measure.SD,
        label="Spread of rewards (sd)",
        unit="reward",
        no_go=Bounds(low=FLAT_SD),
        caution=Bounds(low=0.10),
        blames="grader",
        remedy="The grader hardly tells answers apart: let it give partial credit or be stricter.",
    ),
    Rule(
        measure=Measure.LEARNABLE_SHARE,
        label="Learnable share",
        unit="share",
        no_go=Bounds(low=0.15),
        caution=Bounds(low=0.30),
        blames="data",
        remedy="Most records are always solved or never: choose records of middling difficulty.",
    ),
    Rule(
        measure=Measure.TOPIC_MEAN,
        label="Lowest topic mean",
        unit="reward",
        no_go=None,
        caution=Bounds(low=0.05),
        blames="data",
        remedy="Look at the rollouts of {topic}: the records may be wrong or too hard.",
    ),
)


class RuleRow(Entity):
    """One rule with the value it found."""

    measure: Measure
    label: str
    unit: Unit
    value: float | None
    """`None` where the rule does not apply."""
    shown_value: str
    """`value` as a person reads it; "–" where there is none."""
    no_go: str | None
    """When the row says NO_GO, e.g. `> 10%`; `None` where it never does."""
    caution: str
    blames: Blame
    status: RowStatus
    note: str
    """Why the row does not apply, which topic it is about, or whose most failures are; else
    empty."""
    remedy: str
    first_step: str = ""
    """What of the remedy comes before that of any other row; mostly empty."""

    @property
    def sentence(self) -> str:
        """The row in words, e.g. `Grading failures: 12% (NO_GO at > 10%)`, and a period."""
        limit = self.no_go if self.status is RowStatus.NO_GO else self.caution
        is_topic = self.measure is Measure.TOPIC_MEAN
        about = f" in {self.note}" if self.note and is_topic else ""
        told = f"{self.label}{about}: {self.shown_value} ({self.status.upper()} at {limit})."
        return told if is_topic or not self.note else f"{told} {self.note}"


class Qualities(TypedDict):
    """Who is to blame, and how badly."""

    dataset_quality: Quality
    grader_quality: Quality


def apply_rules(measured: Measured) -> tuple[RuleRow, ...]:
    """Every rule with its value, in the table's order."""
    return tuple(_apply(rule, measured) for rule in RULES)


def worst_verdict(rows: Iterable[RuleRow]) -> DryRunVerdict:
    """GO unless a row says worse."""
    statuses = {row.status for row in rows}
    if RowStatus.NO_GO in statuses:
        return DryRunVerdict.NO_GO
    return DryRunVerdict.CAUTION if RowStatus.CAUTION in statuses else DryRunVerdict.GO


def advise(rows: Sequence[RuleRow]) -> tuple[Advice, ...]:
    """What to do about the rows that speak against training, each once, in the order to do it.

    What comes before anything else is first, then what decided the verdict, each in the order of
    the rules, which runs from causes to what follows from them.
    """
    bad = [row for row in rows if row.status.is_bad]
    bad.sort(key=lambda row: row.status is not RowStatus.NO_GO)
    rest = [(row.remedy.removeprefix(row.first_step).strip(), row) for row in bad]
    rows_of: defaultdict[str, list[RuleRow]] = defaultdict(list)
    for text, row in [*((row.first_step, row) for row in bad), *rest]:
        rows_of[text].append(row)
    return tuple(
        Advice(
            text=text,
            measures=tuple(row.measure for row in found),
            labels=tuple(row.label for row in found),
        )
        for text, found in rows_of.items()
        if text
    )


def quality_of(rows: Iterable[RuleRow]) -> Qualities:
    """Data and grader, each as good as the worst row that blames it."""
    blamed = [(row.blames, row.status) for row in rows]
    return Qualities(
        dataset_quality=_quality({status for blame, status in blamed if blame == "data"}),
        grader_quality=_quality({status for blame, status in blamed if blame == "grader"}),
    )


def show(value: float, unit: Unit) -> str:
    """A figure as a person reads it.

    Example:
        >>> show(0.125, "share"), show(0.0, "share"), show(20, "count"), show(0.4, "reward")
        ('12.5%', '0%', '20', '0.40')
        >>> show(0.0004, "share")
        '<0.1%'
    """
    if unit == "share":
        percent = f"{100 * value:.1f}".removesuffix(".0")
        return "<0.1%" if percent == "0" and value > 0 else f"{percent}%"
    return f"{value:,.0f}" if unit == "count" else f"{value:.2f}"


def _apply(rule: Rule, measured: Measured) -> RuleRow:
    value, remedy = measured.value(rule.measure), _find_remedy(rule, measured)
    return RuleRow(
        measure=rule.measure,
        label=rule.label,
        unit=rule.unit,
        value=value,
        shown_value="–" if value is None else show(value, rule.unit),
        no_go=rule.no_go.describe(rule.unit) if rule.no_go else None,
        caution=rule.caution.describe(rule.unit),
        blames=rule.blames or _blame_of_mean(measured.sd),
        status=_status(rule, value),
        note=_note(rule, measured, value),
        remedy=remedy.text,
        first_step=remedy.first,
    )


def _find_remedy(rule: Rule, measured: Measured) -> Remedy:
    usual = (measured.answers is not None and rule.remedy_of_sampled) or rule.remedy
    return find_remedy(rule.measure, usual.format(topic=_name_topic(measured)), measured)


def _name_topic(measured: Measured) -> str:
    worst = measured.worst_topic
    return f"“{worst[0]}”" if worst else "the topic"


def _blame_of_mean(sd: float | None) -> Blame:
    return "grader" if sd is not None and sd < FLAT_SD else "data"


def _status(rule: Rule, value: float | None) -> RowStatus:
    if value is None:
        return RowStatus.NOT_APPLICABLE
    if rule.no_go is not None and rule.no_go.is_broken_by(value):
        return RowStatus.NO_GO
    return RowStatus.CAUTION if rule.caution.is_broken_by(value) else RowStatus.OK


def _note(rule: Rule, measured: Measured, value: float | None) -> str:
    if value is None:
        return measured.tell_absence(rule.measure)
    if rule.measure is Measure.FAILURE_RATE:
        found = measured.main_failures
        return found.sentence if found and found.origin is not FailureOrigin.GRADER else ""
    is_topic = rule.measure is Measure.TOPIC_MEAN
    return measured.worst_topic[0] if is_topic and measured.worst_topic else ""


def _quality(statuses: set[RowStatus]) -> Quality:
    if RowStatus.NO_GO in statuses:
        return "problem"
    return "attention" if RowStatus.CAUTION in statuses else "good"
