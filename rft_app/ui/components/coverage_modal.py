"""The dialog of step 3: the balance with its arithmetic, shares against targets."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.coverage_targets import targets_editor
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.progress import meter
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.coverage import CoverageRow, CoverageState
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.modal import ModalState
from rft_app.ui.theme import FIGURE, LABEL, WITNESS

_CONFIG = {"displayModeBar": False, "responsive": True}


def coverage_modal() -> rx.Component:
    """How the trainable records spread over the topics."""
    return step_dialog(
        CoverageState,
        _content(),
        witness=rx.cond(
            CoverageState.has_result,
            rx.fragment(f"{CoverageState.num_records} · {CoverageState.last_run}"),
        ),
        footer=modal_footer(
            run_effect(
                CoverageState, "Counts the valid records of each topic again. Takes a second."
            ),
            _next(),
        ),
    )


def _next() -> rx.Component:
    """One filled button: analyse, or what a current result asks for; none beside targets under
    edit, where "Save targets" is it.
    """
    is_current = CoverageState.has_result & (CoverageState.stale_reason == "")
    again = run_button(CoverageState, variant="default")
    return rx.cond(
        CoverageState.is_editing,
        rx.fragment(_fill_gaps("default"), again),
        rx.cond(
            is_current & ~CoverageState.is_running,
            rx.cond(
                CoverageState.has_gaps,
                rx.fragment(again, _fill_gaps("primary")),
                rx.fragment(
                    again,
                    button(
                        "Open grader",
                        variant="primary",
                        on_click=ModalState.open_step("grader"),
                    ),
                ),
            ),
            rx.fragment(
                rx.cond(CoverageState.has_result, _fill_gaps("default")),
                run_button(CoverageState),
            ),
        ),
    )


def _fill_gaps(variant: str) -> rx.Component:
    return button(
        "Generate to fill gaps",
        variant=variant,
        icon="sparkles",
        on_click=GenerateState.fill_gaps,
    )


def _content() -> rx.Component:
    return rx.el.div(
        rx.el.div(_balance(), _recommendations(), class_name="grid gap-3.5 content-start"),
        _shares(),
        class_name="grid grid-cols-[340px_minmax(0,1fr)] gap-5 items-start max-desk:grid-cols-1 p-5"
        " max-wide:p-4",
    )


def _balance() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.span(CoverageState.balance, class_name=FIGURE),
            badge(CoverageState.rating, tone=CoverageState.rating_tone),
            class_name="flex items-center gap-2.5",
        ),
        rx.el.div(
            meter(
                CoverageState.balance_percent,
                60,
                is_low=CoverageState.rating != "Good",
                label="Balance; the line is where good starts",
            ),
            class_name="my-2.5",
        ),
        rx.el.p(
            rx.el.span(
                f"Balance {CoverageState.balance} = {CoverageState.division}",
                class_name="text-ink font-medium tabular-nums",
            ),
            f", set by {CoverageState.set_by}.",
            class_name="text-ink-2",
        ),
        rx.el.p(
            "The lowest share ÷ target of all topics, at most 1. Good from 0.60, fair from 0.40.",
            class_name=f"{WITNESS} mt-1",
        ),
        title="Balance",
    )


def _recommendations() -> rx.Component:
    return card(
        rx.cond(
            CoverageState.recommendations,
            rx.el.ul(
                rx.foreach(
                    CoverageState.recommendations,
                    lambda advice: rx.el.li(
                        icon("arrow-right", 13, "mt-[3px] text-ink-3"),
                        rx.el.span(advice, class_name="[overflow-wrap:anywhere]"),
                        class_name="flex gap-2 text-ink-2",
                    ),
                ),
                class_name="grid gap-2 list-none m-0 p-0",
            ),
            rx.el.p("Every topic is near its target.", class_name="text-ink-2"),
        ),
        title="What would raise it",
    )


def _shares() -> rx.Component:
    return card(
        rx.cond(
            CoverageState.is_editing,
            targets_editor(),
            rx.match(CoverageState.shape, ("table", _table()), ("map", _map()), _bars()),
        ),
        rx.cond(
            CoverageState.num_without_topic != "",
            rx.el.p(
                f"{CoverageState.num_without_topic} without a topic count in no share.",
                class_name=f"{WITNESS} px-3.5 pb-3",
            ),
        ),
        title="Share of each topic",
        witness=rx.cond(
            CoverageState.is_editing,
            "",
            rx.match(
                CoverageState.shape,
                ("map", "area: records · colour: distance from target"),
                ("table", ""),
                "bar: share · line: target",
            ),
        ),
        action=rx.cond(CoverageState.is_editing, rx.fragment(), _shape_choice()),
        class_name="max-wide:[&>div:first-child]:flex-wrap max-wide:[&>div:first-child]:py-2",
        body_class="",
    )


def _shape_choice() -> rx.Component:
    shape = CoverageState.shape
    return rx.el.div(
        segmented(
            *(
                segment(words, is_on=shape == name, on_click=CoverageState.show_as(name))
                for name, words in (("bars", "Bars"), ("map", "Map"), ("table", "Table"))
            ),
            label="Show shares as",
        ),
        button(
            rx.el.span("Edit targets", class_name="max-wide:hidden"),
            rx.el.span("Targets", class_name="wide:hidden"),
            size="sm",
            icon="target",
            on_click=CoverageState.edit_targets,
            disabled=CoverageState.is_running,
        ),
        class_name="flex items-center gap-2",
    )


def _map() -> rx.Component:
    drawing = rx.el.div(
        rx.color_mode_cond(
            light=rx.plotly.basic(
                data=CoverageState.map_light, config=_CONFIG, width="100%", height="320px"
            ),
            dark=rx.plotly.basic(
                data=CoverageState.map_dark, config=_CONFIG, width="100%", height="320px"
            ),
        ),
        role="img",
        aria_label=CoverageState.map_finding,
        class_name="h-[320px] min-w-[560px] overflow-hidden",
    )
    return rx.el.div(
        rx.el.div(
            drawing,
            tab_index=0,
            role="region",
            aria_label="Map of shares",
            class_name="overflow-x-auto",
        ),
        _legend(),
        class_name="m-3.5 grid gap-2.5",
    )


def _legend() -> rx.Component:
    meanings = (
        ("bg-c3", "below target"),
        ("bg-c1", "on target"),
        ("bg-c2", "above target"),
    )
    return rx.el.p(
        *(
            rx.el.span(
                rx.el.span(class_name=f"w-2.5 h-2.5 rounded-[3px] {color}", aria_hidden="true"),
                words,
                class_name="inline-flex items-center gap-1.5",
            )
            for color, words in meanings
        ),
        rx.el.span("The stronger the colour, the further from it."),
        class_name=f"{WITNESS} flex flex-wrap gap-x-4 gap-y-1",
    )


_COLUMNS = (
    "grid grid-cols-[minmax(120px,4fr)_minmax(0,3fr)_52px_52px_60px_104px] gap-3 items-center"
    " max-wide:grid-cols-[minmax(0,1fr)_52px_60px]"
)


def _bars() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("Topic"),
            rx.el.span("", class_name="max-wide:hidden"),
            rx.el.span("Share", class_name="text-right"),
            rx.el.span("Target", class_name="text-right max-wide:hidden"),
            rx.el.span("Gap", class_name="text-right"),
            rx.el.span("", class_name="max-wide:hidden"),
            class_name=f"{_COLUMNS} {LABEL} h-[30px]",
        ),
        rx.foreach(CoverageState.rows, _bar),
        rx.el.p(
            "Gap: records to add to this topic alone to reach its target.",
            class_name=f"{WITNESS} pt-2",
        ),
        class_name="px-3.5 pb-3",
    )


def _bar(row: CoverageRow) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            row.name,
            type="button",
            title=row.key,
            on_click=ModalState.open_records("topic:" + row.key),
            class_name="text-left truncate text-ink-2 hover:text-ink hover:underline",
        ),
        rx.el.div(
            meter(row.width, row.mark, is_low=row.status == "under", label=row.finding),
            class_name="max-wide:col-span-3 max-wide:order-last",
        ),
        rx.el.span(row.share, class_name="text-right tabular-nums font-medium"),
        rx.el.span(row.target, class_name="text-right tabular-nums text-ink-3 max-wide:hidden"),
        rx.el.span(row.gap, class_name="text-right tabular-nums text-ink-2"),
        rx.el.span(_status(row), class_name="justify-self-end max-wide:hidden"),
        class_name=f"{_COLUMNS} min-h-9 py-1 text-small",
    )


def _status(row: CoverageRow) -> rx.Component:
    return rx.cond(
        row.status == "under",
        badge(icon("arrow-down", 11), row.words, tone="warn"),
        rx.cond(
            row.status == "over",
            badge(icon("arrow-up", 11), row.words, tone="info"),
            badge(icon("check", 11), row.words, tone="ok"),
        ),
    )


def _table() -> rx.Component:
    return rx.el.div(
        table(
            head("Topic"),
            head("Records", is_number=True),
            head("Share", is_number=True),
            head("Target", is_number=True),
            head("Gap", is_number=True),
            head("Status"),
            rows=rx.foreach(
                CoverageState.rows,
                lambda row: rx.el.tr(
                    cell(row.name),
                    cell(row.num_records, is_number=True),
                    cell(row.share, is_number=True),
                    cell(row.target, is_number=True),
                    cell(row.gap, is_number=True),
                    cell(_status(row)),
                    class_name=ROW,
                ),
            ),
            label="Share of each topic",
        ),
        tab_index=0,
        role="region",
        aria_label="Table of shares",
        class_name="overflow-x-auto",
    )
