"""The tree of topics and the keys of the review queue, both small pieces of script."""

import reflex as rx

from rft_app.ui.state.topic_row import TopicRow

_TREE = rx.asset("topic_tree.jsx", shared=True)
_KEYS = rx.asset("review_keys.jsx", shared=True)
_CSS = rx.asset("topic_tree.css", shared=True)


def _two_texts(key: rx.Var[str], name: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    return key, name


class TopicTree(rx.Component):
    """A tree with one stop for Tab: arrows move and fold, Enter chooses, Space marks, F2 renames.

    Delete asks to delete, Ctrl Z and Ctrl Shift Z undo and redo.
    """

    library = _TREE.importable_path
    tag = "TopicTree"

    rows: rx.Var[list[TopicRow]]
    chosen: rx.Var[str]
    checked: rx.Var[list[str]]
    label: rx.Var[str]
    is_busy: rx.Var[bool]
    """Whether a job works on the tree, so that it cannot be edited now."""
    on_choose: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_check: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_rename: rx.EventHandler[_two_texts]
    on_delete: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_undo: rx.EventHandler[rx.event.no_args_event_spec]
    on_redo: rx.EventHandler[rx.event.no_args_event_spec]

    def add_imports(self) -> rx.ImportDict:
        """Bring the style sheet."""
        return {"": _CSS.importable_path}


class ReviewKeys(rx.Component):
    """Hears 1, 2, 3, S and U while its dialog is in front and nobody types; draws nothing."""

    library = _KEYS.importable_path
    tag = "ReviewKeys"

    on_number: rx.EventHandler[rx.event.passthrough_event_spec(int)]
    on_skip: rx.EventHandler[rx.event.no_args_event_spec]
    on_undo: rx.EventHandler[rx.event.no_args_event_spec]


topic_tree = TopicTree.create
review_keys = ReviewKeys.create
