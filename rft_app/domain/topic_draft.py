"""A topic tree while it is being edited: nested and mutable, between two frozen trees."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from rft_app.domain.entity import Entity
from rft_app.domain.topic import MAX_NAME_LENGTH, SEPARATOR, TopicNode, TopicTree, require_tree
from rft_app.errors import InvalidInputError, NotFoundError

MAX_DESCRIPTION_LENGTH = 2000
MAX_KEYWORDS = 50
MAX_KEYWORD_LENGTH = 80
_ROUNDING = 1e-9


class EditedTopic(Entity):
    """One topic of the tree to be, and where its records come from."""

    node: TopicNode
    sources: tuple[str, ...] = ()
    """Paths in the tree before; the records of these topics are in this one now."""


@dataclass(eq=False)
class Draft:
    """One topic."""

    name: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    target_share: float | None = None
    num_records: int = 0
    """Before the edit; 0 on a branch."""
    sources: list[str] = field(default_factory=list[str])
    children: list["Draft"] = field(default_factory=list["Draft"])

    @property
    def is_leaf(self) -> bool:
        """Whether it may hold records."""
        return not self.children

    @property
    def leaves(self) -> Iterator["Draft"]:
        """Itself, or all leaves below it."""
        if self.is_leaf:
            yield self
        for child in self.children:
            yield from child.leaves

    @property
    def all_sources(self) -> Iterator[str]:
        """Sources of this topic and of all below."""
        yield from self.sources
        for child in self.children:
            yield from child.all_sources

    def absorb(self, other: "Draft") -> None:
        """Take the records, words and targets of a topic that goes."""
        self.num_records += sum(leaf.num_records for leaf in other.leaves)
        self.sources += other.all_sources
        words = chain(self.keywords, other.keywords)
        self.keywords = tuple(dict.fromkeys(words))[:MAX_KEYWORDS]
        given = [leaf.target_share for leaf in (self, *other.leaves)]
        known = [share for share in given if share is not None]
        self.target_share = min(1.0, sum(known)) if known else None


class TreeDraft:
    """All topics; keys are looked up as the tree is now."""

    def __init__(self, tree: TopicTree) -> None:
        self.roots: list[Draft] = []
        made: dict[str, Draft] = {}
        leaves = {leaf.key for leaf in tree.leaves}
        for node in tree.nodes:
            made[node.key] = Draft(
                name=node.name,
                description=node.description,
                keywords=node.keywords,
                target_share=node.target_share,
                num_records=node.num_records if node.key in leaves else 0,
                sources=[node.key],
            )
            parent = made.get(node.parent_key or "")
            (parent.children if parent else self.roots).append(made[node.key])

    def get(self, key: str) -> Draft:
        """The topic with this path.

        Raises:
            NotFoundError: There is none.
        """
        found: Draft | None = None
        siblings = self.roots
        for part in key.split(SEPARATOR):
            found = next((draft for draft in siblings if draft.name == part), None)
            if found is None:
                raise NotFoundError(f"There is no topic {key!r}; it may have been changed.")
            siblings = found.children
        if found is None:
            raise NotFoundError("Name a topic.")
        return found

    def siblings_of(self, key: str) -> list[Draft]:
        """The list that the topic is in."""
        parent = key.rpartition(SEPARATOR)[0]
        return self.get(parent).children if parent else self.roots

    def children_of(self, parent: str | None) -> list[Draft]:
        """The list below a topic, or the top level."""
        return self.get(parent).children if parent else self.roots

    def flatten(self) -> tuple[EditedTopic, ...]:
        """The tree to be: parents first, targets on leaves only and possible together.

        Raises:
            InvalidInputError: It has too many topics or levels.
        """
        for draft in self._walk(self.roots):
            _spread_target(draft)
        _repair_targets([leaf for root in self.roots for leaf in root.leaves])
        topics = tuple(_freeze(self.roots, ""))
        require_tree(topic.node.key for topic in topics)
        return topics

    def _walk(self, drafts: Sequence[Draft]) -> Iterator[Draft]:
        for draft in drafts:
            yield draft
            yield from self._walk(draft.children)


def require_name(name: str, siblings: Iterable[Draft], *, ignored: Draft | None = None) -> str:
    """A name as it is stored.

    Raises:
        InvalidInputError: It is blank, too long, has a slash, or a sibling has it.
    """
    clean = " ".join(_storable(name).split())
    if not clean or len(clean) > MAX_NAME_LENGTH:
        raise InvalidInputError(f"A topic's name needs 1 to {MAX_NAME_LENGTH} characters.")
    if SEPARATOR in clean:
        raise InvalidInputError(f"A topic's name cannot hold a slash: {clean!r}.", name=clean)
    for sibling in siblings:
        if sibling is not ignored and sibling.name.casefold() == clean.casefold():
            raise InvalidInputError(f"There is already a topic {sibling.name!r} there.", name=clean)
    return clean


def require_description(text: str) -> str:
    """A description as it is stored.

    Raises:
        InvalidInputError: It is too long.
    """
    clean = _storable(text).strip()
    if len(clean) > MAX_DESCRIPTION_LENGTH:
        raise InvalidInputError(
            f"The description has {len(clean):,} characters; {MAX_DESCRIPTION_LENGTH:,} fit."
        )
    return clean


def require_keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Keywords as they are stored: on one line each, none twice, blank ones left out.

    Raises:
        InvalidInputError: One is too long, or there are too many.
    """
    clean: dict[str, str] = {}
    for word in words:
        if text := " ".join(_storable(word).split()):
            clean.setdefault(text.casefold(), text)
        if len(text) > MAX_KEYWORD_LENGTH:
            raise InvalidInputError(
                f"The keyword {text[:40]!r}… is longer than {MAX_KEYWORD_LENGTH} characters."
            )
    if len(clean) > MAX_KEYWORDS:
        raise InvalidInputError(f"A topic takes {MAX_KEYWORDS} keywords; these are {len(clean)}.")
    return tuple(clean.values())


def _storable(text: str) -> str:
    """Without what no database and no screen can hold: NUL and other control characters."""
    return "".join(letter for letter in text if letter.isprintable() or letter.isspace())


def _freeze(drafts: Sequence[Draft], above: str) -> Iterator[EditedTopic]:
    for draft in drafts:
        key = f"{above}{draft.name}"
        yield EditedTopic(
            node=TopicNode(
                key=key,
                description=draft.description,
                keywords=draft.keywords,
                target_share=draft.target_share,
                num_records=sum(leaf.num_records for leaf in draft.leaves),
            ),
            sources=tuple(draft.sources),
        )
        yield from _freeze(draft.children, key + SEPARATOR)


def _spread_target(draft: Draft) -> None:
    """Only leaves have targets: those of a leaf that became a branch go to its open leaves."""
    if draft.is_leaf or draft.target_share is None:
        return
    share, draft.target_share = draft.target_share, None
    opened = [leaf for leaf in draft.leaves if leaf.target_share is None]
    for leaf in opened:
        leaf.target_share = share / len(opened)


def _repair_targets(leaves: Sequence[Draft]) -> None:
    """Scale targets that no longer add up, so that they keep their proportions."""
    known = [leaf for leaf in leaves if leaf.target_share is not None]
    total = sum(leaf.target_share or 0.0 for leaf in known)
    is_short = len(known) == len(leaves) and total < 1 - _ROUNDING
    if not known or not (is_short or total > 1 + _ROUNDING):
        return
    for leaf in known:
        leaf.target_share = (leaf.target_share or 0.0) / total if total > _ROUNDING else None
