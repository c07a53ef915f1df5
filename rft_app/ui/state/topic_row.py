"""Topics ready to show: a row of the tree, and the chosen one in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rft_app.domain.coverage import UNDER, percent, resolve_targets
from rft_app.domain.topic import SURE, TopicNode, TopicTree, is_within
from rft_app.ui.words import count, share

TOP = "/"
"""Stands for the top level in menus; no key can be this."""


@dataclass(frozen=True)
class Choice:
    """One option of a menu of topics."""

    value: str
    label: str

    @classmethod
    def of(cls, key: str) -> "Choice":
        """The topic with its whole path."""
        return cls(key, spaced(key))


def spaced(key: str) -> str:
    """A path as people read it.

    Example:
        >>> spaced("Changes/Change a flight")
        'Changes › Change a flight'
    """
    return key.replace("/", " › ")


@dataclass(frozen=True)
class TopicRow:
    """One topic of the tree."""

    key: str
    name: str
    depth: int
    is_leaf: bool
    num_records: str
    sure: str
    """Share of its records that are sure; a dash where it has none."""
    is_unsure: bool
    is_under: bool
    """Whether it holds less than 0.8 of its target."""
    hint: str
    """All of it in one sentence."""
    words: str
    """What the filter looks through, in small letters."""

    @classmethod
    def of(cls, node: TopicNode, sure: float | None, ratio: float | None, depth: int) -> "TopicRow":
        """Build the row.

        Args:
            node: The topic.
            sure: Share of its records that are sure; `None` where it has none.
            ratio: Its share of all records against its target; `None` on branches.
            depth: 0 at the top.
        """
        parts = [spaced(node.key), count(node.num_records, "record")]
        if sure is not None:
            parts.append(f"{share(sure)} sure")
        is_under = ratio is not None and ratio < UNDER
        if is_under:
            parts.append("below 80% of its target")
        return cls(
            key=node.key,
            name=node.name,
            depth=depth,
            is_leaf=ratio is not None,
            num_records=f"{node.num_records:,}",
            sure="–" if sure is None else share(round(sure, 2)),
            is_unsure=sure is not None and sure < SURE,
            is_under=is_under,
            hint=" · ".join(parts),
            words=f"{node.key} {' '.join(node.keywords)}".casefold(),
        )


@dataclass(frozen=True)
class ChosenTopic:
    """The topic whose records are shown."""

    key: str = ""
    name: str = ""
    above: str = ""
    """The path above it, e.g. `Changes ›`; empty on the top level."""
    is_leaf: bool = True
    size: str = ""
    sure: str = ""
    target: str = ""
    description: str = ""
    keywords: list[str] = field(default_factory=list)


def tree_rows(tree: TopicTree, leaves: Sequence[Mapping[str, Any]]) -> list[TopicRow]:
    """A row for every topic; `leaves` are the facts of the leaves."""
    ratios = _ratios(tree)
    rows: list[TopicRow] = []
    for node in tree.nodes:
        within = [leaf for leaf in leaves if is_within(leaf["key"], node.key)]
        judged = sum(leaf.get("num_judged", leaf["num_records"]) for leaf in within)
        sure = sum(leaf["num_sure"] for leaf in within)
        rows.append(
            TopicRow.of(
                node,
                sure / judged if judged and node.num_records else None,
                ratios.get(node.key),
                node.key.count("/"),
            )
        )
    return rows


def _ratios(tree: TopicTree) -> Mapping[str, float]:
    """Share against target of each leaf; 1 where nothing can be said."""
    total = tree.num_records
    targets = resolve_targets(tuple(tree.targets), tree.targets) if tree.leaves else {}
    return {
        leaf.key: leaf.num_records / total / targets[leaf.key]
        if total and targets[leaf.key]
        else 1.0
        for leaf in tree.leaves
    }


def view_topic(tree: TopicTree, key: str, sure: str) -> ChosenTopic:
    """The topic in full; nothing when it is not there."""
    node = tree.find(key)
    if node is None:
        return ChosenTopic()
    targets = resolve_targets(tuple(tree.targets), tree.targets)
    part = f" · {share(node.num_records / tree.num_records)}" if tree.num_records else ""
    return ChosenTopic(
        key=node.key,
        name=node.name,
        above=f"{spaced(node.parent_key)} ›" if node.parent_key else "",
        is_leaf=node.key in targets,
        size=f"{count(node.num_records, 'record')}{part}",
        sure="" if sure in {"", "–"} else f"{sure} sure",
        target=_target_words(node, targets),
        description=node.description,
        keywords=list(node.keywords),
    )


def _target_words(node: TopicNode, targets: Mapping[str, float]) -> str:
    if node.key not in targets:
        num = sum(is_within(key, node.key) for key in targets)
        return f"{count(num, 'topic')} below it"
    how = "an equal part" if node.target_share is None else "set by you"
    return f"Target {percent(targets[node.key])}, {how}"


def filter_rows(rows: Sequence[TopicRow], search: str) -> list[TopicRow]:
    """Rows with all words, and the rows above them so that the tree stays one."""
    words = search.casefold().split()
    if not words:
        return list(rows)
    hits = [row.key for row in rows if all(word in row.words for word in words)]
    return [row for row in rows if any(is_within(hit, row.key) for hit in hits)]
