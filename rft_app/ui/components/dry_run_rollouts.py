"""The rollouts of a dry run, or of one of its topics: best, worst, by lot, uneven, not graded."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.filter_menu import filter_menu
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.dry_run import RANDOM, DryRunState
from rft_app.ui.theme import SECTION_TITLE

ROLLOUTS = "dry-run-rollouts"
"""Where a choice made elsewhere in the report shows what it chose."""
_REPORT = DryRunState.report


def dry_run_rollouts() -> rx.Component:
    """One page of them."""
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Rollouts", class_name=f"{SECTION_TITLE} grow"),
            _topics(),
            segmented(
                _order("Best", "best"),
                _order("Worst", "worst"),
                _order("Random", RANDOM),
                _order("Most uneven", "split", _whole(_REPORT.num_learnable)),
                _order("Failed", "failed", DryRunState.num_failed),
                rx.cond(
                    _REPORT.num_abstained > 0,
                    _order("Abstained", "abstained", DryRunState.num_abstained),
                ),
                rx.cond(
                    _REPORT.num_not_sampled > 0,
                    _order("Not given", "not_sampled", _whole(_REPORT.num_not_sampled)),
                ),
                label="Which rollouts",
            ),
            class_name="flex items-center gap-2 flex-wrap",
        ),
        _note(),
        rx.cond(DryRunState.rollouts_fault != "", notice(DryRunState.rollouts_fault, tone="bad")),
        rx.cond(
            has_items(DryRunState.rollouts),
            rx.el.div(
                rx.foreach(
                    DryRunState.rollouts,
                    lambda rollout: graded_rollout(rollout, opens_from="dry_run"),
                ),
                class_name="grid gap-2 desk:grid-cols-2 desk:gap-x-5",
            ),
            empty_panel(
                "None here",
                rx.match(
                    DryRunState.order,
                    ("failed", "The grader failed on none."),
                    ("abstained", "The grader abstained on none."),
                    ("not_sampled", "The model gave every answer."),
                    ("split", "No record has rollouts with different rewards."),
                    "No rollout has a reward.",
                ),
            ),
        ),
        rx.cond(
            DryRunState.has_next | DryRunState.has_previous,
            rx.el.div(
                icon_button(
                    "chevron-left",
                    "Previous rollouts",
                    size="sm",
                    variant="default",
                    on_click=DryRunState.previous_page,
                    disabled=~DryRunState.has_previous,
                ),
                icon_button(
                    "chevron-right",
                    "Next rollouts",
                    size="sm",
                    variant="default",
                    on_click=DryRunState.next_page,
                    disabled=~DryRunState.has_next,
                ),
                class_name="flex justify-end gap-1",
            ),
        ),
        id=ROLLOUTS,
        class_name="grid gap-2 min-w-0 scroll-mt-3",
    )


def _whole(number: Content) -> rx.Component:
    """A number that is known for the whole run only."""
    return rx.cond(DryRunState.topic == "", rx.fragment(number))


def _topics() -> rx.Component:
    return filter_menu(
        "Topic",
        DryRunState.topic,
        DryRunState.choose_topic,
        rx.el.option("any", value=""),
        rx.foreach(_REPORT.topics, lambda topic: rx.el.option(topic.label, value=topic.path)),
        class_name="!min-h-8 !px-[9px] text-small max-wide:!min-h-10",
    )


def _order(words: str, name: str, number: Content = None) -> rx.Component:
    return segment(
        words,
        is_on=DryRunState.order == name,
        count=number,
        on_click=DryRunState.choose_order(name),
    )


def _note() -> rx.Component:
    """What a list is made of, where its name does not say all."""
    return rx.fragment(
        rx.cond(
            (DryRunState.order == RANDOM) & has_items(DryRunState.rollouts),
            rx.el.div(
                rx.el.span(
                    f"Picked by lot, draw {DryRunState.draw}; ungraded ones are among them.",
                    class_name="text-small text-ink-3",
                ),
                button("Another 10", size="sm", icon="shuffle", on_click=DryRunState.draw_again),
                class_name="flex items-center justify-between gap-3",
            ),
        ),
        rx.cond(
            (DryRunState.order == "split") & has_items(DryRunState.rollouts),
            rx.el.p(
                "All rollouts of a record together; records by the gap between their highest and"
                " lowest reward, the widest first.",
                class_name="text-small text-ink-3",
            ),
        ),
        rx.cond(
            DryRunState.failure_kind != "",
            rx.el.p(
                "One kind of failure only. ",
                text_button("Show all", on_click=DryRunState.choose_failure("")),
                class_name="text-small text-ink-3",
            ),
        ),
    )
