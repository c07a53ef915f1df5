"""Base against tuned model, ready to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rft_app.domain.training_comparison import (
    ComparedRecord,
    ComparedTopic,
    Finding,
    TrainingComparison,
)
from rft_app.domain.training_run import TrainingRollout
from rft_app.text.difference import Change, Piece, compare_texts
from rft_app.ui.state.record_row import leaf
from rft_app.ui.state.rollout_view import shorten
from rft_app.ui.words import count

_DIGITS = 2
MARKED_BELOW = 4_000
"""Characters of an answer; words of longer ones are not compared, that would take long."""
_TONES = {
    Finding.BETTER: "ok",
    Finding.WORSE: "bad",
    Finding.UNPROVEN: "neutral",
}


@dataclass(frozen=True)
class TopicDifference:
    """One topic of the comparison."""

    name: str
    num: str
    base: str
    tuned: str
    difference: str
    tone: str

    @classmethod
    def of(cls, topic: ComparedTopic) -> "TopicDifference":
        """Build the row."""
        return cls(
            name=leaf(topic.topic),
            num=f"{topic.n:,}",
            base=f"{topic.base_mean:.2f}",
            tuned=f"{topic.tuned_mean:.2f}",
            difference=signed(topic.difference),
            tone=_tone(topic.difference),
        )


@dataclass(frozen=True)
class SideBySide:
    """One record that both models answered."""

    id: str
    topic: str
    question: str
    base_text: str
    tuned_text: str
    base_pieces: list[Piece]
    """The same with what only the base says marked."""
    tuned_pieces: list[Piece]
    base: str
    tuned: str
    difference: str
    tone: str

    @classmethod
    def list_of(
        cls,
        found: TrainingComparison,
        base: Sequence[TrainingRollout],
        tuned: Sequence[TrainingRollout],
    ) -> list["SideBySide"]:
        """All compared records, the largest fall first."""
        before = {one.record_id: one for one in base}
        after = {one.record_id: one for one in tuned}
        return [
            cls._of(record, before[record.record_id], after[record.record_id])
            for record in found.records
            if record.record_id in before and record.record_id in after
        ]

    @property
    def marked(self) -> "SideBySide":
        """With the words that differ marked; as it is where little is shared, or much is said."""
        if max(len(self.base_text), len(self.tuned_text)) > MARKED_BELOW:
            return self
        found = compare_texts(self.base_text, self.tuned_text)
        if found.is_rewritten:
            return self
        return replace(self, base_pieces=found.old, tuned_pieces=found.new)

    @classmethod
    def _of(
        cls, record: ComparedRecord, base: TrainingRollout, tuned: TrainingRollout
    ) -> "SideBySide":
        difference = record.tuned - record.base
        return cls(
            id=record.record_id,
            topic=leaf(record.topic),
            question=shorten(base.question),
            base_text=(before := base.text or "(empty)"),
            tuned_text=(after := tuned.text or "(empty)"),
            base_pieces=[Piece(Change.SAME, before)],
            tuned_pieces=[Piece(Change.SAME, after)],
            base=f"{record.base:.2f}",
            tuned=f"{record.tuned:.2f}",
            difference=signed(difference),
            tone=_tone(difference),
        )


@dataclass(frozen=True)
class ComparisonView:
    """Base against tuned."""

    difference: str = ""
    tone: str = "neutral"
    span: str = ""
    words: str = ""
    tally: str = ""
    costs: list[str] = field(default_factory=list[str])
    """Length and time of an answer by both; what is known of them."""
    ungraded: str = ""
    """Records that are in no figure; empty where there are none."""
    topics: list[TopicDifference] = field(default_factory=list[TopicDifference])

    @classmethod
    def of(cls, found: TrainingComparison) -> "ComparisonView":
        """Build the card."""
        return cls(
            difference=signed(found.difference),
            tone=_TONES[found.finding],
            span=f"95% interval {signed(found.low)} to {signed(found.high)} · n = {found.n:,}",
            words=found.finding_words,
            tally=f"{found.num_better:,} better, {found.num_worse:,} worse, "
            f"{found.num_same:,} the same; mean {found.base_mean:.2f} → {found.tuned_mean:.2f}",
            costs=list(found.costs),
            ungraded=f"{count(found.num_ungraded, 'record')} got no reward for one of both."
            if found.num_ungraded
            else "",
            topics=[TopicDifference.of(topic) for topic in found.topics],
        )


def signed(value: float) -> str:
    """With its sign; what rounds to nothing has none.

    Example:
        >>> signed(0.256), signed(-0.001), signed(-0.5)
        ('+0.26', '0.00', '−0.50')
    """
    text = f"{abs(value):.{_DIGITS}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _tone(difference: float) -> str:
    if abs(difference) < 0.005:
        return ""
    return "good" if difference > 0 else "bad"
