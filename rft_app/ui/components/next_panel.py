"""The side panel of the canvas: one thing to do, and the facts that decide it."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link, icon_button, text_button
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import meter, progress_bar
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.components.status import status_glyph
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.next_panel import (
    OPEN,
    RETRY,
    START,
    UPLOAD,
    Bar,
    Fact,
    RecentJob,
    StaleStep,
)
from rft_app.ui.state.training_page import export_address
from rft_app.ui.theme import PAGE_TITLE, SECTION_TITLE, WITNESS

_SECTION = "px-5 py-3.5 border-b border-line max-wide:px-4"


def _fact(fact: rx.vars.ObjectVar[Fact]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(fact.name, class_name="text-ink-3"),
        rx.el.dd(fact.value, class_name="text-right text-ink tabular-nums"),
    )


def _primary() -> rx.Component:
    following = DatasetState.following

    def filled(icon_name: str, on_click: rx.event.EventType) -> rx.Component:
        return button(
            following.action,
            variant="primary",
            size="lg",
            icon=icon_name,
            on_click=on_click,
            disabled=~DatasetState.can_start,
            class_name="grow",
        )

    def linked(icon_name: str, href: Content) -> rx.Component:
        return button_link(
            following.action,
            href=href,
            variant="primary",
            size="lg",
            icon=icon_name,
            class_name="grow",
        )

    chosen = rx.match(
        following.kind,
        (START, filled("play", DatasetState.run_step(following.target))),
        (OPEN, filled("arrow-right", ModalState.open_step(following.target))),
        (UPLOAD, linked("upload", "/optimization/new")),
        (RETRY, filled("rotate-ccw", DatasetState.retry(following.target))),
        rx.fragment(),
    )
    return rx.fragment(chosen)


def _running() -> rx.Component:
    job = DatasetState.job
    return rx.el.div(
        progress_bar(job.percent, job.name, class_name="mb-2.5"),
        rx.el.div(
            rx.el.span(job.words, class_name="text-small text-ink-2 min-w-0"),
            button(
                rx.cond(job.is_cancelling, "Stopping", "Cancel"),
                size="sm",
                icon="square",
                on_click=DatasetState.cancel,
                disabled=job.is_cancelling,
                class_name="shrink-0",
            ),
            class_name="flex items-center justify-between gap-3",
        ),
        class_name="mt-3",
    )


def _head() -> rx.Component:
    following = DatasetState.following
    return rx.el.section(
        rx.el.div(
            badge(following.badge, tone=following.tone),
            rx.el.span(following.position, class_name=WITNESS),
            class_name="flex items-center justify-between",
        ),
        rx.el.h2(following.title, class_name=f"{PAGE_TITLE} mt-2 [overflow-wrap:anywhere]"),
        rx.el.p(following.purpose, class_name="mt-1 text-ink-2"),
        rx.cond(
            following.error != "",
            notice("It stopped.", following.error, tone="bad", class_name="mt-3"),
        ),
        rx.cond(
            has_items(following.facts),
            rx.el.dl(
                rx.foreach(following.facts, _fact),
                class_name="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-small",
            ),
        ),
        rx.cond(
            DatasetState.job.id != "",
            _running(),
            rx.cond(
                following.kind != "",
                rx.el.div(
                    _primary(),
                    rx.cond(
                        following.has_options,
                        button(
                            "Options",
                            size="lg",
                            on_click=ModalState.open_step(following.target),
                        ),
                    ),
                    rx.cond(
                        following.can_export,
                        button_link(
                            "Export",
                            href=export_address(DatasetState.id),
                            size="lg",
                            icon="download",
                        ),
                    ),
                    class_name="mt-3 flex gap-2",
                ),
            ),
        ),
        aria_label="Next step",
        class_name=_SECTION,
    )


def _stale(step: rx.vars.ObjectVar[StaleStep]) -> rx.Component:
    return notice(
        step.title,
        step.reason,
        tone="warn",
        action=rx.fragment(
            rx.match(
                step.kind,
                (
                    START,
                    button(
                        step.action,
                        size="sm",
                        icon="refresh-cw",
                        on_click=DatasetState.run_step(step.target),
                        disabled=~DatasetState.can_start,
                    ),
                ),
                (
                    OPEN,
                    button(step.action, size="sm", on_click=ModalState.open_step(step.target)),
                ),
                rx.fragment(),
            )
        ),
    )


def _bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    return rx.el.li(
        rx.el.span(bar.name, class_name="text-ink-2 truncate"),
        meter(bar.percent, bar.target, is_low=bar.is_low, label=bar.tip),
        rx.el.span(bar.value, class_name="text-right tabular-nums"),
        title=bar.tip,
        class_name="grid grid-cols-[minmax(0,1fr)_128px_44px] gap-2.5 items-center text-small",
    )


def _coverage() -> rx.Component:
    coverage = DatasetState.coverage
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Coverage", class_name=SECTION_TITLE),
            rx.el.span(coverage.witness, class_name=WITNESS),
            class_name="flex items-baseline justify-between gap-3 mb-3",
        ),
        rx.el.ul(rx.foreach(coverage.bars, _bar), class_name="grid gap-[9px]"),
        rx.el.p(coverage.balance, class_name=f"{WITNESS} mt-[11px]"),
        text_button(
            coverage.more,
            on_click=ModalState.open_step("coverage"),
            class_name="text-small max-wide:min-h-9",
        ),
        class_name=_SECTION,
    )


def _recent(job: rx.vars.ObjectVar[RecentJob]) -> rx.Component:
    return rx.el.li(
        rx.el.span(status_glyph(job.status, 14), class_name="mt-0.5"),
        rx.el.div(
            rx.el.div(job.name, " ", job.words, class_name="text-ink-2 truncate"),
            rx.cond(
                job.error != "",
                rx.el.div(job.error, class_name="text-ink-3 [overflow-wrap:anywhere]"),
            ),
            class_name="grow min-w-0",
        ),
        rx.cond(
            job.can_retry,
            icon_button(
                "rotate-ccw",
                "Try " + job.name.to(str) + " again",
                size="sm",
                on_click=DatasetState.retry(job.id),
                class_name="-my-1.5",
            ),
        ),
        rx.el.span(job.when, class_name="text-ink-3 whitespace-nowrap"),
        key=job.id,
        class_name="flex gap-2 text-small",
    )


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.h3("Recent", class_name=f"{SECTION_TITLE} mb-2.5"),
        rx.cond(
            has_items(DatasetState.recent),
            rx.el.ul(rx.foreach(DatasetState.recent, _recent), class_name="grid gap-[9px]"),
            rx.el.p("Nothing has run yet.", class_name="text-small text-ink-3"),
        ),
        class_name="px-5 py-3.5 max-wide:px-4",
    )


def _unreadable() -> rx.Component:
    return rx.el.section(
        notice(
            "Some rows could not be read.",
            DatasetState.unreadable,
            tone="warn",
            action=button("View errors", size="sm", on_click=ModalState.open_step("extract")),
        ),
        class_name=_SECTION,
    )


def panel_head() -> rx.Component:
    """The part that comes first on phones: what to do, and what is out of date."""
    return rx.fragment(
        _head(),
        rx.cond(DatasetState.unreadable != "", _unreadable()),
        rx.cond(
            has_items(DatasetState.stale),
            rx.el.section(
                rx.foreach(DatasetState.stale, _stale), class_name=f"{_SECTION} grid gap-2"
            ),
        ),
    )


def panel_rest() -> rx.Component:
    """Coverage and history."""
    return rx.fragment(rx.cond(has_items(DatasetState.coverage.bars), _coverage()), _history())


def panel_loading() -> rx.Component:
    """Before the first answer."""
    return skeleton_lines("Loading the dataset", "w-1/3", "w-2/3", "w-11/12", "w-5/6", "w-1/2")
