"""The frame of every page: navigation, bar, content; on phones a bar at the bottom."""

from typing import NamedTuple

import reflex as rx

from rft_app.ui.components.brand import mark
from rft_app.ui.components.button import icon_button, link
from rft_app.ui.components.fonts import fonts
from rft_app.ui.components.icon import icon
from rft_app.ui.components.palette import palette
from rft_app.ui.components.shortcuts import shortcuts
from rft_app.ui.content import Content
from rft_app.ui.state.shell import ShellState

_NAV_ITEM = "flex items-center gap-[9px] h-8 rounded-control font-medium"
_NAV_ON, _NAV_OFF = "bg-press text-ink [&>svg]:text-accent-text", "text-ink-2 hover:bg-hover"
_BAR_ITEM = "flex flex-col items-center justify-center gap-[3px] text-label font-medium"


class Section(NamedTuple):
    """A part of the app that the navigation names."""

    words: str
    href: str
    icon: str


DATASETS = Section("Datasets", "/optimization", "database")
TRAINING = Section("Training", "/training", "trending-up")
TRACES = Section("Traces", "/traces", "waypoints")
SETTINGS = Section("Settings", "/settings", "settings")
SECTIONS = (DATASETS, TRACES, TRAINING, SETTINGS)


def _theme_button(icon_name: str, label: str) -> rx.Component:
    return icon_button(
        icon_name,
        label,
        on_click=rx.toggle_color_mode,
        custom_attrs={"data-theme-toggle": ""},
    )


def _toggle() -> rx.Component:
    return rx.color_mode_cond(
        _theme_button("moon", "Use the dark theme"),
        _theme_button("sun", "Use the light theme"),
    )


def _worker_dot() -> rx.Component:
    return rx.el.span(
        class_name=rx.cond(
            ShellState.is_worker_alive,
            "w-[7px] h-[7px] rounded-full bg-ok shrink-0",
            "w-[7px] h-[7px] rounded-full shrink-0 shadow-[inset_0_0_0_1.5px_var(--warn)]",
        )
    )


def _section(section: Section, current: Section, *, is_rail: bool) -> rx.Component:
    is_on = section == current
    look = f"{_NAV_ITEM} {_NAV_ON if is_on else _NAV_OFF}"
    props = {"aria_current": "page"} if is_on else {}
    if is_rail:
        return link(
            icon(section.icon, 16),
            href=section.href,
            title=section.words,
            aria_label=section.words,
            class_name=f"{look} w-9 justify-center",
            **props,
        )
    return link(
        icon(section.icon, 16),
        section.words,
        _num_datasets() if section == DATASETS else rx.fragment(),
        href=section.href,
        class_name=f"{look} px-[9px]",
        **props,
    )


def _num_datasets() -> rx.Component:
    return rx.cond(
        ShellState.is_loaded,
        rx.el.span(
            ShellState.num_datasets,
            class_name="ml-auto text-label text-ink-3 font-normal tabular-nums",
        ),
    )


def _navigation(current: Section) -> rx.Component:
    return rx.el.nav(
        link(
            mark(),
            rx.el.span("RFT App"),
            href="/optimization",
            class_name="h-12 flex items-center gap-[9px] px-2 font-semibold tracking-[-0.01em]",
        ),
        *(_section(section, current, is_rail=False) for section in SECTIONS),
        rx.el.div(
            _worker_dot(),
            rx.el.span("Worker", class_name="text-ink-2"),
            rx.el.span(ShellState.worker, class_name="ml-auto text-ink-3 truncate"),
            role="status",
            class_name="mt-auto border-t border-line px-2 pt-2.5 pb-1 flex items-center gap-2"
            " text-small",
        ),
        aria_label="Main",
        class_name="flex flex-col gap-0.5 w-[208px] shrink-0 border-r border-line bg-surface-1"
        " px-2 pb-2 max-wide:hidden",
    )


def _rail(current: Section) -> rx.Component:
    return rx.el.nav(
        link(
            mark(),
            href="/optimization",
            aria_label="All datasets",
            class_name="h-12 w-9 flex items-center justify-center",
        ),
        *(_section(section, current, is_rail=True) for section in SECTIONS),
        rx.el.div(
            _worker_dot(),
            title="Worker: " + ShellState.worker,
            role="img",
            aria_label="Worker: " + ShellState.worker,
            class_name="mt-auto w-9 h-8 flex items-center justify-center",
        ),
        aria_label="Main",
        class_name="flex flex-col items-center gap-0.5 w-[52px] shrink-0 border-r border-line"
        " bg-surface-1 px-2 pb-2 max-wide:hidden",
    )


def _phone_bar(current: Section) -> rx.Component:
    def place(section: Section) -> rx.Component:
        is_on = section == current
        return link(
            icon(section.icon, 18),
            section.words,
            href=section.href,
            class_name=f"{_BAR_ITEM} {'text-accent-text' if is_on else 'text-ink-3'}",
            **({"aria_current": "page"} if is_on else {}),
        )

    return rx.el.nav(
        *map(place, SECTIONS),
        link(
            icon("plus", 18),
            "New dataset",
            href="/optimization/new",
            class_name=f"{_BAR_ITEM} text-ink-3",
        ),
        aria_label="Main",
        class_name="wide:hidden grid grid-cols-5 fixed inset-x-0 bottom-0 h-[60px] bg-surface-1"
        " border-t border-line z-phonebar",
    )


def crumbs(*places: tuple[Content, Content], current: Content) -> rx.Component:
    """Where this page is: links to what is above it, then its own name."""
    above: list[rx.Component] = []
    for words, href in places:
        above += [
            link(words, href=href, class_name="hover:text-ink truncate max-wide:hidden"),
            icon("chevron-right", 13, "text-ink-off max-wide:hidden"),
        ]
    return rx.el.div(
        *above,
        rx.el.b(current, class_name="font-semibold text-ink truncate"),
        class_name="flex items-center gap-[7px] min-w-0 text-ink-3",
    )


def shell(
    *content: Content,
    place: rx.Component,
    actions: rx.Component | None = None,
    section: Section = DATASETS,
    is_narrow: bool = False,
) -> rx.Component:
    """A page in its frame.

    Args:
        *content: The page; `page_body` makes it scroll with the usual padding.
        place: Made by `crumbs`.
        actions: Controls at the right of the bar.
        section: Where the page is in the navigation.
        is_narrow: The 52 px rail instead of the navigation, on dataset pages.
    """
    return rx.el.div(
        fonts(),
        shortcuts(on_palette=ShellState.open_palette),
        _rail(section) if is_narrow else _navigation(section),
        rx.el.div(
            rx.el.header(
                rx.el.div(
                    link(mark(), href="/optimization", aria_label="All datasets"),
                    class_name="wide:hidden",
                ),
                place,
                rx.el.div(
                    actions if actions is not None else rx.fragment(),
                    icon_button(
                        "search",
                        "Search or run a command (Ctrl K)",
                        on_click=ShellState.open_palette,
                        class_name="max-wide:hidden",
                    ),
                    _toggle(),
                    class_name="ml-auto flex items-center gap-2 shrink-0 max-wide:gap-0",
                ),
                class_name="h-12 shrink-0 flex items-center gap-3 pl-5 pr-4 border-b border-line"
                " bg-ground max-wide:h-[52px] max-wide:px-3 max-wide:sticky max-wide:top-0"
                " max-wide:z-bar",
            ),
            *content,
            class_name="flex flex-col grow min-w-0 min-h-0",
        ),
        _phone_bar(section),
        palette(),
        custom_attrs={"data-live": ShellState.is_loaded},
        class_name="flex h-dvh overflow-hidden max-wide:h-auto max-wide:min-h-dvh"
        " max-wide:overflow-visible",
    )


def page_body(*children: Content, class_name: str = "max-w-[1180px]") -> rx.Component:
    """The scrolling content of a page, not wider than reads well."""
    return rx.el.main(
        rx.el.div(*children, class_name=f"mx-auto {class_name}"),
        class_name="grow overflow-auto min-h-0 px-8 pt-6 pb-8 max-wide:px-4 max-wide:pt-4"
        " max-wide:pb-[84px] max-wide:overflow-visible",
    )
