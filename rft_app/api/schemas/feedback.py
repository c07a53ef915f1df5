"""Feedback on the wire."""

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.record import DatasetRecord, Message
from rft_app.api.schemas.record_change import to_message
from rft_app.domain import feedback as domain
from rft_app.domain import message as messages
from rft_app.domain.agreement import Kappa
from rft_app.domain.feedback import (
    MAX_NOTE_LENGTH,
    MAX_RATING,
    MAX_REVIEWER_LENGTH,
    MIN_RATING,
    AnswerId,
    FeedbackDraft,
    FeedbackKey,
    FeedbackSource,
    Thumb,
)
from rft_app.services import feedback_agreement as agreement
from rft_app.services import feedback_queue as queue
from rft_app.services.feedback import answer_of


class Feedback(Wire):
    """What one person said of one record."""

    id: str
    dataset_id: str
    record_id: str
    reviewer: str
    thumb: Thumb | None
    rating: int | None
    """1 (worst) to 5."""
    chosen: str | None
    """The better one of two answers: `recorded`, or the id of a rollout."""
    rejected: str | None
    note: str
    correction: str | None
    """The record that the reviewer's corrected answer made; `recordId` is archived since."""
    label: bool | None
    """Whether the answer is good: the thumb, else a rating of at least 4 or at most 2."""
    source: FeedbackSource
    created_at: int
    """Milliseconds since 1970, UTC."""
    updated_at: int

    @classmethod
    def of(cls, feedback: domain.Feedback) -> "Feedback":
        """Convert from the domain."""
        return cls(**feedback.model_dump(), label=domain.label(feedback))


class FeedbackRequest(WireRequest):
    """All that a person says of a record now; what is left out they do not say any more."""

    dataset_id: str
    record_id: str
    reviewer: str = Field(min_length=1, max_length=MAX_REVIEWER_LENGTH)
    """The person's name; it is no login."""
    thumb: Thumb | None = None
    rating: int | None = Field(default=None, ge=MIN_RATING, le=MAX_RATING)
    chosen: str | None = None
    """Goes with `rejected`: `recorded`, or the id of a rollout of the record."""
    rejected: str | None = None
    note: str = Field(default="", max_length=MAX_NOTE_LENGTH)
    output: str | Message | None = None
    """The right answer, which becomes a new record in the place of this one.  Without it a
    correction that was made before stays."""

    @property
    def key(self) -> FeedbackKey:
        """Whose, and on what."""
        return FeedbackKey(self.dataset_id, self.record_id, self.reviewer)

    def to_draft(self) -> FeedbackDraft:
        """Convert to the domain."""
        return FeedbackDraft(
            thumb=self.thumb,
            rating=self.rating,
            chosen=None if self.chosen is None else AnswerId(self.chosen),
            rejected=None if self.rejected is None else AnswerId(self.rejected),
            note=self.note,
        )

    def to_answer(self) -> messages.Message | None:
        """The corrected answer, where there is one.

        Raises:
            InvalidInputError: It is blank.
        """
        if isinstance(self.output, Message):
            return to_message(self.output)
        return None if self.output is None else answer_of(self.output)


class FeedbackChange(Wire):
    """What a request changed; sending `before` again, or deleting, takes it back."""

    before: Feedback | None
    """What the person said before."""
    now: Feedback | None
    """`null` where nothing is said any more."""
    change_id: str | None
    """The change of records that a corrected answer made."""

    @classmethod
    def of(cls, change: domain.FeedbackChange) -> "FeedbackChange":
        """Convert from the domain."""
        return cls(
            before=change.before and Feedback.of(change.before),
            now=change.now and Feedback.of(change.now),
            change_id=change.edit and change.edit.id,
        )


class FeedbackCounts(Wire):
    """What people said of a dataset's records."""

    feedback: int
    records: int
    """Records that somebody said something of."""
    reviewers: int
    up: int
    down: int
    rated: int
    """With a rating from 1 to 5."""
    corrected: int
    preferences: int

    @classmethod
    def of(cls, counts: domain.FeedbackCounts) -> "FeedbackCounts":
        """Convert from the domain."""
        return cls(**{name.removeprefix("num_"): n for name, n in counts.model_dump().items()})


class Agreed(Wire):
    """Cohen's kappa with what it rests on."""

    kappa: float | None
    """`null` where it is undefined."""
    records: int
    share_equal: float | None
    """Of these records, the share on which both said the same."""

    @classmethod
    def of(cls, kappa: Kappa) -> "Agreed":
        """Convert from the domain."""
        return cls(kappa=kappa.value, records=kappa.n, share_equal=kappa.share_equal)


class Agreement(Wire):
    """How far two people agree where both judged the same records."""

    reviewers: tuple[str, str]
    records: int
    labels: Agreed
    """Good or bad, by thumb or rating."""
    ratings: Agreed
    """1 to 5, weighted by the square of the distance."""

    @classmethod
    def of(cls, found: agreement.Agreement) -> "Agreement":
        """Convert from the service."""
        return cls(
            reviewers=found.reviewers,
            records=found.num_records,
            labels=Agreed.of(found.labels),
            ratings=Agreed.of(found.ratings),
        )


class Answer(Wire):
    """One answer to a record."""

    id: str
    messages: list[Message]
    model: str | None
    reward: float | None

    @classmethod
    def of(cls, answer: queue.Answer) -> "Answer":
        """Convert from the service."""
        return cls(
            id=answer.id,
            messages=list(map(Message.of, answer.messages)),
            model=answer.model,
            reward=answer.reward,
        )


class QueueItem(Wire):
    """A record to say something of."""

    record: DatasetRecord
    answers: list[Answer]
    """The recorded one first, then rollouts."""

    @classmethod
    def of(cls, item: queue.QueueItem, dataset_id: str, score: float | None) -> "QueueItem":
        """Convert from the service."""
        return cls(
            record=DatasetRecord.of(item.record, dataset_id, score),
            answers=list(map(Answer.of, item.answers)),
        )


class FeedbackImported(Wire):
    """What an import of feedback did."""

    imported: int
    errors: int
    """Bad rows; `GET /api/optimization/imports/{importId}/errors` lists them."""
    import_id: str
