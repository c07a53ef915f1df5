"""Records that are not sure of their topic, for a person to decide."""

from rft_app.domain.entity import Entity
from rft_app.domain.record import RecordId
from rft_app.domain.topic import Method


class TopicChoice(Entity):
    """One topic that a record may belong to."""

    key: str
    confidence: float
    """How likely, against the best other topic, in [0, 1]."""


class ReviewItem(Entity):
    """One record to look at."""

    id: RecordId
    title: str
    """The first user message on one line."""
    topic: str
    confidence: float
    method: Method
    choices: tuple[TopicChoice, ...]
    """Up to three best topics, best first; the present one is among them."""


class ReviewPage(Entity):
    """One page of the queue, oldest record first."""

    items: tuple[ReviewItem, ...]
    next_cursor: str | None = None
    """Opaque; `None` on the last page."""
    total: int
    """Unsure records on all pages."""


class TopicAssigned(Entity):
    """What a person decided of one record."""

    id: RecordId
    topic: str
    confidence: float = 1.0
    method: Method = "manual"
    previous: str | None = None
    """Where it was before; assign that to take the decision back."""
    num_left: int
    """Unsure records that remain."""
