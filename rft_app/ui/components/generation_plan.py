"""The plan of a generation run by topic, what it costs, and what became of the last run."""

import reflex as rx

from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import has_items
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.generation_view import FailureRow, PlanRow
from rft_app.ui.state.modal import REVIEW, ModalState
from rft_app.ui.theme import FIGURE, WITNESS

_PLAN, _RUN = GenerateState.plan, GenerateState.run


def plan_card() -> rx.Component:
    """Topics with current, target and new records; below, tokens and cost."""
    return card(
        rx.cond(
            GenerateState.plan_fault != "",
            _failed(),
            rx.cond(
                _PLAN.is_known,
                rx.fragment(_sources(), _topics(), _notes(), _figures()),
                skeleton_lines("Working out a plan"),
            ),
        ),
        title="Plan by topic",
        witness=rx.cond(
            _PLAN.is_known,
            rx.cond(
                GenerateState.is_planning,
                "working it out again",
                f"{_PLAN.records} for {_PLAN.num_topics} in {_PLAN.calls}",
            ),
            "",
        ),
        body_class="",
    )


def _failed() -> rx.Component:
    return empty_panel(
        "No plan",
        GenerateState.plan_fault,
        button("Open topics", size="sm", on_click=ModalState.open_step("topics")),
    )


def _sources() -> rx.Component:
    return rx.cond(
        GenerateState.sources != "",
        rx.el.div(
            rx.el.span(f"Starts from {GenerateState.sources}.", class_name="text-ink-2"),
            text_button("Fill the gaps instead", on_click=GenerateState.drop_sources),
            class_name="flex flex-wrap gap-x-3 gap-y-1 px-3.5 py-2 border-b border-line bg-inset",
        ),
    )


def _topics() -> rx.Component:
    return rx.el.div(
        table(
            head("Topic"),
            head("Now", is_number=True),
            head("Target", is_number=True),
            head("Generate", is_number=True),
            rows=rx.foreach(_PLAN.rows, _topic),
            label="Plan by topic",
        ),
        class_name="max-h-[390px] overflow-auto",
    )


def _topic(row: PlanRow) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.label(
                rx.cond(
                    GenerateState.sources != "",
                    rx.fragment(),
                    rx.el.input(
                        type="checkbox",
                        checked=row.is_on,
                        on_change=GenerateState.toggle_topic(row.key),
                        class_name="w-4 h-4 shrink-0 accent-[var(--accent)] cursor-pointer",
                    ),
                ),
                rx.el.span(
                    rx.el.span(row.name, title=row.key, class_name="block truncate"),
                    rx.cond(
                        row.note != "",
                        rx.el.span(
                            row.note,
                            title=row.note,
                            class_name="block truncate text-label text-warn",
                        ),
                    ),
                    class_name="min-w-0",
                ),
                class_name="flex items-center gap-2.5 min-w-0 cursor-pointer max-wide:min-h-11",
            ),
            class_name="max-w-0 w-full",
        ),
        cell(
            row.now,
            rx.cond(
                row.waiting != "",
                rx.el.span(
                    f" {row.waiting}",
                    title="Generated, waiting for review",
                    class_name="text-gen",
                ),
            ),
            is_number=True,
            class_name="text-ink-2 whitespace-nowrap",
        ),
        cell(row.target, is_number=True, class_name="text-ink-2"),
        cell(
            rx.el.span(
                row.to_generate, class_name=rx.cond(row.is_filled, "font-medium", "text-ink-3")
            ),
            is_number=True,
        ),
        class_name=rx.cond(row.is_on, ROW, f"{ROW} [&>td]:!text-ink-3"),
    )


def _notes() -> rx.Component:
    return rx.cond(
        has_items(_PLAN.notes),
        rx.el.ul(
            rx.foreach(_PLAN.notes, lambda words: rx.el.li(words)),
            aria_label="Limits of the plan",
            class_name="m-0 grid gap-1 list-none px-3.5 py-2.5 border-t border-line text-small"
            " text-ink-2",
        ),
    )


def _figures() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("Cost", class_name="text-small text-ink-3"),
            rx.el.span(
                _PLAN.cost,
                class_name=rx.cond(
                    _PLAN.is_cost_known, FIGURE, "text-title font-semibold text-ink-2"
                ),
            ),
            rx.el.span(_PLAN.prices, class_name=WITNESS),
            class_name="flex items-baseline gap-2.5 flex-wrap",
        ),
        rx.cond(
            _PLAN.limit != "",
            rx.el.p(
                f"Room for {_PLAN.limit} more generated records by the largest share.",
                class_name=f"{WITNESS} tabular-nums",
            ),
        ),
        rx.el.p(_PLAN.formula, class_name=f"{WITNESS} tabular-nums [overflow-wrap:anywhere]"),
        class_name="grid gap-2 px-3.5 py-3 border-t border-line",
    )


def last_run() -> rx.Component:
    """What the last run came to: what was made, what failed and how to mend it."""
    return rx.cond(
        (_RUN.status != "") & ~GenerateState.is_running,
        card(
            rx.match(
                _RUN.status,
                ("done", notice(_RUN.title, _RUN.words, tone="ok")),
                ("failed", notice(_RUN.title, _RUN.words, tone="bad")),
                notice(_RUN.title, _RUN.words, tone="warn"),
            ),
            rx.cond(_RUN.note != "", rx.el.p(_RUN.note, class_name="text-small text-ink-2")),
            rx.cond(
                has_items(_RUN.failures),
                rx.el.ul(
                    rx.foreach(_RUN.failures, _failure),
                    aria_label="Failures by kind",
                    class_name="m-0 p-0 list-none grid gap-2",
                ),
            ),
            title="Last run",
            witness=_RUN.when,
            action=rx.cond(
                GenerateState.num_waiting > 0,
                button(
                    f"Review {GenerateState.num_waiting}",
                    size="sm",
                    on_click=ModalState.open_dialog(REVIEW),
                ),
            ),
            body_class="p-3.5 grid gap-3",
        ),
    )


def _failure(row: FailureRow) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            rx.el.b(row.name, class_name="font-semibold"),
            rx.el.span(f" · {row.calls}", class_name="text-ink-3 tabular-nums"),
        ),
        rx.el.p(row.message, class_name="text-small text-ink-2 [overflow-wrap:anywhere]"),
    )
