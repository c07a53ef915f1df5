"""The training that runs, in the dialog of step 6, and the runs before it."""

import plotly.graph_objects as go
import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, button_link, link
from rft_app.ui.components.card import card
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.state.training import RunLine, TrainingState
from rft_app.ui.state.training_now import HEIGHT
from rft_app.ui.theme import LINK

_NOW = TrainingState.now


def now_card() -> rx.Component:
    """Rewards so far, what warns, the best checkpoint; the dialog's notice says how far it is."""
    return card(
        rx.cond(
            _NOW.has_curve,
            rx.el.div(
                rx.color_mode_cond(
                    light=_chart(TrainingState.now_light), dark=_chart(TrainingState.now_dark)
                ),
                role="img",
                aria_label=_NOW.curve_words,
            ),
        ),
        rx.cond(
            _NOW.alert != "",
            _said("triangle-alert", "text-warn", _NOW.alert),
            rx.cond(_NOW.remark != "", _said("trending-up", "text-ink-3", _NOW.remark)),
        ),
        rx.el.p(
            "Best checkpoint: ",
            rx.el.span(_NOW.best, class_name="text-ink"),
            class_name="mt-2 text-small text-ink-3 tabular-nums",
        ),
        title=_NOW.name,
        witness="line = training, dotted = held-out",
        action=button_link("Open", href=_NOW.href, size="sm", icon="arrow-right"),
    )


def _chart(figure: go.Figure) -> rx.Component:
    config = {"displayModeBar": False, "responsive": True}
    return rx.plotly.basic(data=figure, config=config, width="100%", height=f"{HEIGHT}px")


def _said(icon_name: str, tone: str, words: Content) -> rx.Component:
    return rx.el.p(
        icon(icon_name, 14, f"{tone} mt-0.5 shrink-0"),
        rx.el.span(words, class_name="text-ink-2"),
        class_name="flex gap-2 mt-2 text-small",
    )


def runs_card() -> rx.Component:
    """All runs, newest first; the last few until more are asked for."""
    return card(
        rx.el.ul(
            rx.foreach(TrainingState.runs, _run),
            class_name="grid gap-2 list-none p-0 m-0",
        ),
        rx.cond(
            TrainingState.has_more_runs,
            button(
                "Earlier runs",
                size="sm",
                icon="chevron-down",
                on_click=TrainingState.show_more_runs,
                class_name="mt-3",
            ),
        ),
        title="Runs",
        witness="newest first",
    )


def _run(run: RunLine) -> rx.Component:
    return rx.el.li(
        link(run.name, href=run.href, class_name=LINK),
        badge(run.status, tone=run.tone),
        rx.el.span(run.words, class_name="ml-auto text-small text-ink-3 tabular-nums truncate"),
        class_name="flex items-center gap-2.5 min-w-0",
    )
