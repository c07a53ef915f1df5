"""One record as a line of a list; the topics dialog and the records overlay share it."""

from dataclasses import dataclass

from rft_app.domain.record_page import RecordSummary
from rft_app.domain.topic import SURE
from rft_app.ui.words import reward, share


@dataclass(frozen=True)
class RecordRow:
    """Ready to show."""

    id: str
    title: str
    has_title: bool
    topic: str
    source: str
    is_generated: bool
    reason: str
    """Code of the fault; empty when the record is valid."""
    reason_text: str
    num_messages: str
    reward: str
    has_reward: bool
    reward_hint: str
    sure: str
    is_unsure: bool
    is_duplicate: bool

    @classmethod
    def of(cls, summary: RecordSummary) -> "RecordRow":
        """Build the row."""
        confidence = summary.topic_confidence
        invalid = "the record is invalid" if summary.reason else "none was recorded"
        return cls(
            id=summary.id,
            title=summary.title or "(no user message)",
            has_title=bool(summary.title),
            topic=leaf(summary.topic),
            source=summary.source_type.value,
            is_generated=summary.source_type.value == "generated",
            reason=summary.reason.value if summary.reason else "",
            reason_text=summary.reason.message if summary.reason else "",
            num_messages=f"{summary.num_messages:,}",
            reward=reward(summary.reward),
            has_reward=summary.reward is not None,
            reward_hint="Recorded reward"
            if summary.reward is not None
            else f"No reward: {invalid}",
            sure="–" if confidence is None else share(round(confidence, 2)),
            is_unsure=confidence is not None and confidence < SURE,
            is_duplicate=summary.is_duplicate,
        )


def leaf(path: str | None) -> str:
    """The last part of a topic's path; a dash when there is none.

    Example:
        >>> leaf("Changes/Change a flight"), leaf(None)
        ('Change a flight', '–')
    """
    return path.rpartition("/")[2] if path else "–"
