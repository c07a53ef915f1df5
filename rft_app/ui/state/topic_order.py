"""The change of the topic tree that a form asks for."""

from collections.abc import Callable

from sqlmodel import Session

from rft_app.domain.topic import TopicNode, TopicTree
from rft_app.errors import InvalidInputError
from rft_app.services import topic_edits
from rft_app.services.topic_edits import SplitPlan, TopicEdit
from rft_app.ui.state.topic_form import ADD, EDIT, KEEP, MERGE, MOVE, NAME, TopicForm
from rft_app.ui.state.topic_row import spaced

Order = Callable[[Session], TopicEdit]
_Edit = Callable[[Session, int | None], TopicEdit]


def make_order(form: TopicForm, dataset_id: str, tree: TopicTree, version: int) -> Order:
    """The change that a form asks for; a split is a job instead.

    Raises:
        InvalidInputError: A field holds something that cannot be.
    """
    if form.kind == ADD:
        above = f"{form.parent}/" if form.parent else ""
        name = _require_name(form.name)
        node = TopicNode(
            key=f"{above}{name}",
            description=form.description,
            keywords=read_keywords(form.keywords),
        )
        return lambda session: topic_edits.add_topic(session, dataset_id, node, version=version)
    if form.kind == EDIT:
        return _edit_order(form, dataset_id, tree, version)
    if form.kind == MOVE:
        return lambda session: topic_edits.move_topic(
            session, dataset_id, form.key, form.parent, version=version
        )
    if form.kind == MERGE:
        return lambda session: topic_edits.merge_topics(
            session, dataset_id, form.keys, form.home, version=version
        )
    move_to = form.home if form.mode == KEEP else None
    if form.mode == KEEP and not move_to:
        raise InvalidInputError("Choose the topic that takes the records.")
    return lambda session: topic_edits.delete_topics(
        session, dataset_id, form.keys, version=version, move_to=move_to
    )


def make_plan(form: TopicForm) -> SplitPlan:
    """How to split.

    Raises:
        InvalidInputError: A name or the number cannot be.
    """
    if form.mode == NAME:
        names = [name.strip() for name in form.names.splitlines() if name.strip()]
        if len(names) < 2:
            raise InvalidInputError("Name at least two topics, one a line.")
        return SplitPlan(
            key=form.key, children=tuple(TopicNode(key=_require_name(n)) for n in names)
        )
    if not form.number.strip():
        return SplitPlan(key=form.key)
    if not form.number.strip().isdecimal() or not 2 <= int(form.number) <= 50:
        raise InvalidInputError("The number of topics must be a whole number from 2 to 50.")
    return SplitPlan(key=form.key, num_children=int(form.number))


def read_keywords(text: str) -> tuple[str, ...]:
    """Words between commas or on lines of their own.

    Example:
        >>> read_keywords("seat, window seat,,")
        ('seat', 'window seat')
    """
    parts = text.replace("\n", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def read_percent(text: str, topic: str) -> float | None:
    """A share that was typed in percent; `None` for an equal part.

    Raises:
        InvalidInputError: It is no number from 0 to 100.

    Example:
        >>> read_percent("12,5 %", "Bags"), read_percent("", "Bags")
        (0.125, None)
    """
    plain = text.replace("%", "").replace(",", ".").strip()
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise InvalidInputError(
            f"The target of {spaced(topic)} must be a number from 0 to 100, not {text!r}."
        )
    return value / 100


def _require_name(name: str) -> str:
    if "/" in name:
        raise InvalidInputError(
            "A name has no slash. To put a topic below another one, choose where it goes."
        )
    if not name.strip():
        raise InvalidInputError("Give the topic a name.")
    return name.strip()


def _edit_order(form: TopicForm, dataset_id: str, tree: TopicTree, version: int) -> Order:
    """Only what differs, each as a change of its own that can be undone."""
    node = tree.find(form.key)
    if node is None:  # the service tells what became of it
        name = _require_name(form.name)
        return lambda s: topic_edits.rename_topic(s, dataset_id, form.key, name, version=version)
    is_leaf = any(leaf.key == form.key for leaf in tree.leaves)
    orders = _list_edits(form, dataset_id, node, is_leaf=is_leaf)
    if not orders:
        raise InvalidInputError("Nothing is different yet.")

    def run(session: Session) -> TopicEdit:
        edit = orders[0](session, version)
        for order in orders[1:]:
            edit = order(session, None)
        return edit

    return run


def _list_edits(form: TopicForm, dataset_id: str, node: TopicNode, *, is_leaf: bool) -> list[_Edit]:
    """The edits that make the topic what the form says; the name last, it changes the path."""
    key, name, keywords = form.key, _require_name(form.name), read_keywords(form.keywords)
    target = read_percent(form.target, key)
    edits: tuple[tuple[bool, _Edit], ...] = (
        (
            is_leaf and target != node.target_share,
            lambda s, v: topic_edits.set_targets(s, dataset_id, {key: target}, version=v),
        ),
        (
            form.description.strip() != node.description,
            lambda s, v: topic_edits.describe_topic(
                s, dataset_id, key, form.description, version=v
            ),
        ),
        (
            keywords != node.keywords,
            lambda s, v: topic_edits.set_keywords(s, dataset_id, key, keywords, version=v),
        ),
        (
            name != node.name,
            lambda s, v: topic_edits.rename_topic(s, dataset_id, key, name, version=v),
        ),
    )
    return [edit for is_wanted, edit in edits if is_wanted]
