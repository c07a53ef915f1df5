"""Use cases around topics."""

from collections.abc import Mapping

from sqlmodel import Session

from rft_app.domain.coverage import resolve_targets
from rft_app.domain.topic import TopicTree
from rft_app.errors import NotFoundError
from rft_app.storage import topics
from rft_app.storage.datasets import get_dataset_row, touch


def get_topics(session: Session, dataset_id: str) -> TopicTree:
    """The dataset's topics; a tree without nodes before the first run.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    return topics.get_tree(session, dataset_id)


def set_targets(
    session: Session, dataset_id: str, targets: Mapping[str, float | None]
) -> TopicTree:
    """Set the share that leaves should hold, `None` for an equal part of the rest.

    Raises:
        NotFoundError: There is no such dataset, or no such leaf.
        InvalidInputError: A target is outside 0 to 100%, or together they cannot be 100%.
    """
    current = get_topics(session, dataset_id).targets
    if unknown := [key for key in targets if key not in current]:
        raise NotFoundError(f"There is no topic {unknown[0]!r} that holds records.")
    resolve_targets(tuple(current), {**current, **targets})
    topics.set_targets(session, dataset_id, targets)
    touch(session, dataset_id)
    return topics.get_tree(session, dataset_id)
