"""The curves of a training: rewards large, everything else as small lines, and what they say."""

import plotly.graph_objects as go
import reflex as rx

from rft_app.ui.charts.training_curves import HEIGHT, WIDTH
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.icon import icon
from rft_app.ui.content import has_items
from rft_app.ui.state.training_curves_view import REWARDS_SAID, RemarkView, SmallCurve
from rft_app.ui.state.training_run import TrainingRunState
from rft_app.ui.theme import LABEL

NINE = 9
"""Small lines where a grader abstained; three in a row then."""
_SMALLS = (
    "grid gap-px bg-line border-t border-line m-0 max-desk:grid-cols-2"
    " max-desk:[&>:last-child:nth-child(odd)]:col-span-2"
)
_ALERT = rx.el.span("Alert, threshold crossed: ", class_name="sr-only")
_CONFIG = {"displayModeBar": False, "responsive": True}


def curves_card() -> rx.Component:
    """Rewards by training step, and the small lines below."""
    return card(
        rx.cond(
            TrainingRunState.has_curve,
            rx.fragment(_rewards(), _said_of_rewards()),
            empty_panel(
                "No reward yet",
                rx.cond(
                    TrainingRunState.run.is_service,
                    "The service tells rewards with its first training step.",
                    "The base model answers held-out records first; then the first step reports.",
                ),
            ),
        ),
        rx.el.dl(
            rx.foreach(TrainingRunState.smalls, _small),
            class_name=rx.cond(
                rx.Var.create(TrainingRunState.smalls).to(list).length() == NINE,
                f"grid-cols-3 {_SMALLS}",
                f"grid-cols-4 {_SMALLS}",
            ),
        ),
        title="Reward",
        witness=TrainingRunState.curve_witness,
        body_class="",
    )


def _rewards() -> rx.Component:
    def chart(figure: go.Figure) -> rx.Component:
        return rx.plotly.basic(data=figure, config=_CONFIG, width="100%", height="300px")

    return rx.el.div(
        rx.el.div(
            rx.el.span(
                rx.el.i(class_name="inline-block w-3.5 h-0.5 bg-c1 align-middle mr-1.5"),
                "training",
            ),
            rx.el.span(
                rx.el.i(class_name="inline-block w-2 h-2 border border-info align-middle mr-1.5"),
                "held-out",
            ),
            class_name="flex gap-4 justify-end px-4 pt-2 text-small text-ink-3",
        ),
        rx.color_mode_cond(
            light=chart(TrainingRunState.curve_light), dark=chart(TrainingRunState.curve_dark)
        ),
        role="img",
        aria_label=TrainingRunState.curve_words,
    )


def _said_of_rewards() -> rx.Component:
    """What the chart shows and from where it warns, with a sign where it does."""
    return rx.cond(
        TrainingRunState.curve_alert != "",
        rx.el.p(
            icon("triangle-alert", 14, "text-warn mt-0.5 shrink-0"),
            rx.el.span(_ALERT, REWARDS_SAID, class_name="text-ink-2"),
            class_name="flex gap-2 px-4 pb-3 text-small",
            title=TrainingRunState.curve_alert,
        ),
        rx.el.p(REWARDS_SAID, class_name="px-4 pb-3 text-small text-ink-3"),
    )


def _small(curve: SmallCurve) -> rx.Component:
    return rx.el.div(
        rx.el.dt(
            curve.name,
            rx.cond(curve.alert != "", icon("triangle-alert", 13, "text-warn shrink-0")),
            class_name=f"flex items-center justify-between gap-2 {LABEL}",
        ),
        rx.el.dd(
            rx.el.div(
                curve.value,
                class_name=rx.cond(
                    curve.alert != "",
                    "font-medium tabular-nums text-warn",
                    "font-medium tabular-nums",
                ),
            ),
            rx.el.svg(
                _line(curve.level, class_name="text-warn", dashes="3 3"),
                _line(curve.path),
                view_box=f"0 0 {WIDTH} {HEIGHT}",
                preserve_aspect_ratio="none",
                custom_attrs={"aria-hidden": "true"},
                class_name="w-full h-9 mt-1 text-c1",
            ),
            rx.el.p(
                rx.cond(curve.alert != "", _ALERT),
                curve.note,
                class_name=rx.cond(
                    curve.alert != "", "text-label text-ink-2 mt-1", "text-label text-ink-3 mt-1"
                ),
            ),
            class_name="m-0",
        ),
        class_name="bg-surface-1 px-3.5 py-3 min-w-0",
        title=curve.alert,
    )


def _line(path: str, class_name: str = "", dashes: str = "none") -> rx.Component:
    return rx.el.path(
        d=path,
        fill="none",
        stroke="currentColor",
        stroke_width="1.25",
        stroke_dasharray=dashes,
        vector_effect="non-scaling-stroke",
        class_name=class_name,
    )


def remarks_card() -> rx.Component:
    """What the curves say, alerts first."""
    return card(
        rx.cond(
            has_items(TrainingRunState.remarks),
            rx.el.ul(
                rx.foreach(TrainingRunState.remarks, _remark),
                class_name="grid gap-3 list-none p-0 m-0",
            ),
            rx.el.p(
                "Nothing to remark yet. Alerts look at several steps; held-out records have to be "
                "answered twice.",
                class_name="text-ink-3",
            ),
        ),
        title="What the curves say",
    )


def _remark(remark: RemarkView) -> rx.Component:
    return rx.el.li(
        rx.match(
            remark.icon,
            ("trending-up", icon("trending-up", 15, "text-ok mt-0.5 shrink-0")),
            ("triangle-alert", icon("triangle-alert", 15, "text-warn mt-0.5 shrink-0")),
            icon("minus", 15, "text-ink-3 mt-0.5 shrink-0"),
        ),
        rx.el.span(remark.text, class_name="text-ink-2"),
        class_name="flex gap-2.5",
    )
