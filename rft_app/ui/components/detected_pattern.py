"""What the chosen traces or rows have in common."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.card import card
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.pattern_view import PatternView, ToolLine
from rft_app.ui.theme import CARD_TITLE, CODE, LABEL


def detected_pattern(
    view: rx.vars.ObjectVar[PatternView],
    *,
    is_busy: rx.Var[bool] | bool,
    fault: rx.Var[str] | str,
    empty: Content,
    more: rx.Component,
) -> rx.Component:
    """The card; `empty` says what to do before there is anything to read, `more` ends it."""
    return card(
        rx.cond(
            fault != "",
            notice("The pattern could not be read.", fault, tone="warn"),
            rx.cond(
                view.title != "",
                _found(view, more),
                rx.cond(
                    is_busy,
                    skeleton_lines("Looking for a pattern"),
                    rx.el.p(empty, class_name="text-small text-ink-3"),
                ),
            ),
        ),
        title="Detected pattern",
        witness=rx.cond(is_busy, "looking …", view.witness),
        custom_attrs={"aria-busy": is_busy},
    )


def _found(view: rx.vars.ObjectVar[PatternView], more: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.h4(view.title, class_name=f"{CARD_TITLE} [overflow-wrap:anywhere]"),
        rx.cond(view.prompt != "", _prompt(view)),
        rx.el.div(
            rx.el.h5("Found", class_name=LABEL),
            rx.el.ul(
                rx.foreach(
                    view.capabilities,
                    lambda words: rx.el.li(badge(words, tone="line")),
                ),
                class_name="mt-1.5 flex flex-wrap gap-1.5",
            ),
        ),
        rx.cond(
            has_items(view.tools),
            rx.el.div(
                rx.el.h5("Most used tools, share of what was read", class_name=LABEL),
                rx.el.ul(rx.foreach(view.tools, _tool), class_name="mt-1.5 grid gap-1.5"),
                rx.cond(
                    view.more_tools != "",
                    rx.el.p(view.more_tools, class_name="mt-1 text-small text-ink-3"),
                ),
            ),
        ),
        more,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _prompt(view: rx.vars.ObjectVar[PatternView]) -> rx.Component:
    return rx.el.div(
        rx.el.p(f"“{view.short_prompt}”", class_name="text-ink-2 [overflow-wrap:anywhere]"),
        rx.cond(
            view.prompt_words != "",
            rx.el.details(
                rx.el.summary(
                    view.prompt_words,
                    class_name="mt-1 w-fit text-small text-accent-text font-medium cursor-pointer"
                    " max-wide:min-h-9",
                ),
                rx.el.pre(
                    view.prompt,
                    tab_index=0,
                    aria_label="System prompt",
                    class_name=f"{CODE} mt-1.5 p-2.5 max-h-[220px] overflow-auto"
                    " whitespace-pre-wrap [overflow-wrap:anywhere]",
                ),
            ),
        ),
    )


def _tool(tool: rx.vars.ObjectVar[ToolLine]) -> rx.Component:
    return rx.el.li(
        rx.el.code(tool.name, title=tool.name, class_name="font-mono text-small truncate"),
        rx.el.div(
            rx.el.div(class_name="h-full rounded-[2px] bg-c1", style={"width": f"{tool.percent}%"}),
            class_name="h-1.5 rounded-[2px] bg-press overflow-hidden",
        ),
        rx.el.span(tool.words, class_name="text-small text-ink-2 text-right tabular-nums"),
        title=tool.hint,
        class_name="grid grid-cols-[minmax(0,170px)_minmax(0,1fr)_40px] items-center gap-2.5",
    )
