"""The Auto-Improve tab: one button, then what was decided at each step and why."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.export_tab.parts import dataset_menu, step_title, unreadable
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.auto_improve import AutoImproveState, AutoRunView, DecisionView
from rft_app.ui.theme import CARD, SECTION_TITLE, WITNESS

_RUN = AutoImproveState.shown


def auto_improve_tab() -> rx.Component:
    """Choose and start at the left, the run at the right."""
    return rx.el.div(
        rx.cond(
            AutoImproveState.is_loading,
            _skeleton(),
            rx.cond(
                AutoImproveState.datasets,
                rx.el.div(
                    rx.el.div(
                        _start(), _history(), class_name="grid gap-[18px] content-start min-w-0"
                    ),
                    _run(),
                    class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,520px)] gap-7 items-start"
                    " max-desk:grid-cols-[minmax(0,1fr)]",
                ),
                rx.cond(
                    AutoImproveState.fault != "",
                    unreadable(AutoImproveState.fault, AutoImproveState.load),
                    _empty(),
                ),
            ),
        ),
        on_mount=AutoImproveState.load,
        on_unmount=AutoImproveState.leave,
    )


def _start() -> rx.Component:
    return rx.el.section(
        step_title("1", "Dataset"),
        dataset_menu(
            AutoImproveState.datasets, AutoImproveState.dataset_id, AutoImproveState.choose_dataset
        ),
        rx.el.p(
            "Takes the dataset through extract, topics, coverage, grader and dry run with defaults,"
            " and stops at the verdict. Steps with a current result stay as they are. The grader is"
            " the dataset's own, or one that the data plainly allows.",
            class_name="mt-2 text-small text-ink-2 max-w-[70ch]",
        ),
        rx.cond(
            AutoImproveState.fault != "",
            notice("Not started.", AutoImproveState.fault, tone="bad", class_name="mt-3"),
        ),
        rx.el.div(
            rx.cond(
                AutoImproveState.is_running,
                button("Stop the run", icon="square", on_click=AutoImproveState.stop),
                button(
                    "Run to the verdict",
                    icon="wand-sparkles",
                    variant="primary",
                    disabled=AutoImproveState.dataset_id == "",
                    on_click=AutoImproveState.start,
                ),
            ),
            rx.cond(
                AutoImproveState.dataset_id == "",
                rx.el.span("Choose a dataset first.", class_name=WITNESS),
            ),
            class_name="mt-3 flex flex-wrap items-center gap-3",
        ),
    )


def _run() -> rx.Component:
    return rx.el.section(
        step_title(
            "2",
            "What it decided",
            rx.cond(
                _RUN.id != "",
                rx.el.div(
                    rx.cond(_RUN.verdict != "", badge(_RUN.verdict, tone=_RUN.verdict_tone)),
                    badge(_RUN.words, tone=_RUN.tone),
                    class_name="ml-auto flex gap-1.5",
                ),
            ),
        ),
        rx.cond(
            _RUN.id != "",
            card(
                rx.el.ol(
                    rx.foreach(_RUN.steps, _decision),
                    role="status",
                    class_name="m-0 p-0 list-none",
                ),
                rx.cond(
                    _RUN.verdict != "",
                    rx.el.div(
                        button_link(
                            "Open the dry run",
                            href=f"/optimization/{_RUN.dataset_id}?step=dry_run",
                            size="sm",
                        ),
                        class_name="px-3.5 py-2.5 border-t border-line",
                    ),
                    rx.cond(
                        _RUN.stopped_at != "",
                        rx.el.div(
                            button_link(
                                _RUN.verb,
                                href=f"/optimization/{_RUN.dataset_id}?step={_RUN.stopped_at}",
                                size="sm",
                            ),
                            class_name="px-3.5 py-2.5 border-t border-line",
                        ),
                    ),
                ),
                title=_RUN.dataset,
                witness=_RUN.when,
                body_class="",
            ),
            rx.el.div(
                empty_panel(
                    rx.cond(
                        AutoImproveState.dataset_id == "",
                        "No dataset is chosen",
                        "No run of this dataset yet",
                    ),
                    "Each step shows here with what came of it, and why it was done so.",
                ),
                class_name=CARD,
            ),
        ),
    )


def _decision(one: DecisionView) -> rx.Component:
    return rx.el.li(
        rx.el.span(status_glyph(one.status), class_name="mt-0.5 shrink-0"),
        rx.el.b(one.name, class_name="w-20 shrink-0 font-medium"),
        rx.el.div(
            rx.el.p(one.text, class_name="text-ink-2 [overflow-wrap:anywhere]"),
            rx.cond(one.reason != "", rx.el.p(one.reason, class_name="text-small text-ink-3")),
            class_name="min-w-0",
        ),
        class_name="flex gap-2.5 px-3.5 py-2.5 border-b border-line last:border-b-0",
    )


def _history() -> rx.Component:
    return rx.cond(
        AutoImproveState.history,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Last run of each dataset", class_name=SECTION_TITLE),
                class_name="mb-1.5",
            ),
            rx.el.div(
                table(
                    head("Dataset"),
                    head("Ended"),
                    head("Verdict"),
                    head("When"),
                    rows=rx.foreach(AutoImproveState.history, _past),
                    label="Last runs",
                ),
                class_name=f"{CARD} overflow-x-auto",
            ),
        ),
    )


def _past(run: AutoRunView) -> rx.Component:
    return rx.el.tr(
        cell(
            text_button(
                run.dataset,
                on_click=AutoImproveState.show(run.dataset_id),
                class_name="truncate max-w-[200px]",
            )
        ),
        cell(badge(run.words, tone=run.tone), title=run.outcome),
        cell(rx.cond(run.verdict != "", badge(run.verdict, tone=run.verdict_tone), "–")),
        cell(run.when, class_name="text-ink-3 whitespace-nowrap"),
        class_name=ROW,
    )


def _empty() -> rx.Component:
    return empty_state(
        "No datasets to improve",
        "Create a dataset first; its traces are all that Auto-Improve needs.",
        button_link("Go to Datasets", href="/training?tab=datasets", variant="primary"),
        icon_name="wand-sparkles",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(skeleton("h-9"), skeleton("h-16"), class_name="grid gap-4 content-start"),
        rx.el.div(skeleton("h-[240px]"), skeleton_lines("Loading runs", "w-1/3")),
        class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,520px)] gap-7 max-desk:grid-cols-1",
    )
