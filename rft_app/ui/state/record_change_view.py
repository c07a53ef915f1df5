"""Changes of records, and what the dialogs before one offer, ready to show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rft_app.domain.pipeline import StepName
from rft_app.domain.record_change import Change, ChangeState
from rft_app.domain.topic import TopicTree
from rft_app.ui.steps import WORDS
from rft_app.ui.words import ago


@dataclass(frozen=True)
class ChangeView:
    """What was done, last or earlier."""

    id: str = ""
    words: str = ""
    when: str = ""
    can_undo: bool = False

    @classmethod
    def of(cls, change: Change) -> "ChangeView":
        """Build the view."""
        is_undone = change.state is ChangeState.UNDONE
        words = f"Undone: {change.label[:1].lower()}{change.label[1:]}"
        return cls(
            id=change.id,
            words=words if is_undone else change.label,
            when=ago(change.created_at),
            can_undo=change.can_undo,
        )


def describe_outdated(steps: Collection[StepName]) -> str:
    """What a change leaves behind; empty where nothing is.

    Example:
        >>> describe_outdated({StepName.COVERAGE, StepName.TOPICS}), describe_outdated(())
        ('Out of date now: Topics, Coverage.', '')
    """
    names = ", ".join(WORDS[step].name for step in StepName if step in steps)
    return f"Out of date now: {names}." if names else ""


@dataclass(frozen=True)
class TopicOption:
    """A leaf that records can be moved to."""

    key: str
    name: str
    path: str
    """The branches above it; empty for a topic at the top."""
    num_records: str


def list_topic_options(tree: TopicTree) -> list[TopicOption]:
    """The leaves of a tree, in its order."""
    options: list[TopicOption] = []
    for leaf in tree.leaves:
        path, _, name = leaf.key.rpartition("/")
        above = path.replace("/", " › ")
        options.append(TopicOption(leaf.key, name, above, f"{leaf.num_records:,}"))
    return options


@dataclass(frozen=True)
class TagOption:
    """A tag, and how many of the selected records have it."""

    name: str
    add: str
    """The button that puts it on the others; empty when all have it."""
    remove: str
    """The button that takes it away; empty when none has it."""


def list_tag_options(counts: Mapping[str, int], num_selected: int) -> list[TagOption]:
    """The tags of a dataset, beside a selection.

    Example:
        >>> list_tag_options({"check": 2}, 5)
        [TagOption(name='check', add='Add to 3', remove='Remove from 2')]
    """
    return [
        TagOption(
            name=name,
            add=f"Add to {num_selected - number:,}" if number < num_selected else "",
            remove=f"Remove from {number:,}" if number else "",
        )
        for name, number in counts.items()
    ]
