"""What the topics step shows of a tree, however the tree came about."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rft_app.domain.pipeline import StepResult, StepStatus
from rft_app.domain.topic import TopicTree
from rft_app.domain.words import count, share
from rft_app.storage.topic_counts import Figures, TopicFigures, read_figures
from rft_app.storage.topics import get_tree, list_rows

ORIGIN = ("method", "seed")
"""Facts that say how the tree came about; an edit keeps them."""


def describe_topics(
    session: Session,
    dataset_id: str,
    origin: Mapping[str, Any],
    figures: Figures | None = None,
) -> StepResult:
    """The step's result as the records are now.

    Args:
        session: Any; the dataset's counts must be fresh.
        dataset_id: Whose.
        origin: `method` and `seed`.
        figures: Where they were just read.
    """
    tree = get_tree(session, dataset_id)
    figures = read_figures(session, dataset_id) if figures is None else figures
    ids = {row.key: row.id for row in list_rows(session, dataset_id)}
    by_leaf = {leaf.key: figures.get(ids[leaf.key], TopicFigures()) for leaf in tree.leaves}
    num_records = sum(figure.num_records for figure in by_leaf.values())
    num_sure = sum(figure.num_sure for figure in by_leaf.values())
    confidence = sum(figure.confidence for figure in by_leaf.values())
    num_judged = sum(figure.num_judged for figure in by_leaf.values())
    share_sure = num_sure / num_judged if num_judged else None
    return StepResult(
        outcome=StepStatus.COMPLETE if num_records else StepStatus.ATTENTION,
        summary=_summarise(tree, num_records, share_sure),
        facts={
            "num_topics": len(by_leaf),
            "num_clusters": len(by_leaf),
            "num_levels": max((leaf.key.count("/") + 1 for leaf in tree.leaves), default=0),
            "mean_confidence": confidence / num_judged if num_judged else None,
            "share_sure": share_sure,
            "num_judged": num_judged,
            "num_unsure": num_judged - num_sure,
            "num_without_topic": tree.num_without_topic,
            "is_edited": tree.is_edited,
            **{name: origin.get(name) for name in ORIGIN},
            "topics": [
                {
                    "key": key,
                    "num_records": figure.num_records,
                    "num_judged": figure.num_judged,
                    "num_sure": figure.num_sure,
                }
                for key, figure in by_leaf.items()
            ],
        },
    )


def _summarise(tree: TopicTree, num_records: int, share_sure: float | None) -> str:
    num_topics = len(tree.leaves)
    if not num_topics:
        return "No topics"
    topics = count(num_topics, "topic")
    if not num_records:
        return f"{topics} · no records in them yet"
    parts = [topics]
    if share_sure is not None:
        parts.append(f"{share(share_sure)} sure")
    if tree.num_without_topic:
        parts.append(f"{tree.num_without_topic:,} without topic")
    return " · ".join(parts)
