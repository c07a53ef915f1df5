"""What a deployment did: both models beside each other, the evidence, the history."""

import reflex as rx

from rft_app.ui.components.card import card
from rft_app.ui.components.notice import notice
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content
from rft_app.ui.state.deployment import DeploymentState
from rft_app.ui.state.deployment_view import Cell, FigureRow, HistoryLine
from rft_app.ui.theme import TABLE_CELL, WITNESS


def figures_card() -> rx.Component:
    """The figures of the base and of the tuned model."""
    view = DeploymentState.view
    return rx.fragment(
        rx.cond(
            view.evidence != "",
            rx.fragment(
                rx.match(
                    view.tone,
                    ("ok", notice(view.evidence, view.difference, tone="ok")),
                    ("warn", notice(view.evidence, view.difference, tone="warn")),
                    notice(view.evidence, view.difference, tone="info"),
                ),
            ),
        ),
        card(
            table(
                head("Figure"),
                head(_model("Base", view.base), is_number=True),
                head(_model("Tuned", view.tuned), is_number=True),
                rows=rx.foreach(view.rows, _row),
                label="Figures of both models",
            ),
            rx.cond(
                view.notes,
                rx.el.ul(
                    rx.foreach(view.notes, lambda told: rx.el.li(told)),
                    class_name=f"{WITNESS} grid gap-1 px-3.5 py-3 m-0 list-none border-t"
                    " border-line",
                ),
            ),
            title=rx.cond(view.is_active, "Figures", "Figures of the last deployment"),
            witness=view.alias,
            body_class="overflow-x-auto",
        ),
    )


def _model(name: str, model: Content) -> rx.Component:
    return rx.el.span(
        rx.el.span(name, class_name="block pt-1.5"),
        rx.el.span(
            model, class_name="block pb-1.5 font-normal text-ink-3 whitespace-normal break-all"
        ),
    )


def _row(row: FigureRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            row.name,
            scope="row",
            class_name=f"{TABLE_CELL} text-left font-normal text-ink-2 pl-3.5",
        ),
        _cell(row.base),
        _cell(row.tuned),
        class_name=f"{ROW} [&:last-child>th]:border-b-0",
    )


def _cell(figure: Cell) -> rx.Component:
    return cell(
        rx.el.span(figure.value, class_name="font-medium"),
        rx.cond(
            figure.note != "",
            rx.el.span(figure.note, class_name=f"{WITNESS} block"),
        ),
        is_number=True,
        class_name="py-1.5",
    )


def history_card() -> rx.Component:
    """Who did what, when and why."""
    return card(
        rx.el.ol(
            rx.foreach(DeploymentState.view.history, _line),
            class_name="grid gap-2.5 m-0 p-0 list-none",
        ),
        title="History",
        witness="newest first",
    )


def _line(line: HistoryLine) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(line.told, class_name="font-medium min-w-0"),
            rx.el.span(line.when, class_name=f"{WITNESS} ml-auto shrink-0"),
            class_name="flex gap-3",
        ),
        rx.cond(line.reason != "", rx.el.div(line.reason, class_name="text-ink-2")),
    )
