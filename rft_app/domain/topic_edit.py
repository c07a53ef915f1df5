"""Edits of a topic tree as pure functions: what the tree becomes, and whose records go where."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rft_app.domain.entity import Entity
from rft_app.domain.topic import TopicNode, TopicTree, ancestors, is_within
from rft_app.domain.topic_draft import (
    Draft,
    EditedTopic,
    TreeDraft,
    require_description,
    require_keywords,
    require_name,
)
from rft_app.errors import InvalidInputError

OTHER = "Other"
"""Holds the records of a leaf that got its first child."""


class TreeEdit(Entity):
    """One change of the tree."""

    topics: tuple[EditedTopic, ...]
    """The tree to be. Records of topics that are no source of any have none afterwards."""
    label: str
    """What was done, e.g. `Renamed Bags to Baggage`."""

    def changes(self, tree: TopicTree) -> bool:
        """Whether the tree becomes another one, or any record has another place."""
        leaves = {leaf.key for leaf in tree.leaves}
        before, after = list(tree.nodes), [topic.node for topic in self.topics]
        if [_told(node) for node in before] != [_told(node) for node in after]:
            return True
        return any(
            topic.sources != (topic.node.key,) for topic in self.topics if topic.node.key in leaves
        )


def _told(node: TopicNode) -> TopicNode:
    """The topic as a person can change it."""
    return node.model_copy(update={"num_records": 0})


def add(
    tree: TopicTree,
    name: str,
    *,
    parent: str | None = None,
    description: str = "",
    keywords: Iterable[str] = (),
) -> TreeEdit:
    """Add a leaf at the end of a level.

    Records of a leaf that becomes a branch by this go to a new topic `Other` below it.

    Raises:
        NotFoundError: There is no such parent.
        InvalidInputError: The name is unusable or taken there.
    """
    draft = TreeDraft(tree)
    siblings = draft.children_of(parent)
    clean = require_name(name, siblings)
    if parent:
        _open(draft.get(parent), clean)
    siblings.append(Draft(clean, require_description(description), require_keywords(keywords)))
    below = f" to {parent}" if parent else ""
    return TreeEdit(topics=draft.flatten(), label=f"Added {clean}{below}")


def rename(tree: TopicTree, key: str, name: str) -> TreeEdit:
    """Give a topic another name; all below it move along.

    Raises:
        NotFoundError: There is no such topic.
        InvalidInputError: The name is unusable or taken there.
    """
    draft = TreeDraft(tree)
    topic = draft.get(key)
    before = topic.name
    topic.name = require_name(name, draft.siblings_of(key), ignored=topic)
    return TreeEdit(topics=draft.flatten(), label=f"Renamed {before} to {topic.name}")


def describe(tree: TopicTree, key: str, description: str) -> TreeEdit:
    """Say what belongs into a topic.

    Raises:
        NotFoundError: There is no such topic.
        InvalidInputError: The text is too long.
    """
    draft = TreeDraft(tree)
    topic = draft.get(key)
    topic.description = require_description(description)
    return TreeEdit(topics=draft.flatten(), label=f"Described {topic.name}")


def set_keywords(tree: TopicTree, key: str, keywords: Iterable[str]) -> TreeEdit:
    """Set the words by which records are told to belong to a topic.

    Raises:
        NotFoundError: There is no such topic.
        InvalidInputError: A word is too long, or there are too many.
    """
    draft = TreeDraft(tree)
    topic = draft.get(key)
    topic.keywords = require_keywords(keywords)
    return TreeEdit(topics=draft.flatten(), label=f"Changed the keywords of {topic.name}")


def move(tree: TopicTree, key: str, parent: str | None, *, position: int | None = None) -> TreeEdit:
    """Put a topic, with all below it, under another one or on the top level.

    Args:
        tree: The tree now.
        key: What is moved.
        parent: Where to; `None` is the top level.
        position: Place among the new siblings, from 0; `None` is the end.

    Raises:
        NotFoundError: One of the topics is not there.
        InvalidInputError: It would be below itself, or a sibling has its name.
    """
    if parent is not None and is_within(parent, key):
        raise InvalidInputError(f"{key!r} cannot be moved below itself.", key=key)
    draft = TreeDraft(tree)
    topic = draft.get(key)
    target = draft.get(parent) if parent else None
    draft.siblings_of(key).remove(topic)
    siblings = target.children if target else draft.roots
    require_name(topic.name, siblings)
    if target:
        _open(target, topic.name)
    siblings.insert(len(siblings) if position is None else max(0, position), topic)
    return TreeEdit(
        topics=draft.flatten(), label=f"Moved {topic.name} to {parent or 'the top level'}"
    )


def merge(tree: TopicTree, keys: Sequence[str], into: str) -> TreeEdit:
    """Put several topics into one of them or into another; the others go.

    A leaf takes all records of what it swallows.  Into a branch, topics move as children, those
    of the same name merge; a branch that swallows all its children becomes a leaf.

    Raises:
        NotFoundError: One of the topics is not there.
        InvalidInputError: There is nothing to merge, or one of the topics holds another.
    """
    others = [key for key in dict.fromkeys(keys) if key != into]
    if not others:
        raise InvalidInputError("Choose at least two topics to merge.")
    _require_apart(others, into)
    draft = TreeDraft(tree)
    target = draft.get(into)
    sources = [draft.get(key) for key in others]
    was_branch = not target.is_leaf
    for key, source in zip(others, sources, strict=True):
        draft.siblings_of(key).remove(source)
    for key, source in zip(others, sources, strict=True):
        if target.is_leaf:
            target.absorb(source)
        elif was_branch and is_within(key, into):
            raise InvalidInputError(
                f"{into!r} keeps other topics below it, so it cannot take the records of {key!r}. "
                "Merge all of them, or merge into one of them."
            )
        else:
            _graft(target, source)
    names = ", ".join(source.name for source in sources[:3])
    more = f" and {len(sources) - 3} more" if len(sources) > 3 else ""
    return TreeEdit(topics=draft.flatten(), label=f"Merged {names}{more} into {target.name}")


def remove(tree: TopicTree, keys: Sequence[str], *, move_to: str | None = None) -> TreeEdit:
    """Delete topics with all below them.

    Args:
        tree: The tree now.
        keys: What goes.
        move_to: The leaf that takes the records; `None` leaves them without a topic.

    Raises:
        NotFoundError: One of the topics is not there.
        InvalidInputError: Nothing is chosen, or `move_to` goes, too, or holds no records.
    """
    chosen = list(dict.fromkeys(keys))
    tops = [key for key in chosen if not any(key != k and is_within(key, k) for k in chosen)]
    if not tops:
        raise InvalidInputError("Choose a topic to delete.")
    if move_to is not None and any(is_within(move_to, key) for key in tops):
        raise InvalidInputError(f"{move_to!r} would be deleted, too; name another topic.")
    draft = TreeDraft(tree)
    gone = [draft.get(key) for key in tops]
    for key, topic in zip(tops, gone, strict=True):
        draft.siblings_of(key).remove(topic)
    if move_to is not None:
        target = draft.get(move_to)
        if not target.is_leaf:
            raise InvalidInputError(f"{move_to!r} has topics below it; name one that has none.")
        for topic in gone:
            target.sources += topic.all_sources
    names = ", ".join(topic.name for topic in gone[:3])
    more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
    return TreeEdit(topics=draft.flatten(), label=f"Deleted {names}{more}")


def split(tree: TopicTree, key: str, children: Sequence[TopicNode]) -> TreeEdit:
    """Give a leaf children; who puts its records into them comes after.

    Args:
        tree: The tree now.
        key: The leaf.
        children: Topics whose `key` is a bare name.

    Raises:
        NotFoundError: There is no such topic.
        InvalidInputError: It is no leaf, or there are fewer than two usable children.
    """
    draft = TreeDraft(tree)
    topic = draft.get(key)
    if not topic.is_leaf:
        raise InvalidInputError(f"{key!r} is split already; split a topic without any below it.")
    if len(children) < 2:
        raise InvalidInputError("A topic is split into two or more.")
    for child in children:
        name = require_name(child.key, topic.children)
        words, text = require_keywords(child.keywords), require_description(child.description)
        topic.children.append(Draft(name, text, words))
    return TreeEdit(topics=draft.flatten(), label=f"Split {topic.name} into {len(children)}")


def replace(
    tree: TopicTree,
    nodes: Sequence[TopicNode],
    *,
    label: str,
    keeps_records: bool = True,
    keeps_targets: bool = False,
) -> TreeEdit:
    """Put another tree in the place of this one; `match_topics` says who takes which records.

    Args:
        tree: The tree now.
        nodes: The tree to be, parents first.
        label: What was done.
        keeps_records: Whether assignments stay where paths are found again.
        keeps_targets: Whether leaves without a target take the one of the same path.

    Raises:
        InvalidInputError: The nodes form no tree.
    """
    new = TopicTree.of(nodes)
    leaves = {leaf.key for leaf in new.leaves}
    sources: dict[str, list[str]] = {node.key: [] for node in new.nodes}
    for old, home in match_topics(tree, new).items() if keeps_records else ():
        sources[home].append(old)
    draft = TreeDraft(new)
    _set_sources(draft.roots, "", sources)
    for key, share in tree.targets.items() if keeps_targets else ():
        if key in leaves and draft.get(key).target_share is None:
            draft.get(key).target_share = share
    return TreeEdit(topics=draft.flatten(), label=label)


def match_topics(tree: TopicTree, new: TopicTree) -> dict[str, str]:
    """For each topic of a tree the one of another tree that takes its records.

    That is the one of the same path; else the only new one of the same name, it was moved; else
    the nearest one above it that is a leaf now.  A leaf that is a branch now has none.

    Example:
        >>> old = TopicTree.of(TopicNode(key=key) for key in ("Bags", "Changes", "Changes/Seat"))
        >>> new = TopicTree.of(TopicNode(key=key) for key in ("Luggage", "Luggage/Bags", "Changes"))
        >>> match_topics(old, new)
        {'Bags': 'Luggage/Bags', 'Changes': 'Changes', 'Changes/Seat': 'Changes'}
    """
    known, leaves = {node.key for node in new.nodes}, {leaf.key for leaf in new.leaves}
    held = {leaf.key for leaf in tree.leaves}
    moved = _find_moved(tree, new)
    homes: dict[str, str] = {}
    for node in tree.nodes:
        above = (key for key in ancestors(node.key) if key in leaves)
        home = node.key if node.key in known else moved.get(node.key) or next(above, None)
        if home is not None and (home in leaves or node.key not in held):
            homes[node.key] = home
    return homes


def _find_moved(tree: TopicTree, new: TopicTree) -> dict[str, str]:
    """Topics that are under another one now, by names that occur once on both sides."""
    before = {node.key for node in tree.nodes}
    after = {node.key for node in new.nodes}
    gone = [node for node in tree.nodes if node.key not in after]
    come = [node for node in new.nodes if node.key not in before]
    names_gone = Counter(node.name.casefold() for node in gone)
    names_come = Counter(node.name.casefold() for node in come)
    by_name = {node.name.casefold(): node.key for node in come}
    return {
        node.key: by_name[name]
        for node in gone
        if names_gone[name := node.name.casefold()] == 1 and names_come[name] == 1
    }


def set_targets(tree: TopicTree, targets: dict[str, float | None]) -> TreeEdit:
    """Change the shares of some leaves; whether they add up is checked by the caller."""
    topics = tuple(
        EditedTopic(
            node=node.model_copy(update={"target_share": targets.get(node.key, node.target_share)}),
            sources=(node.key,),
        )
        for node in tree.nodes
    )
    return TreeEdit(topics=topics, label="Changed target shares")


def _open(leaf: Draft, newcomer: str) -> None:
    """Make room for a first child: the leaf's records go to a topic below it."""
    if not leaf.is_leaf or not leaf.num_records:
        return
    name = OTHER if newcomer.casefold() != OTHER.casefold() else f"{OTHER} records"
    leaf.children.append(Draft(name, num_records=leaf.num_records, sources=leaf.sources))
    leaf.num_records, leaf.sources = 0, []


def _graft(target: Draft, source: Draft) -> None:
    """Put a topic below a branch; where one has its name, the two become one."""
    for topic in [source] if source.is_leaf else source.children:
        twin = next(
            (child for child in target.children if child.name.casefold() == topic.name.casefold()),
            None,
        )
        if twin is None:
            target.children.append(topic)
        elif twin.is_leaf:
            twin.absorb(topic)
        else:
            _graft(twin, topic)


def _require_apart(others: Sequence[str], into: str) -> None:
    for key in others:
        if is_within(into, key):
            raise InvalidInputError(f"{key!r} holds {into!r}; merge it the other way round.")
        if holder := next((k for k in others if k != key and is_within(key, k)), None):
            raise InvalidInputError(f"{holder!r} holds {key!r}; choose one of them.")


def _set_sources(drafts: Sequence[Draft], above: str, sources: dict[str, list[str]]) -> None:
    for draft in drafts:
        key = f"{above}{draft.name}"
        draft.sources = sources[key]
        _set_sources(draft.children, f"{key}/", sources)
