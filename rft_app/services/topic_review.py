"""Look through records that are unsure of their topic, and decide."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.record import parse_record_id, record_id
from rft_app.domain.topic import MANUAL, TopicNode, is_within, method_kind
from rft_app.domain.topic_review import ReviewItem, ReviewPage, TopicAssigned, TopicChoice
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.topic_results import refresh_result
from rft_app.services.topics import get_topics
from rft_app.storage.datasets import touch
from rft_app.storage.record_pages import list_summaries
from rft_app.storage.records import TopicAssignment, set_topics
from rft_app.storage.topic_reviews import (
    UnsureRecord,
    count_unsure,
    list_unsure,
    read_choices,
)
from rft_app.storage.topics import list_rows, read_user_texts
from rft_app.text.intent import extract_intent
from rft_app.text.keywords import KeywordMatcher

NUM_CHOICES = 3
MAX_PAGE = 200


def list_review(
    session: Session,
    dataset_id: str,
    *,
    topic: str | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> ReviewPage:
    """One page of valid records with a confidence below 0.7 that nobody decided, oldest first.

    The choices are those found when the record was placed, as far as their topics are still there;
    what is missing is filled by the topics' words.

    Args:
        session: Any.
        dataset_id: Whose.
        topic: Only records of this topic or below it.
        cursor: `next_cursor` of the page before.
        limit: At most so many.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: The cursor is not one that a page gave.
    """
    tree = get_topics(session, dataset_id)
    rows = list_rows(session, dataset_id)
    if topic is not None and tree.find(topic) is None:
        raise NotFoundError(f"There is no topic {topic!r}; it may have been changed.")
    within = None if topic is None else [row.id for row in rows if is_within(row.key, topic)]
    limit = min(max(limit, 1), MAX_PAGE)
    after = 0 if cursor is None else _parse_cursor(cursor)
    found = list_unsure(session, dataset_id, topics=within, after=after, limit=limit + 1)
    leaves = {leaf.key: leaf for leaf in tree.leaves}
    ids = {row.id: leaves[row.key] for row in rows if row.key in leaves}
    return ReviewPage(
        items=tuple(_to_items(session, dataset_id, found[:limit], ids)),
        next_cursor=f"r{found[limit - 1].seq:x}" if len(found) > limit else None,
        total=count_unsure(session, dataset_id, within),
    )


def assign(session: Session, dataset_id: str, record: str, topic: str) -> TopicAssigned:
    """Put one record into a leaf because a person says so: sure, and never placed again by itself.

    Raises:
        NotFoundError: There is no such dataset, record or topic.
        InvalidInputError: The topic has topics below it, or the record is invalid.
    """
    tree = get_topics(session, dataset_id)
    seq = parse_record_id(record)
    before = next(list_summaries(session, dataset_id, [] if seq is None else [seq]), None)
    if seq is None or before is None:
        raise NotFoundError(f"This dataset has no record {record!r}.")
    if before.reason is not None:
        raise InvalidInputError(f"An invalid record has no topic: {before.reason.message}")
    if tree.find(topic) is None:
        raise NotFoundError(f"There is no topic {topic!r}; it may have been changed.")
    if all(leaf.key != topic for leaf in tree.leaves):
        raise InvalidInputError(f"{topic!r} has topics below it; choose one of those.", topic=topic)
    num_left = _place(session, dataset_id, seq, (topic, 1.0, MANUAL))
    return TopicAssigned(id=record_id(seq), topic=topic, previous=before.topic, num_left=num_left)


def take_back(session: Session, dataset_id: str, item: ReviewItem) -> int:
    """Put a record back into the queue as it was before a person decided.

    Returns:
        How many unsure records there are now.

    Raises:
        NotFoundError: There is no such dataset, record or topic.
    """
    tree = get_topics(session, dataset_id)
    seq = parse_record_id(item.id)
    if seq is None or not list(list_summaries(session, dataset_id, [seq])):
        raise NotFoundError(f"This dataset has no record {item.id!r}.")
    if all(leaf.key != item.topic for leaf in tree.leaves):
        raise NotFoundError(f"There is no topic {item.topic!r}; it may have been changed.")
    return _place(session, dataset_id, seq, (item.topic, item.confidence, item.method))


def _place(session: Session, dataset_id: str, seq: int, home: tuple[str, float, str]) -> int:
    """Put a record into `home`: leaf, confidence, method; returns how many are unsure then."""
    key, confidence, method = home
    topic_id = next(row.id for row in list_rows(session, dataset_id) if row.key == key)
    placed = TopicAssignment(seq, topic_id, confidence, method)
    set_topics(session, dataset_id, [placed], is_last=False)
    refresh_result(session, dataset_id)
    touch(session, dataset_id)
    return count_unsure(session, dataset_id)


def _to_items(
    session: Session,
    dataset_id: str,
    found: Sequence[UnsureRecord],
    leaves: dict[int, TopicNode],
) -> list[ReviewItem]:
    stored = read_choices(session, [record.seq for record in found])
    matcher = _Words(session, dataset_id, leaves)
    items: list[ReviewItem] = []
    for record in found:
        if record.topic_id not in leaves:
            continue
        choices = {record.topic_id: record.confidence}
        for topic_id, chance in stored.get(record.seq, ()):
            if topic_id in leaves:
                choices.setdefault(topic_id, chance)
        if len(choices) < min(NUM_CHOICES, len(leaves)):
            matcher.fill(record.seq, choices)
        best = sorted(choices.items(), key=lambda pair: -pair[1])[:NUM_CHOICES]
        items.append(
            ReviewItem(
                id=record_id(record.seq),
                title=record.title,
                topic=leaves[record.topic_id].key,
                confidence=record.confidence,
                method=method_kind(record.method) or "embedding",
                choices=tuple(
                    TopicChoice(key=leaves[id_].key, confidence=round(chance, 4))
                    for id_, chance in best
                ),
            )
        )
    return items


class _Words:
    """Fills choices by the topics' words; learns them when they are first needed."""

    def __init__(self, session: Session, dataset_id: str, leaves: dict[int, TopicNode]) -> None:
        self._session = session
        self._dataset_id = dataset_id
        self._ids = sorted(leaves, key=lambda id_: -leaves[id_].num_records)
        self._leaves = leaves
        self._matcher: KeywordMatcher | None = None

    def fill(self, seq: int, choices: dict[int, float]) -> None:
        """Add topics until there are three: by words, then the largest ones without a chance."""
        if self._matcher is None:
            leaves = [self._leaves[id_] for id_ in self._ids]
            self._matcher = KeywordMatcher(
                [leaf.keywords for leaf in leaves], [leaf.name for leaf in leaves]
            )
        said = read_user_texts(self._session, self._dataset_id, [seq])[0]
        lowest = min(choices.values())
        ranked = [
            (self._ids[place], sure) for place, sure in self._matcher.rank(extract_intent(said))
        ]
        for id_, sure in [*ranked, *((id_, 0.0) for id_ in self._ids)]:
            if len(choices) == NUM_CHOICES:
                return
            choices.setdefault(id_, min(sure, lowest))


def _parse_cursor(cursor: str) -> int:
    digits = cursor[1:]
    if cursor[:1] != "r" or not digits or digits.strip("0123456789abcdef") or len(digits) > 15:
        raise InvalidInputError(f"{cursor!r} is no cursor of this list. Start at the first page.")
    return int(digits, 16)
