"""Topic trees on the wire."""

from rft_app.api.schemas._base import Wire
from rft_app.domain import topic as domain
from rft_app.domain.topic_file import VERSION


class TopicNode(Wire):
    """One topic; keys are slash paths."""

    description: str
    subtopics: list[str] | None = None
    """Keys of its children; absent on a leaf."""
    keywords: list[str] | None = None
    parent_topic: str | None = None
    target_percentage: float | None = None
    """Share of records this leaf should hold, 0 to 100; `null` means an equal part of the rest."""
    num_records: int = 0


class TopicHierarchy(Wire):
    """A dataset's topic tree."""

    version: str = VERSION
    """Of the shape."""
    topics: dict[str, TopicNode]
    revision: int = 0
    """Grows with every change; send it back with an edit, which is refused when it is no longer
    the newest. 0 for a tree that is only proposed."""

    @classmethod
    def of(cls, tree: domain.TopicTree) -> "TopicHierarchy | None":
        """Convert from the domain; `None` before topics were found."""
        return cls.of_tree(tree) if tree.nodes else None

    @classmethod
    def of_tree(cls, tree: domain.TopicTree) -> "TopicHierarchy":
        """Convert from the domain, also a tree without topics."""
        children: dict[str, list[str]] = {}
        for node in tree.nodes:
            if node.parent_key is not None:
                children.setdefault(node.parent_key, []).append(node.key)
        return cls(
            topics={n.key: _to_node(n, children.get(n.key)) for n in tree.nodes},
            revision=tree.version,
        )


class CategorizationSummary(Wire):
    """What assigning records to topics came to."""

    categorized: int
    low_confidence: int
    """Records that a person should look at."""
    model: str | None = None
    """Who was asked about unsure records."""
    num_calls: int = 0
    """Replies paid."""
    cost_usd: float | None = 0.0
    """Of all replies; `null` where any of them has no known cost."""
    failures: dict[str, int] = {}
    """Calls without a usable reply, by kind; their records are where meaning put them."""
    failure_messages: dict[str, str] = {}
    """The first message of each kind, with its remedy."""


def _to_node(node: domain.TopicNode, children: list[str] | None) -> TopicNode:
    share = node.target_share
    return TopicNode(
        description=node.description,
        subtopics=children,
        keywords=list(node.keywords) or None,
        parent_topic=node.parent_key,
        target_percentage=None if share is None else share * 100,
        num_records=node.num_records,
    )
