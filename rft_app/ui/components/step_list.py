"""The seven steps as a list: what phones show instead of the canvas."""

import reflex as rx

from rft_app.domain.pipeline import StepStatus
from rft_app.ui.components.icon import icon
from rft_app.ui.components.status import COLORS, status_glyph
from rft_app.ui.state.canvas_node import CanvasNode
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import ModalState

_CARD = "relative w-full text-left rounded-card border bg-node px-3.5 pt-3 pb-2.5 block"
_NUMBER = "w-6 h-6 rounded-full flex items-center justify-center shrink-0 text-small font-bold"
_NUMBER_LOOKS = {
    "waiting": f"{_NUMBER} bg-press text-ink-3",
    "attention": f"{_NUMBER} bg-warn text-ground",
    "failed": f"{_NUMBER} bg-bad text-ground",
    "processing": f"{_NUMBER} bg-info text-ground",
    "active": f"{_NUMBER} bg-info text-ground",
}


def _number(node: rx.vars.ObjectVar[CanvasNode]) -> rx.Component:
    return rx.el.span(
        node.number,
        class_name=rx.match(
            node.status, *_NUMBER_LOOKS.items(), f"{_NUMBER} bg-accent text-on-accent"
        ),
    )


def _look(node: rx.vars.ObjectVar[CanvasNode]) -> rx.Var[str]:
    return rx.cond(
        node.is_next,
        f"{_CARD} border-accent-text shadow-[0_0_0_1px_var(--accent-text)]",
        rx.cond(
            node.is_open,
            f"{_CARD} border-node-line",
            f"{_CARD} border-line-strong border-dashed bg-surface-1",
        ),
    )


def _step(node: rx.vars.ObjectVar[CanvasNode]) -> rx.Component:
    colors = {status: COLORS[status] for status in COLORS if status is not StepStatus.WAITING}
    color = rx.match(node.status, *((s.value, ink) for s, ink in colors.items()), "text-ink-3")
    return rx.el.li(
        rx.el.button(
            rx.el.div(
                _number(node),
                rx.el.div(
                    rx.el.div(node.title, class_name="font-semibold"),
                    rx.el.div(
                        node.category,
                        class_name="text-[10px] leading-[14px] tracking-[.07em] text-ink-3",
                    ),
                ),
                rx.cond(
                    node.is_next,
                    rx.el.span(
                        "Next",
                        class_name="ml-auto self-start px-2 rounded-badge bg-accent text-on-accent"
                        " text-label font-bold",
                    ),
                ),
                class_name="flex items-center gap-2.5",
            ),
            rx.el.div(
                rx.el.span(
                    node.lead,
                    rx.cond(
                        node.alert != "",
                        rx.el.b(
                            icon("triangle-alert", 12, "inline align-[-1.5px]"),
                            f" {node.alert}",
                            class_name="font-medium text-warn whitespace-nowrap",
                        ),
                    ),
                    class_name="truncate text-ink-2",
                ),
                rx.el.span(
                    rx.el.span(node.status_label, class_name=color),
                    status_glyph(node.status, 14),
                    class_name="ml-auto flex items-center gap-1.5 shrink-0 text-label font-medium",
                ),
                class_name="mt-2.5 flex items-center gap-3 text-small",
            ),
            type="button",
            disabled=~node.is_open.to(bool),
            on_click=ModalState.open_step(node.id),
            class_name=_look(node),
        ),
        key=node.id,
        class_name="relative before:absolute before:left-1/2 before:-top-3 before:h-3 before:w-0.5"
        " before:bg-line-strong first:before:hidden",
    )


def step_list() -> rx.Component:
    """All seven, in order."""
    return rx.el.ol(
        rx.foreach(DatasetState.nodes, _step),
        aria_label="The seven steps",
        class_name="wide:hidden grid grid-cols-[minmax(0,1fr)] gap-3 p-4",
    )
