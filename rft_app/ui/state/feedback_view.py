"""What the Feedback tab shows, ready to read."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from rft_app.domain.agreement import Kappa
from rft_app.domain.feedback import (
    RECORDED,
    AnswerId,
    FeedbackCounts,
    FeedbackDraft,
    Thumb,
)
from rft_app.domain.message import Message
from rft_app.domain.record import Record
from rft_app.services.feedback_agreement import Agreement
from rft_app.services.feedback_queue import Answer, QueueItem, QueueProgress
from rft_app.ui.state.record_detail import MessageView, view_message
from rft_app.ui.state.record_row import leaf
from rft_app.ui.words import count, reward, share

KAPPA_WORDS = ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"))
"""From each value on; Landis and Koch, Biometrics 33, 1977."""


@dataclass(frozen=True)
class AnswerView:
    """One answer to the record."""

    id: str = ""
    title: str = ""
    reward: str = ""
    """Words; empty where none was recorded with it."""
    messages: list[MessageView] = field(default_factory=list[MessageView])


@dataclass(frozen=True)
class ItemView:
    """The record that a person is asked about, and what they said of it."""

    id: str = ""
    """Empty where there is none."""
    title: str = ""
    topic: str = ""
    topic_path: str = ""
    source: str = ""
    came: str = ""
    """Feedback that arrived with the trace, in words."""
    tags: list[str] = field(default_factory=list[str])
    all_tags: str = ""
    context: list[MessageView] = field(default_factory=list[MessageView])
    """What the model was given."""
    recorded: list[MessageView] = field(default_factory=list[MessageView])
    answers: list[AnswerView] = field(default_factory=list[AnswerView])
    has_choice: bool = False
    """Whether there are two answers to choose from."""
    has_many: bool = False
    """Whether there are more than two."""
    editable: str = ""
    """The recorded answer for the editor: its text, or JSON where it calls tools."""
    is_json: bool = False
    thumb: str = ""
    rating: int = 0
    """0 for none."""
    note: str = ""
    chosen: str = ""
    rejected: str = ""
    preferred: str = ""
    """The preference in words; empty where there is none."""
    correction: str = ""
    """Id of the record that the person's corrected answer made."""

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was said of it."""
        return self.draft.is_empty and not self.correction

    @property
    def draft(self) -> FeedbackDraft:
        """What the person says so far."""
        return FeedbackDraft(
            thumb=Thumb(self.thumb) if self.thumb else None,
            rating=self.rating or None,
            chosen=AnswerId(self.chosen) if self.chosen else None,
            rejected=AnswerId(self.rejected) if self.rejected else None,
            note=self.note,
        )


@dataclass(frozen=True)
class ProgressView:
    """How far a person is."""

    words: str = ""
    percent: int = 0

    @classmethod
    def of(cls, progress: QueueProgress) -> "ProgressView":
        """In words.

        Example:
            >>> ProgressView.of(QueueProgress(num_done=12, num_matching=384, is_exact=True)).words
            '12 of 384 done by you'
        """
        total = f"{progress.num_matching:,}{'' if progress.is_exact else '+'}"
        return cls(
            words=f"{progress.num_done:,} of {total} done by you",
            percent=100 * progress.num_done // progress.num_matching
            if progress.num_matching
            else 0,
        )


@dataclass(frozen=True)
class AgreementView:
    """How far two people agree."""

    people: str
    kappa: str
    words: str
    """What the value means, and what it rests on."""
    rating: str
    """Of their ratings; empty where they rated nothing in common."""

    @classmethod
    def of(cls, found: Agreement) -> "AgreementView":
        """In words."""
        return cls(
            people=" and ".join(found.reviewers),
            kappa=kappa_figure(found.labels),
            words=describe_kappa(found.labels, "good or bad"),
            rating=f"Ratings: {kappa_figure(found.ratings)}, n = {found.ratings.n:,}"
            if found.ratings.n
            else "",
        )


def kappa_figure(kappa: Kappa) -> str:
    """The value in two digits; one that is undefined is a dash.

    Example:
        >>> kappa_figure(Kappa(value=-0.104, n=9, share_equal=0.4))
        '−0.10'
    """
    return "–" if kappa.value is None else f"{kappa.value:.2f}".replace("-", "−")


def describe_kappa(kappa: Kappa, what: str) -> str:
    """What a value means, and what it rests on.

    Example:
        >>> describe_kappa(Kappa(value=0.65, n=40, share_equal=0.85), "good or bad")
        'substantial · the same on 85% of 40 records, good or bad'
        >>> describe_kappa(Kappa(value=None, n=0, share_equal=None), "good or bad")
        'no verdict in common yet'
    """
    if kappa.share_equal is None:
        return "no verdict in common yet"
    named = next((words for limit, words in KAPPA_WORDS if (kappa.value or 0) >= limit), "slight")
    said = "undefined, nobody ever differed" if kappa.value is None else named
    return f"{said} · the same on {share(kappa.share_equal)} of {count(kappa.n, 'record')}, {what}"


def describe_counts(counts: FeedbackCounts) -> str:
    """What people said of a dataset, in one line; empty where nobody said anything.

    Example:
        >>> counts = FeedbackCounts(num_feedback=3, num_records=2, num_reviewers=1, num_up=2)
        >>> describe_counts(counts)
        '3 said by 1 person on 2 records · 2 up'
    """
    if not counts.num_feedback:
        return ""
    people = count(counts.num_reviewers, "person", "people")
    parts = [f"{counts.num_feedback:,} said by {people} on {count(counts.num_records, 'record')}"]
    for number, words in (
        (counts.num_up, "up"),
        (counts.num_down, "down"),
        (counts.num_rated, "rated"),
        (counts.num_corrected, "corrected"),
        (counts.num_preferences, "preferred"),
    ):
        if number:
            parts.append(f"{number:,} {words}")
    return " · ".join(parts)


def view_item(item: QueueItem) -> ItemView:
    """Lay out a record for a person's eyes."""
    record, said = item.record, item.feedback
    names: dict[str, str] = {}
    context: list[MessageView] = []
    for message in record.input:
        context.append(view_message(message, names, is_answer=False))
        names |= {call.id: call.function.name for call in message.tool_calls or ()}
    answers = [_view_answer(answer, place, names) for place, answer in enumerate(item.answers)]
    titles = {answer.id: answer.title for answer in answers}
    editable, is_json = _editable(record)
    words = (
        f"{titles.get(said.chosen or '')} over {titles.get(said.rejected or '')}" if said else ""
    )
    return ItemView(
        id=record.id,
        title=_title(record),
        topic=leaf(record.topic) if record.topic else "",
        topic_path=record.topic or "",
        source=record.source_type.value,
        came=_describe_arrived(record),
        tags=list(record.tags),
        all_tags=", ".join(record.tags),
        context=context,
        recorded=_view_whole(record.output, names, is_recorded=True),
        answers=answers,
        has_choice=len(answers) > 1,
        has_many=len(answers) > 2,
        editable=editable,
        is_json=is_json,
        thumb=said.thumb or "" if said else "",
        rating=said.rating or 0 if said else 0,
        note=said.note if said else "",
        chosen=said.chosen or "" if said else "",
        rejected=said.rejected or "" if said else "",
        preferred=words if said and said.chosen else "",
        correction=said.correction or "" if said else "",
    )


def _title(record: Record) -> str:
    """The first user message on one line."""
    first = next((message.text for message in record.input if message.role == "user"), "")
    return " ".join(first[:400].split())[:140] or "(no user message)"


def _view_answer(answer: Answer, place: int, names: dict[str, str]) -> AnswerView:
    title = "Recorded answer" if answer.id == RECORDED else answer.model or f"Answer {place + 1}"
    return AnswerView(
        id=answer.id,
        title=title,
        reward="" if answer.reward is None else f"reward {reward(answer.reward)}",
        messages=_view_whole(answer.messages, names),
    )


def _view_whole(
    messages: Sequence[Message], names: dict[str, str], *, is_recorded: bool = False
) -> list[MessageView]:
    """An answer; it is what people judge, so no text of it is folded."""
    views = [view_message(message, names, is_answer=is_recorded) for message in messages]
    return [replace(view, preview="", unfold="") for view in views]


def _editable(record: Record) -> tuple[str, bool]:
    if not record.output:
        return "", False
    [answer] = record.output
    if not answer.tool_calls:
        return answer.text, False
    raw = msgspec.json.encode(answer.model_dump(exclude_none=True))
    return msgspec.json.format(raw, indent=2).decode(), True


def _describe_arrived(record: Record) -> str:
    """The recorded reward and the row's own `feedback`.

    Example:
        >>> said = {"feedback": {"ok": 1}}
        >>> _describe_arrived(Record(id="rec_1", input=(), reward=0.9, metadata=said))
        'reward 0.90 · feedback {"ok":1}'
    """
    parts = [] if record.reward is None else [f"reward {reward(record.reward)}"]
    if (own := record.metadata.get("feedback")) is not None:
        parts.append(
            f"feedback {own if isinstance(own, str) else msgspec.json.encode(own).decode()}"
        )
    return " · ".join(parts)
