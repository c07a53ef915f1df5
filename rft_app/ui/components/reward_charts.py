"""The charts of a dry run: rewards, and their mean by topic."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.dry_run_rollouts import ROLLOUTS
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.progress import meter
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import has_items
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_view import CriterionRow, LengthBar, TopicBar
from rft_app.ui.state.figure import Figure
from rft_app.ui.theme import LABEL

_REPORT = DryRunState.report
_BAR = (
    "grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_34px_44px] gap-2.5 items-center text-small"
    " max-wide:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_34px_32px]"
)
_CONFIG = {"displayModeBar": False, "responsive": True}


def histogram_card() -> rx.Component:
    """All rewards in ten bins, with the mean and the percentiles."""
    return card(
        rx.cond(
            _REPORT.has_rewards,
            rx.fragment(
                rx.cond(DryRunState.is_table, _bins_table(), _histogram()),
                rx.el.dl(
                    rx.foreach(_REPORT.figures, _figure),
                    class_name="grid wide:grid-flow-col wide:auto-cols-fr gap-y-2 border-t"
                    " border-line text-center py-[9px] m-0 max-wide:grid-cols-6",
                ),
            ),
            empty_panel("No reward", "No rollout was graded, so there is nothing to draw."),
        ),
        title="Rewards",
        witness=f"{_REPORT.num_graded}, 10 bins{_REPORT.passes}",
        action=button(
            rx.cond(DryRunState.is_table, "Show as chart", "Show as table"),
            size="sm",
            variant="ghost",
            on_click=DryRunState.toggle_table,
        ),
        body_class="",
    )


def _histogram() -> rx.Component:
    return rx.el.div(
        rx.color_mode_cond(
            light=rx.plotly.basic(
                data=DryRunState.histogram_light, config=_CONFIG, width="100%", height="200px"
            ),
            dark=rx.plotly.basic(
                data=DryRunState.histogram_dark, config=_CONFIG, width="100%", height="200px"
            ),
        ),
        role="img",
        aria_label=DryRunState.histogram_finding,
        class_name="h-[200px] px-1 pt-2 overflow-hidden",
    )


def _bins_table() -> rx.Component:
    return table(
        head("Reward"),
        head("Rollouts", is_number=True),
        rows=rx.foreach(
            DryRunState.bins,
            lambda one: rx.el.tr(cell(one.name), cell(one.value, is_number=True), class_name=ROW),
        ),
        label="Rollouts by reward",
    )


def _figure(figure: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(figure.name, class_name=LABEL),
        rx.el.dd(figure.value, class_name="m-0 font-medium tabular-nums"),
    )


def criteria_card() -> rx.Component:
    """What the grader tells of its parts; nothing where it tells of none."""
    return rx.cond(
        has_items(_REPORT.criteria),
        card(
            table(
                head("Criterion"),
                head("Mean", is_number=True),
                head("Lowest to highest", is_number=True),
                head("Rollouts", is_number=True),
                rows=rx.foreach(_REPORT.criteria, _criterion),
                label="Mean by criterion",
            ),
            title="Criteria",
            witness="each on a scale of its own",
            body_class="overflow-x-auto",
        ),
    )


def _criterion(row: CriterionRow) -> rx.Component:
    return rx.el.tr(
        cell(row.name, class_name="[overflow-wrap:anywhere]"),
        cell(row.mean, is_number=True, class_name="font-medium"),
        cell(row.span, is_number=True, class_name="whitespace-nowrap text-ink-3"),
        cell(row.num_told, is_number=True, class_name="text-ink-3"),
        class_name=ROW,
    )


def topics_card() -> rx.Component:
    """The mean reward of each topic, best first."""
    return card(
        rx.el.div(
            rx.foreach(_REPORT.topics, _topic),
            tab_index=0,
            role="region",
            aria_label="Topics",
            class_name="grid gap-[11px] max-h-[220px] overflow-auto",
        ),
        rx.cond(
            _REPORT.ungraded != "",
            rx.el.p(
                _REPORT.ungraded,
                class_name="text-small text-ink-3 mt-3",
            ),
        ),
        title="Mean reward by topic",
        witness="mean · rollouts",
    )


def lengths_card() -> rx.Component:
    """The mean reward of short and long records, where they differ in length."""
    return rx.cond(
        has_items(_REPORT.lengths),
        card(
            rx.el.div(rx.foreach(_REPORT.lengths, _length), class_name="grid gap-[11px]"),
            title="Mean reward by length of the record",
            witness="mean · rollouts",
        ),
    )


def _length(length: LengthBar) -> rx.Component:
    return rx.el.div(
        rx.el.span(length.name, class_name="truncate text-ink-2"),
        meter(length.percent, label=length.finding),
        rx.el.b(length.mean, class_name="text-right font-medium tabular-nums"),
        rx.el.span(length.num_graded, class_name="text-right tabular-nums text-ink-3"),
        class_name=_BAR,
    )


def _topic(topic: TopicBar) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            topic.name,
            type="button",
            title=f"Show the rollouts of {topic.path}",
            aria_pressed=DryRunState.topic == topic.path,
            on_click=[DryRunState.choose_topic(topic.path), rx.scroll_to(ROLLOUTS)],
            class_name="truncate text-left text-ink-2 cursor-pointer hover:text-accent-text"
            " hover:underline underline-offset-[3px] aria-pressed:text-accent-text",
        ),
        meter(topic.percent, is_low=topic.is_low, label=topic.finding),
        rx.el.b(
            topic.mean,
            class_name=rx.cond(
                topic.is_low,
                "text-right font-medium tabular-nums text-warn",
                "text-right font-medium tabular-nums",
            ),
        ),
        rx.el.span(topic.num_graded, class_name="text-right tabular-nums text-ink-3"),
        class_name=_BAR,
    )
