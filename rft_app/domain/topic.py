"""Topics: the tree by which records are told apart."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from rft_app.domain.entity import Entity
from rft_app.errors import InvalidInputError

SEPARATOR = "/"
MAX_NAME_LENGTH = 80
SURE = 0.7
"""From this confidence on a record is sure of its topic; below, a person should look."""
FEW_SURE = 0.5
"""Where a smaller share of the records is sure, the topics ask for a look."""
MAX_TOPICS = 2000
MAX_DEPTH = 6
MANUAL = "manual"
KEYWORD = "keyword"
MODEL = "llm"
GENERATED = "generated"
"""Made for its topic; how sure it is of it is not known."""
Method = Literal["embedding", "llm", "keyword", "manual", "generated"]


def method_kind(method: str | None) -> Method | None:
    """How a record came to its topic, in the words of REST.

    Example:
        >>> method_kind("minilm"), method_kind("manual"), method_kind(None)
        ('embedding', 'manual', None)
    """
    if method is None:
        return None
    named: dict[str, Method] = {
        MANUAL: "manual",
        KEYWORD: "keyword",
        MODEL: "llm",
        GENERATED: "generated",
    }
    return named.get(method, "embedding")


class TopicNode(Entity):
    """One topic, a branch or a leaf; only leaves hold records."""

    key: str
    """Slash path from the root, unique in the dataset, e.g. `Changes/Change a flight`."""
    description: str = ""
    keywords: tuple[str, ...] = ()
    """Its most distinctive words, best first."""
    target_share: float | None = Field(default=None, ge=0, le=1)
    """Share of records this leaf should hold; `None` means an equal part of the rest."""
    num_records: int = Field(default=0, ge=0)
    """Valid, current records in it, duplicates included; on a branch, those of its leaves."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.key.rpartition(SEPARATOR)[2]

    @property
    def parent_key(self) -> str | None:
        """The path without its last part; `None` at the root."""
        return self.key.rpartition(SEPARATOR)[0] or None


class TopicTree(Entity):
    """All topics of a dataset, each parent before its children.

    Example:
        >>> tree = TopicTree.of(TopicNode(key=key) for key in ("Changes", "Changes/Seat", "Bags"))
        >>> [leaf.key for leaf in tree.leaves]
        ['Changes/Seat', 'Bags']
    """

    nodes: tuple[TopicNode, ...] = ()
    version: int = Field(default=0, ge=0)
    """Grows with every change of the tree; who edits names the one they saw."""
    is_edited: bool = False
    """Whether a person changed or brought the tree since topics were found."""
    num_without_topic: int = Field(default=0, ge=0)
    """Valid, current records that are in no leaf."""

    @classmethod
    def of(cls, nodes: Iterable[TopicNode]) -> "TopicTree":
        """Build a tree of all nodes.

        Raises:
            InvalidInputError: A key is taken twice or unusable, or a parent is missing.
        """
        tree = tuple(nodes)
        require_tree(node.key for node in tree)
        return cls(nodes=tree)

    @model_validator(mode="after")
    def _check(self) -> "TopicTree":
        try:
            require_tree(node.key for node in self.nodes)
        except InvalidInputError as error:
            raise ValueError(error.message) from error
        return self

    @property
    def leaves(self) -> tuple[TopicNode, ...]:
        """The topics that hold records, in display order."""
        parents = {node.parent_key for node in self.nodes}
        return tuple(node for node in self.nodes if node.key not in parents)

    @property
    def num_records(self) -> int:
        """Records in any leaf."""
        return sum(leaf.num_records for leaf in self.leaves)

    @property
    def counts(self) -> Mapping[str, int]:
        """Records per node; a branch counts its leaves."""
        sums = {node.key: 0 for node in self.nodes}
        for leaf in self.leaves:
            for key in ancestors(leaf.key):
                sums[key] += leaf.num_records
        return sums

    @property
    def targets(self) -> Mapping[str, float | None]:
        """Target share per leaf, `None` where none is set."""
        return {leaf.key: leaf.target_share for leaf in self.leaves}

    def find(self, key: str) -> TopicNode | None:
        """The topic with that path, if there is one."""
        return next((node for node in self.nodes if node.key == key), None)


def is_within(key: str, branch: str) -> bool:
    """Whether the topic `key` is `branch` or below it.

    Example:
        >>> is_within("Changes/Seat", "Changes"), is_within("Changes of name", "Changes")
        (True, False)
    """
    return key == branch or key.startswith(branch + SEPARATOR)


def ancestors(key: str) -> Iterator[str]:
    """The path itself and every path above it, nearest first.

    Example:
        >>> list(ancestors("Changes/Flight/Date"))
        ['Changes/Flight/Date', 'Changes/Flight', 'Changes']
    """
    while key:
        yield key
        key = key.rpartition(SEPARATOR)[0]


def require_tree(keys: Iterable[str]) -> None:
    """Check that the paths form a tree, each parent before its children.

    Raises:
        InvalidInputError: A part is empty, padded or too long, a path occurs twice, or its parent
            does not come before it; the message names the path.
    """
    seen: set[str] = set()
    for key in keys:
        parts = key.split(SEPARATOR)
        if len(parts) > MAX_DEPTH:
            raise InvalidInputError(
                f"The topic {key!r} is {len(parts)} levels deep; {MAX_DEPTH} are possible.", key=key
            )
        if any(not part or part != part.strip() or len(part) > MAX_NAME_LENGTH for part in parts):
            raise InvalidInputError(
                f"The topic path {key!r} cannot be used: every part between slashes needs "
                f"1 to {MAX_NAME_LENGTH} characters and no space at its ends.",
                key=key,
            )
        if key in seen:
            raise InvalidInputError(f"The topic {key!r} is there twice.", key=key)
        parent = SEPARATOR.join(parts[:-1])
        if parent and parent not in seen:
            raise InvalidInputError(
                f"The topic {key!r} needs its parent {parent!r} before it.", key=key
            )
        seen.add(key)
    if len(seen) > MAX_TOPICS:
        raise InvalidInputError(f"A tree may have {MAX_TOPICS:,} topics; this has {len(seen):,}.")
