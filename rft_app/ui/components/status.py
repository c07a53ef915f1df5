"""The nine statuses: a shape, a word and a colour, in this order of importance."""

import reflex as rx

from rft_app.domain.pipeline import StepStatus
from rft_app.ui.components.badge import badge
from rft_app.ui.components.icon import icon, spinner

COLORS = {
    StepStatus.WAITING: "text-ink-off",
    StepStatus.READY: "text-ok",
    StepStatus.PROCESSING: "text-info",
    StepStatus.ACTIVE: "text-info",
    StepStatus.COMPLETE: "text-ok",
    StepStatus.CONFIGURED: "text-ok",
    StepStatus.PASSED: "text-ok",
    StepStatus.ATTENTION: "text-warn",
    StepStatus.FAILED: "text-bad",
}
TONES = {
    StepStatus.WAITING: "neutral",
    StepStatus.READY: "accent",
    StepStatus.PROCESSING: "info",
    StepStatus.ACTIVE: "info",
    StepStatus.COMPLETE: "ok",
    StepStatus.CONFIGURED: "ok",
    StepStatus.PASSED: "ok",
    StepStatus.ATTENTION: "warn",
    StepStatus.FAILED: "bad",
}
_ICONS = {
    StepStatus.WAITING: "circle-dashed",
    StepStatus.READY: "circle-dot",
    StepStatus.ACTIVE: "circle-play",
    StepStatus.COMPLETE: "circle-check",
    StepStatus.CONFIGURED: "circle-check",
    StepStatus.PASSED: "circle-check",
    StepStatus.ATTENTION: "triangle-alert",
    StepStatus.FAILED: "octagon-x",
}


def _glyph(status: StepStatus, size: int) -> rx.Component:
    if status is StepStatus.PROCESSING:
        return spinner(size, COLORS[status])
    return icon(_ICONS[status], size, COLORS[status])


def status_glyph(status: rx.Var[str] | str, size: int = 15) -> rx.Component:
    """The shape alone; a word must stand beside it."""
    if isinstance(status, StepStatus):
        return _glyph(status, size)
    return rx.fragment(
        rx.match(
            status,
            *((one.value, _glyph(one, size)) for one in StepStatus),
            _glyph(StepStatus.WAITING, size),
        )
    )


def status_badge(status: rx.Var[str] | str, label: rx.Var[str] | str) -> rx.Component:
    """Shape and word on a soft ground."""
    tone = rx.Var.create({one.value: tone for one, tone in TONES.items()})[status].to(str)
    return badge(status_glyph(status, 12), label, tone=tone)
