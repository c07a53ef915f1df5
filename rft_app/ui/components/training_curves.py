"""The curves of a training: rewards large, everything else as small lines, and what they say."""

import plotly.graph_objects as go
import reflex as rx

from rft_app.ui.charts.training_curves import HEIGHT, WIDTH
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.icon import icon
from rft_app.ui.content import has_items
from rft_app.ui.state.training_run import TrainingRunState
from rft_app.ui.state.training_run_view import RemarkView, SmallCurve
from rft_app.ui.theme import LABEL

_CONFIG = {"displayModeBar": False, "responsive": True}


def curves_card() -> rx.Component:
    """Rewards by training step, and the small lines below."""
    return card(
        rx.cond(
            TrainingRunState.has_curve,
            _rewards(),
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
            class_name="grid grid-cols-4 gap-px bg-line border-t border-line m-0"
            " max-desk:grid-cols-2",
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


def _small(curve: SmallCurve) -> rx.Component:
    return rx.el.div(
        rx.el.dt(curve.name, class_name=LABEL),
        rx.el.dd(
            rx.el.div(curve.value, class_name="font-medium tabular-nums"),
            rx.el.svg(
                rx.el.path(
                    d=curve.path,
                    fill="none",
                    stroke="currentColor",
                    stroke_width="1.25",
                    vector_effect="non-scaling-stroke",
                ),
                view_box=f"0 0 {WIDTH} {HEIGHT}",
                preserve_aspect_ratio="none",
                custom_attrs={"aria-hidden": "true"},
                class_name="w-full h-9 mt-1 text-c1",
            ),
            rx.el.p(curve.note, class_name="text-label text-ink-3 mt-1"),
            class_name="m-0",
        ),
        class_name="bg-surface-1 px-3.5 py-3 min-w-0",
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
