"""Progress bars and meters; both fill from zero."""

import reflex as rx

_FILLS = {"info": "bg-info", "ok": "bg-ok", "warn": "bg-warn", "bad": "bg-bad"}


def progress_bar(
    percent: rx.Var[int] | int,
    label: str | rx.Var[str],
    *,
    tone: str = "info",
    class_name: str = "",
) -> rx.Component:
    """How far something is, 0 to 100; below 0 means the amount is unknown and the bar pulses."""
    value = rx.Var.create(percent).to(int)
    known = value >= 0
    return rx.el.div(
        rx.el.div(
            class_name=rx.cond(
                known,
                f"h-full rounded-[2px] transition-[width] duration-slow ease-ours {_FILLS[tone]}",
                f"h-full rounded-[2px] animate-pulse {_FILLS[tone]}",
            ),
            style={"width": rx.cond(known, f"{value}%", "100%")},
        ),
        role="progressbar",
        aria_label=label,
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=rx.cond(known, value, rx.Var("undefined")),
        class_name=f"h-1 rounded-[2px] bg-press overflow-hidden {class_name}",
    )


def meter(
    percent: rx.Var[float] | float,
    target: rx.Var[float] | float | None = None,
    *,
    is_low: rx.Var[bool] | bool = False,
    label: str | rx.Var[str] = "",
) -> rx.Component:
    """A share as a bar of `percent` of its track, with a line at `target` percent."""
    mark = (
        rx.fragment()
        if target is None
        else rx.el.div(
            class_name="absolute -top-[3px] -bottom-[3px] w-0.5 bg-ink-2 rounded-[1px]",
            style={"left": f"{target}%"},
        )
    )
    return rx.el.div(
        rx.el.div(
            class_name=rx.cond(
                is_low,
                "absolute inset-y-0 left-0 rounded-[2px] bg-c3",
                "absolute inset-y-0 left-0 rounded-[2px] bg-c1",
            ),
            style={"width": f"{percent}%"},
        ),
        mark,
        role="img",
        aria_label=label,
        class_name="relative h-2 rounded-[2px] bg-press",
    )
