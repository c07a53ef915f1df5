"""Notices: what happened, what it means, one small button."""

import reflex as rx

from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.theme import NOTICES

_ICONS = {
    "neutral": "info",
    "info": "info",
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "octagon-x",
}


def notice(
    title: str | rx.Var[str],
    *body: Content,
    tone: str = "neutral",
    action: rx.Component | None = None,
    class_name: str = "",
) -> rx.Component:
    """A notice in the flow of a page.

    Args:
        title: What happened, one sentence.
        *body: What it means.
        tone: `neutral`, `info`, `ok`, `warn` or `bad`.
        action: One small button.
        class_name: Layout only.
    """
    return rx.el.div(
        icon(_ICONS[tone], 15, "mt-0.5"),
        rx.el.div(
            rx.el.b(title, class_name="font-semibold text-ink"),
            *((" ", *body) if body else ()),
            rx.el.div(action, class_name="mt-2") if action is not None else rx.fragment(),
            class_name="grow min-w-0 text-ink-2 [overflow-wrap:anywhere]",
        ),
        role="alert" if tone == "bad" else "status",
        class_name=f"flex gap-2.5 px-3 py-2.5 rounded-card border {NOTICES[tone]} {class_name}",
    )


def missing_answers(words: Content, *, class_name: str = "") -> rx.Component:
    """What it means that rows of an import hold no answer; nothing where `words` is empty."""
    return rx.cond(
        words != "", notice("Answers are missing.", words, tone="warn", class_name=class_name)
    )
