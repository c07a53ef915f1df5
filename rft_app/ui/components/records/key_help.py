"""Which keys do what in the list of records."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.state.records import RecordsState

_KEYS = (
    (("J", "K", "↑", "↓"), "move"),
    (("Enter",), "open"),
    (("X",), "select"),
    (("E",), "edit"),
    (("/",), "search"),
    (("Esc",), "close what is in front"),
    (("?",), "these keys"),
)


def key_help() -> rx.Component:
    """One line under the filters; `?` shows it."""
    return rx.cond(
        RecordsState.shows_keys,
        rx.el.dl(
            *(_key(names, words) for names, words in _KEYS),
            aria_label="Keys",
            class_name="flex flex-wrap gap-x-5 gap-y-1.5 px-5 py-2.5 m-0 border-b border-line"
            " bg-inset shrink-0 text-small text-ink-2 max-wide:hidden",
        ),
    )


def _key(names: tuple[str, ...], words: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(*map(key_hint, names), class_name="flex gap-1"),
        rx.el.dd(words, class_name="m-0"),
        class_name="flex items-center gap-1.5",
    )
