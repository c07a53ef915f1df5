"""The rollouts of a dry run: the best, the worst, some by lot, the split and the failed ones."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.dry_run import RANDOM, DryRunState
from rft_app.ui.theme import SECTION_TITLE

_REPORT = DryRunState.report


def dry_run_rollouts() -> rx.Component:
    """One page of them."""
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Rollouts", class_name=SECTION_TITLE),
            segmented(
                _order("Best", "best"),
                _order("Worst", "worst"),
                _order("Random", RANDOM),
                _order("Split", "split", _REPORT.num_learnable),
                _order("Failed", "failed", _REPORT.num_failed),
                label="Which rollouts",
            ),
            class_name="flex items-center justify-between gap-2 flex-wrap",
        ),
        _note(),
        rx.cond(DryRunState.rollouts_fault != "", notice(DryRunState.rollouts_fault, tone="bad")),
        rx.cond(
            has_items(DryRunState.rollouts),
            rx.el.div(
                rx.foreach(DryRunState.rollouts, graded_rollout),
                class_name="grid gap-2 desk:grid-cols-2 desk:gap-x-5",
            ),
            empty_panel(
                "None here",
                rx.match(
                    DryRunState.order,
                    ("failed", "Every rollout was graded."),
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
        class_name="grid gap-2 min-w-0",
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
                    f"Picked by lot, draw {DryRunState.draw}; failed ones are among them.",
                    class_name="text-small text-ink-3",
                ),
                button("Another 10", size="sm", icon="shuffle", on_click=DryRunState.draw_again),
                class_name="flex items-center justify-between gap-3",
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
