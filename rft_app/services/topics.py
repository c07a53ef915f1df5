"""Use cases around topics."""

from sqlmodel import Session

from rft_app.domain.topic import TopicTree
from rft_app.storage import topics
from rft_app.storage.datasets import get_dataset_row


def get_topics(session: Session, dataset_id: str) -> TopicTree:
    """The dataset's topics; a tree without nodes before the first run.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    return topics.get_tree(session, dataset_id)


def map_keys(session: Session, dataset_id: str) -> dict[int, str]:
    """The path of every topic by what stays its own when it gets another name or place."""
    return {row.id: row.key for row in topics.list_rows(session, dataset_id)}
