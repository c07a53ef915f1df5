"""Badges: short facts and counts, 20 px high."""

import reflex as rx

from rft_app.ui.content import Content
from rft_app.ui.theme import TONES

_BADGE = (
    "inline-flex items-center gap-[5px] h-5 px-[7px] rounded-badge text-[11px] leading-none"
    " font-medium whitespace-nowrap shrink-0 tabular-nums"
)


def badge(
    *children: Content,
    tone: str | rx.Var[str] = "neutral",
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A badge; `tone` is one of neutral, ok, info, warn, bad, gen, accent, line, or a var of it."""
    if isinstance(tone, rx.Var):
        look = rx.match(
            tone,
            *((name, f"{_BADGE} {TONES[name]} {class_name}") for name in TONES),
            f"{_BADGE} {TONES['neutral']} {class_name}",
        )
    else:
        look = f"{_BADGE} {TONES[tone]} {class_name}"
    return rx.el.span(*children, class_name=look, **props)


def key_hint(key: str) -> rx.Component:
    """A key of the keyboard, e.g. `/`."""
    return rx.el.kbd(
        key,
        class_name="inline-flex items-center justify-center min-w-[18px] h-[18px] px-1"
        " rounded-badge border border-line-strong font-sans text-[10.5px] leading-none"
        " font-medium text-ink-3 bg-surface-2 shrink-0 max-wide:hidden",
    )
