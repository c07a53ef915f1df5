"""The seven steps in small: the product's signature in every list."""

import reflex as rx

from rft_app.domain.pipeline import StepStatus
from rft_app.ui.components.icon import icon, spinner
from rft_app.ui.state.dataset_card import StepDot

_CIRCLE = (
    "w-5 h-5 rounded-full flex items-center justify-center text-[10px] leading-none font-semibold"
)
_LINK = "absolute top-[9px] h-0.5 rounded-[1px] left-[calc(-50%+13px)] right-[calc(50%+13px)]"
_DONE = f"{_CIRCLE} bg-ok-soft text-ok shadow-[inset_0_0_0_1.5px_var(--ok-line)]"
_BUSY = f"{_CIRCLE} bg-info-soft text-info shadow-[inset_0_0_0_1.5px_var(--info-line)]"
_LOOKS = {
    StepStatus.WAITING: f"{_CIRCLE} text-ink-3 shadow-[inset_0_0_0_1.5px_var(--line-strong)]",
    StepStatus.READY: f"{_CIRCLE} text-accent-text shadow-[inset_0_0_0_1.5px_var(--accent-text)]",
    StepStatus.PROCESSING: _BUSY,
    StepStatus.ACTIVE: _BUSY,
    StepStatus.COMPLETE: _DONE,
    StepStatus.CONFIGURED: _DONE,
    StepStatus.PASSED: _DONE,
    StepStatus.ATTENTION: f"{_CIRCLE} bg-warn-soft text-warn"
    " shadow-[inset_0_0_0_1.5px_var(--warn-line)]",
    StepStatus.FAILED: f"{_CIRCLE} bg-bad-soft text-bad shadow-[inset_0_0_0_1.5px_var(--bad-line)]",
}


def _sign(status: StepStatus, number: rx.Var[int]) -> rx.Component:
    if status in {StepStatus.WAITING, StepStatus.READY}:
        return rx.el.span(number, class_name=_LOOKS[status])
    sign = {
        StepStatus.PROCESSING: spinner(12),
        StepStatus.ACTIVE: icon("play", 10, stroke=2.5),
        StepStatus.ATTENTION: icon("triangle-alert", 11, stroke=2.25),
        StepStatus.FAILED: icon("x", 12, stroke=3),
    }.get(status) or icon("check", 12, stroke=3)
    return rx.el.span(sign, class_name=_LOOKS[status])


def _dot(dot: rx.vars.ObjectVar[StepDot]) -> rx.Component:
    return rx.el.li(
        rx.match(
            dot.link,
            ("plain", rx.el.span(class_name=f"{_LINK} bg-line")),
            ("done", rx.el.span(class_name=f"{_LINK} bg-ok-line")),
            rx.fragment(),
        ),
        rx.match(
            dot.status,
            *((status.value, _sign(status, dot.number)) for status in StepStatus),
            rx.fragment(),
        ),
        rx.el.span(
            dot.name,
            class_name=rx.cond(
                dot.is_current,
                "text-label font-medium text-ink max-wide:sr-only",
                "text-label text-ink-3 max-wide:sr-only",
            ),
        ),
        title=dot.tip,
        aria_label=dot.tip,
        class_name="relative flex flex-col items-center gap-[5px]",
    )


def step_rail(dots: rx.Var[list[StepDot]]) -> rx.Component:
    """The rail; names are hidden on phones."""
    return rx.el.ol(
        rx.foreach(dots, _dot), aria_label="Seven steps", class_name="grid grid-cols-7 w-full"
    )
