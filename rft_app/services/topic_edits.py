"""Change a dataset's topic tree: every change is checked, counted and can be undone.

Who edits names the `version` of the tree they saw; `None` does not ask.  An edit of a tree that
changed meanwhile is refused with what changed it, so two tabs never undo each other unseen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import Field
from sqlmodel import Session

from rft_app.domain import topic_edit
from rft_app.domain.coverage import resolve_targets
from rft_app.domain.entity import Entity
from rft_app.domain.job import Job
from rft_app.domain.topic import TopicNode, TopicTree
from rft_app.domain.topic_edit import TreeEdit
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue
from rft_app.services.topic_locks import BUSY_KINDS as BUSY_KINDS
from rft_app.services.topic_locks import SPLIT, lock_idle
from rft_app.services.topic_locks import require_idle as require_idle
from rft_app.services.topic_results import refresh_result
from rft_app.storage import topic_changes, topics
from rft_app.storage.datasets import get_dataset_row, touch

NOTHING_CHANGED = "Nothing changed"


class TopicEdit(Entity):
    """What an edit came to."""

    tree: TopicTree
    label: str
    """What was done, e.g. `Merged Bags into Baggage`."""
    num_records: int = 0
    """Records whose topic is another one now, or none."""


class SplitPlan(Entity):
    """How to split a leaf."""

    key: str
    children: tuple[TopicNode, ...] = ()
    """Topics whose `key` is a bare name; empty to find them in what the records want."""
    num_children: int | None = Field(default=None, ge=2, le=50)
    """How many to find; `None` finds a number."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of the search."""


class TopicChange(Entity):
    """One line of the history of edits."""

    label: str
    num_records: int
    is_undone: bool
    created_at: datetime


class TopicHistory(Entity):
    """What can be undone and done again."""

    changes: tuple[TopicChange, ...] = ()
    """Newest first."""
    undo_label: str | None = None
    """What undo would take back; `None` when there is nothing."""
    redo_label: str | None = None


def add_topic(
    session: Session, dataset_id: str, topic: TopicNode, *, version: int | None = None
) -> TopicEdit:
    """Add a leaf under the path of its key, e.g. `Changes/Seat` under `Changes`.

    Records of a leaf that becomes a branch by this go to `Other` below it.

    Raises:
        NotFoundError: There is no such dataset or parent.
        InvalidInputError: The name is unusable or taken there.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """

    def edit(tree: TopicTree) -> TreeEdit:
        return topic_edit.add(
            tree,
            topic.name,
            parent=topic.parent_key,
            description=topic.description,
            keywords=topic.keywords,
        )

    return _change(session, dataset_id, version, edit)


def rename_topic(
    session: Session, dataset_id: str, key: str, name: str, *, version: int | None = None
) -> TopicEdit:
    """Give a topic another name.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: The name is unusable or taken there.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(session, dataset_id, version, lambda tree: topic_edit.rename(tree, key, name))


def describe_topic(
    session: Session, dataset_id: str, key: str, description: str, *, version: int | None = None
) -> TopicEdit:
    """Say what belongs into a topic.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: The text is too long.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(
        session, dataset_id, version, lambda tree: topic_edit.describe(tree, key, description)
    )


def set_keywords(
    session: Session,
    dataset_id: str,
    key: str,
    keywords: Iterable[str],
    *,
    version: int | None = None,
) -> TopicEdit:
    """Set the words by which records are told to belong to a topic.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: A word is too long, or there are too many.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(
        session, dataset_id, version, lambda tree: topic_edit.set_keywords(tree, key, keywords)
    )


def move_topic(
    session: Session,
    dataset_id: str,
    key: str,
    parent: str | None,
    *,
    version: int | None = None,
    position: int | None = None,
) -> TopicEdit:
    """Put a topic under another one, or on the top level; `position` counts its new siblings.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: It would be below itself, or a sibling has its name.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(
        session,
        dataset_id,
        version,
        lambda tree: topic_edit.move(tree, key, parent, position=position),
    )


def merge_topics(
    session: Session,
    dataset_id: str,
    keys: Sequence[str],
    into: str,
    *,
    version: int | None = None,
) -> TopicEdit:
    """Put several topics into one of them, or into another; the others go.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: There is nothing to merge, or one of the topics holds another.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(session, dataset_id, version, lambda tree: topic_edit.merge(tree, keys, into))


def delete_topics(
    session: Session,
    dataset_id: str,
    keys: Sequence[str],
    *,
    version: int | None = None,
    move_to: str | None = None,
) -> TopicEdit:
    """Delete topics with all below them; their records go to a leaf, or have no topic.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: Nothing is chosen, or the leaf goes, too, or holds no records.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _change(
        session, dataset_id, version, lambda tree: topic_edit.remove(tree, keys, move_to=move_to)
    )


def set_targets(
    session: Session,
    dataset_id: str,
    targets: Mapping[str, float | None],
    *,
    version: int | None = None,
) -> TopicEdit:
    """Set the share that leaves should hold, `None` for an equal part of the rest.

    Leaves that are not named keep theirs.

    Raises:
        NotFoundError: There is no such dataset, or no such leaf.
        InvalidInputError: A target is outside 0 to 100%, or together they cannot be 100%.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """

    def edit(tree: TopicTree) -> TreeEdit:
        current = tree.targets
        if unknown := [key for key in targets if key not in current]:
            raise NotFoundError(f"There is no topic {unknown[0]!r} that holds records.")
        resolve_targets(tuple(current), {**current, **targets})
        return topic_edit.set_targets(tree, dict(targets))

    return _change(session, dataset_id, version, edit)


def replace_topics(
    session: Session,
    dataset_id: str,
    nodes: Sequence[TopicNode],
    *,
    version: int | None = None,
    keeps_records: bool = True,
    label: str = "Replaced the topics",
) -> TopicEdit:
    """Put a whole tree in the place of this one.

    A record stays where its topic is found again by path; the others have none until they are
    categorised.  Targets stay where paths are found again and the new tree names none at all.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The nodes form no tree, or targets cannot add up.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """

    def edit(tree: TopicTree) -> TreeEdit:
        new = TopicTree.of(nodes)
        if new.nodes:
            resolve_targets(tuple(new.targets), new.targets)
        names_targets = any(share is not None for share in new.targets.values())
        return topic_edit.replace(
            tree,
            nodes,
            label=label,
            keeps_records=keeps_records,
            keeps_targets=not names_targets,
        )

    return _change(session, dataset_id, version, edit)


def start_split(
    session: Session, dataset_id: str, plan: SplitPlan, *, version: int | None = None
) -> Job:
    """Split a leaf as a job: into named children by words and meaning, or by what records want.

    Raises:
        NotFoundError: There is no such dataset or topic.
        InvalidInputError: It is no leaf, it has too few records, or the names are unusable.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    row = lock_idle(session, dataset_id, version)
    tree = topics.get_tree(session, dataset_id)
    key = plan.key
    topic_edit.split(tree, key, plan.children or (TopicNode(key="A"), TopicNode(key="B")))
    leaf = tree.find(key)
    if leaf is None or leaf.num_records < 2:
        raise InvalidInputError(f"{key!r} holds fewer than two records; there is nothing to split.")
    return enqueue(
        session, SPLIT, dataset_id, {**plan.model_dump(mode="json"), "version": row.version}
    )


def undo(session: Session, dataset_id: str, *, version: int | None = None) -> TopicEdit:
    """Take back the last change: the tree and every record that is still where it put it.

    Raises:
        NotFoundError: There is no such dataset, or nothing to undo.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _swap(session, dataset_id, version, is_redo=False)


def redo(session: Session, dataset_id: str, *, version: int | None = None) -> TopicEdit:
    """Do again what was undone last.

    Raises:
        NotFoundError: There is no such dataset, or nothing to do again.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return _swap(session, dataset_id, version, is_redo=True)


def list_changes(session: Session, dataset_id: str) -> TopicHistory:
    """The latest changes, and what undo and redo would do.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    rows = topic_changes.list_change_rows(session, dataset_id)
    done = [row for row in rows if not row.is_undone]
    undone = [row for row in rows if row.is_undone]
    return TopicHistory(
        changes=tuple(
            TopicChange(
                label=row.label,
                num_records=row.num_records,
                is_undone=row.is_undone,
                created_at=row.created_at,
            )
            for row in rows
        ),
        undo_label=done[0].label if done else None,
        redo_label=undone[-1].label if undone else None,
    )


def _change(
    session: Session,
    dataset_id: str,
    version: int | None,
    make: Callable[[TopicTree], TreeEdit],
) -> TopicEdit:
    row = lock_idle(session, dataset_id, version)
    tree = topics.get_tree(session, dataset_id)
    edit = make(tree)
    if not edit.changes(tree):
        return TopicEdit(tree=tree, label=NOTHING_CHANGED)
    change = topic_changes.begin_change(session, row, edit.label)
    row.is_edited = True
    topics.apply_edit(session, change, edit)
    topic_changes.prune(session, dataset_id)
    return _finish(session, dataset_id, edit.label, change.num_records)


def _swap(session: Session, dataset_id: str, version: int | None, *, is_redo: bool) -> TopicEdit:
    row = lock_idle(session, dataset_id, version)
    rows = topic_changes.list_change_rows(session, dataset_id)
    fitting = [change for change in rows if change.is_undone is is_redo]
    if not fitting:
        raise NotFoundError("There is nothing to do again." if is_redo else "Nothing to undo.")
    change = fitting[-1] if is_redo else fitting[0]
    topic_changes.swap(session, row, change)
    row.is_edited = True
    verb = "Did again" if is_redo else "Undid"
    return _finish(session, dataset_id, f"{verb}: {change.label}", change.num_records)


def _finish(session: Session, dataset_id: str, label: str, num_records: int) -> TopicEdit:
    refresh_result(session, dataset_id)
    touch(session, dataset_id)
    return TopicEdit(
        tree=topics.get_tree(session, dataset_id), label=label, num_records=num_records
    )
