"""What a person types into a dialog that changes the tree, with its words and menus."""

from dataclasses import dataclass, field, replace

from rft_app.domain.coverage import percent, resolve_targets
from rft_app.domain.topic import TopicNode, TopicTree, is_within
from rft_app.ui.state.topic_row import TOP, Choice
from rft_app.ui.words import count

ADD, EDIT, MOVE, MERGE, SPLIT, DELETE = "add", "edit", "move", "merge", "split", "delete"
KEEP, LEAVE = "move", "leave"
"""What becomes of the records of deleted topics."""
FIND, NAME = "find", "name"
"""How a topic is split."""


@dataclass(frozen=True)
class TopicForm:
    """One open form; `kind` is empty when there is none."""

    kind: str = ""
    keys: list[str] = field(default_factory=list)
    """The topics it is about."""
    name: str = ""
    description: str = ""
    keywords: str = ""
    target: str = ""
    """Percent, as typed; empty for an equal part."""
    home: str = ""
    """The parent, or the topic that takes what goes."""
    mode: str = ""
    names: str = ""
    """Names of the topics to split into, one a line."""
    number: str = ""

    @property
    def key(self) -> str:
        """The one topic."""
        return self.keys[0] if self.keys else ""

    @property
    def parent(self) -> str | None:
        """`home` as a parent."""
        return None if self.home in {"", TOP} else self.home


@dataclass(frozen=True)
class FormFrame:
    """The words and menus around a form."""

    title: str = ""
    note: str = ""
    verb: str = ""
    options: list[Choice] = field(default_factory=list)
    is_leaf: bool = True
    target_hint: str = ""


def open_form(tree: TopicTree, kind: str, keys: list[str]) -> TopicForm:
    """The form as it is before anything is typed."""
    node = tree.find(keys[0]) if keys else None
    if kind == ADD:
        leaves = {leaf.key for leaf in tree.leaves}
        home = node.parent_key if node and node.key in leaves else node and node.key
        return TopicForm(kind, home=home or TOP)
    if kind == EDIT and node:
        return TopicForm(
            kind,
            keys,
            name=node.name,
            description=node.description,
            keywords=", ".join(node.keywords),
            target="" if node.target_share is None else f"{node.target_share * 100:.10g}",
        )
    homes = list_homes(tree, kind, keys)
    starts = {MOVE: TOP, DELETE: "", SPLIT: ""}
    home = starts.get(kind, homes[0].value if homes else "")
    if kind == MOVE and node and node.parent_key:
        home = node.parent_key
    mode = {DELETE: LEAVE, SPLIT: FIND}.get(kind, "")
    return TopicForm(kind, keys, home=home, mode=mode)


def keep_typed(form: TopicForm, before: TopicForm, now: TopicForm) -> TopicForm:
    """A form that was opened anew, with what a person had typed into the old one.

    Args:
        form: With what was typed.
        before: As it was before that.
        now: As it is when it is opened now.

    Example:
        >>> before = TopicForm("edit", ["Room"], name="Room")
        >>> typed = TopicForm("edit", ["Room"], name="Room", description="Of a hotel.")
        >>> now = keep_typed(typed, before, TopicForm("edit", ["Hotels"], name="Hotels"))
        >>> now.name, now.description
        ('Hotels', 'Of a hotel.')
    """
    names = ("name", "description", "keywords", "target", "home", "mode", "names", "number")
    typed = {name: getattr(form, name) for name in names}
    return replace(
        now, **{name: text for name, text in typed.items() if text != getattr(before, name)}
    )


def list_homes(tree: TopicTree, kind: str, keys: list[str]) -> list[Choice]:
    """The options of the form's menu of topics."""
    inside = [node for node in tree.nodes if any(is_within(node.key, key) for key in keys)]
    outside = [node.key for node in tree.nodes if node not in inside]
    if kind in {ADD, MOVE}:
        possible = [node.key for node in tree.nodes] if kind == ADD else outside
        return [Choice(TOP, "Top level"), *map(Choice.of, possible)]
    if kind == MERGE:
        return [*map(Choice.of, keys if len(keys) > 1 else []), *map(Choice.of, outside)]
    leaves = {leaf.key for leaf in tree.leaves}
    return [Choice.of(key) for key in outside if key in leaves]


def frame_form(tree: TopicTree, form: TopicForm) -> FormFrame:
    """Title, button and menu of a form."""
    nodes = [node for key in form.keys if (node := tree.find(key))]
    names = _names(nodes)
    records = count(sum(node.num_records for node in _tops(nodes)), "record")
    titles = {
        ADD: ("Add a topic", "", "Add topic"),
        EDIT: (f"Edit {names}", "", "Save topic"),
        MOVE: (f"Move {names}", f"{records} go with it.", "Move topic"),
        MERGE: (f"Merge {names}", f"{records} in all.", _merge_verb(form)),
        SPLIT: (f"Split {names}", f"Its {records} go to the new topics below it.", "Split topic"),
        DELETE: (f"Delete {names}?", _delete_note(tree, nodes, records), _delete_verb(tree, form)),
    }
    title, note, verb = titles[form.kind]
    targets = resolve_targets(tuple(tree.targets), tree.targets)
    share = targets.get(form.key)
    return FormFrame(
        title=title,
        note=note,
        verb=verb,
        options=list_homes(tree, form.kind, form.keys),
        is_leaf=share is not None,
        target_hint=f"Now {percent(share)}. Leave it empty for an equal part of the rest."
        if share is not None
        else "",
    )


def _names(nodes: list[TopicNode]) -> str:
    shown = ", ".join(node.name for node in nodes[:2])
    return f"{shown} and {len(nodes) - 2} more" if len(nodes) > 2 else shown.replace(", ", " and ")


def _tops(nodes: list[TopicNode]) -> list[TopicNode]:
    return [
        node
        for node in nodes
        if not any(other is not node and is_within(node.key, other.key) for other in nodes)
    ]


def _merge_verb(form: TopicForm) -> str:
    return f"Merge {len(form.keys)} topics" if len(form.keys) > 1 else "Merge topic"


def _delete_verb(tree: TopicTree, form: TopicForm) -> str:
    gone = [node for node in tree.nodes if any(is_within(node.key, key) for key in form.keys)]
    return f"Delete {count(len(gone), 'topic')}"


def _delete_note(tree: TopicTree, nodes: list[TopicNode], records: str) -> str:
    below = sum(any(is_within(n.key, t.key) for t in nodes) for n in tree.nodes) - len(nodes)
    deeper = f" and {count(below, 'topic')} below" if below > 0 else ""
    return f"{records}{deeper} are affected. It can be undone."
