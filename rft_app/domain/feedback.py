"""Feedback: what a person said of a record, as a rating, a correction or a preference."""

import re
from enum import StrEnum
from typing import NamedTuple, NewType, Protocol

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.public_id import make_id, parse_id
from rft_app.domain.record import RecordId
from rft_app.domain.record_change import Change
from rft_app.errors import InvalidInputError

MAX_REVIEWER_LENGTH = 80
MAX_NOTE_LENGTH = 4_000
MIN_RATING, MAX_RATING = 1, 5
GOOD_RATING, BAD_RATING = 4, 2
"""From the first on a rating is a yes, up to the second a no."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

AnswerId = NewType("AnswerId", str)
"""`recorded` for the record's own answer; else `roll_` and the number of a rollout."""
RECORDED = AnswerId("recorded")


class Thumb(StrEnum):
    """A verdict in one key."""

    UP = "up"
    DOWN = "down"


class FeedbackSource(StrEnum):
    """How it came here."""

    PERSON = "person"
    IMPORTED = "imported"


class FeedbackKey(NamedTuple):
    """Whose feedback on what: there is at most one of each."""

    dataset_id: str
    record_id: str
    reviewer: str


class Opinion(Protocol):
    """What a label is made of."""

    @property
    def thumb(self) -> Thumb | None:
        """A verdict."""
        ...

    @property
    def rating(self) -> int | None:
        """1 (worst) to 5."""
        ...


class FeedbackDraft(Entity):
    """What a person says of a record, beside a corrected answer."""

    thumb: Thumb | None = None
    rating: int | None = Field(default=None, ge=MIN_RATING, le=MAX_RATING)
    """1 (worst) to 5."""
    chosen: AnswerId | None = None
    """The better one of two answers of the record; goes with `rejected`."""
    rejected: AnswerId | None = None
    note: str = Field(default="", max_length=MAX_NOTE_LENGTH)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self == FeedbackDraft()


class Feedback(FeedbackDraft):
    """What one person said of one record."""

    id: str
    """`fb_` and its number in hexadecimal."""
    dataset_id: str
    record_id: RecordId
    reviewer: str
    correction: RecordId | None = None
    """The record that the reviewer's corrected answer made; `record_id` is archived since."""
    source: FeedbackSource = FeedbackSource.PERSON
    created_at: int
    """Milliseconds since 1970, UTC."""
    updated_at: int

    @property
    def draft(self) -> FeedbackDraft:
        """What was said, without whose it is."""
        return FeedbackDraft(**{name: getattr(self, name) for name in FeedbackDraft.model_fields})


class FeedbackCounts(Entity):
    """What people said of a dataset's records."""

    num_feedback: int = 0
    num_records: int = 0
    """Records that somebody said something of."""
    num_reviewers: int = 0
    num_up: int = 0
    num_down: int = 0
    num_rated: int = 0
    """With a rating from 1 to 5."""
    num_corrected: int = 0
    num_preferences: int = 0


class FeedbackPage(Entity):
    """One page of a list, newest first."""

    rows: tuple[Feedback, ...]
    next_cursor: str | None = None
    total: int
    """Of all pages."""


class FeedbackChange(Entity):
    """What putting feedback did, so that it can be taken back."""

    before: Feedback | None
    now: Feedback | None
    """`None` where nothing is said any more."""
    edit: Change | None = None
    """The change that a corrected answer made to the records."""


def label(feedback: Opinion) -> bool | None:
    """Whether the answer is good: the thumb where there is one, else the rating; 3 says neither.

    Example:
        >>> label(FeedbackDraft(rating=5)), label(FeedbackDraft(rating=5, thumb=Thumb.DOWN))
        (True, False)
        >>> label(FeedbackDraft(rating=3)) is None
        True
    """
    if feedback.thumb is not None:
        return feedback.thumb is Thumb.UP
    if feedback.rating is None or BAD_RATING < feedback.rating < GOOD_RATING:
        return None
    return feedback.rating >= GOOD_RATING


def feedback_id(seq: int) -> str:
    """The public id of the feedback with database key `seq`.

    Example:
        >>> feedback_id(31)
        'fb_1f'
    """
    return make_id("fb", seq)


def parse_feedback_id(text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one.

    Example:
        >>> parse_feedback_id("fb_1f"), parse_feedback_id("rec_1f")
        (31, None)
    """
    return parse_id("fb", text)


def answer_id(rollout_seq: int) -> AnswerId:
    """The public id of an answer; key 0 is the record's own.

    Example:
        >>> answer_id(0), answer_id(31)
        ('recorded', 'roll_1f')
    """
    return AnswerId(make_id("roll", rollout_seq)) if rollout_seq else RECORDED


def parse_answer_id(text: str) -> int | None:
    """The key behind an answer's id, 0 for the recorded one; `None` when `text` is none.

    Example:
        >>> parse_answer_id("recorded"), parse_answer_id("roll_1f"), parse_answer_id("roll_0")
        (0, 31, None)
    """
    return 0 if text == RECORDED else parse_id("roll", text) or None


def clean_reviewer(name: str) -> str:
    """A reviewer's name as it is stored: one blank for any space inside, none at its ends.

    Raises:
        InvalidInputError: It is empty, too long, or holds control characters.

    Example:
        >>> clean_reviewer("  Ada   L. ")
        'Ada L.'
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise InvalidInputError("Say who reviews; the name is blank.", field="reviewer")
    if len(cleaned) > MAX_REVIEWER_LENGTH:
        raise InvalidInputError(
            f"A reviewer's name has at most {MAX_REVIEWER_LENGTH} characters; "
            f"this one has {len(cleaned)}.",
            field="reviewer",
        )
    if _CONTROL.search(cleaned):
        raise InvalidInputError(
            "A reviewer's name cannot hold control characters.", field="reviewer"
        )
    return cleaned


def require_preference(draft: FeedbackDraft) -> None:
    """Check that a preference names two different answers, or that there is none.

    Raises:
        InvalidInputError: One is missing, or both are the same.
    """
    if (draft.chosen is None) is not (draft.rejected is None):
        missing = "rejected" if draft.rejected is None else "chosen"
        raise InvalidInputError(f"A preference also needs the {missing} answer.", field=missing)
    if draft.chosen is not None and draft.chosen == draft.rejected:
        raise InvalidInputError(
            "The chosen and the rejected answer are the same; choose between two.", field="rejected"
        )
