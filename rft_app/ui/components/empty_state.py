"""Empty states: what is missing, what it is for, the next click."""

import reflex as rx

from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.theme import PAGE_TITLE, classes

_TILES = {
    "accent": "text-accent-text bg-accent-soft shadow-[inset_0_0_0_1px_var(--accent-line)]",
    "bad": "text-bad bg-bad-soft shadow-[inset_0_0_0_1px_var(--bad-line)]",
}


def empty_state(
    title: str | rx.Var[str],
    sentence: Content,
    *actions: rx.Component,
    icon_name: str = "database",
    tone: str = "accent",
    footnote: rx.Component | None = None,
) -> rx.Component:
    """A page-sized empty or failed state with a tile, one sentence and buttons."""
    return rx.el.div(
        rx.el.div(
            icon(icon_name, 24),
            class_name=classes(
                "w-14 h-14 rounded-[14px] flex items-center justify-center mb-[18px]", _TILES[tone]
            ),
        ),
        rx.el.h2(title, class_name=PAGE_TITLE),
        rx.el.p(sentence, class_name="mt-1.5 max-w-[440px] text-ink-2 [overflow-wrap:anywhere]"),
        rx.el.div(*actions, class_name="mt-5 flex flex-wrap justify-center gap-2"),
        footnote or rx.fragment(),
        class_name="flex flex-col items-center text-center px-6 py-14",
    )


def empty_panel(
    title: str | rx.Var[str],
    sentence: Content,
    *actions: rx.Component,
    tone: str = "neutral",
) -> rx.Component:
    """The same inside a card: no tile, a 13 px title."""
    ink = "text-bad" if tone == "bad" else "text-ink"
    return rx.el.div(
        rx.el.h3(title, class_name=f"font-semibold {ink}"),
        rx.el.p(
            sentence, class_name="text-small text-ink-3 max-w-[440px] [overflow-wrap:anywhere]"
        ),
        rx.el.div(*actions, class_name="mt-3 flex flex-wrap justify-center gap-2")
        if actions
        else rx.fragment(),
        class_name="flex flex-col items-center text-center px-4 py-8",
    )
