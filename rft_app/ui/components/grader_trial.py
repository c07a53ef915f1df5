"""Five records graded with the text as it is: outputs beside grades, and how these spread."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.content import has_items
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import JUDGE, RUBRIC
from rft_app.ui.theme import LABEL


def grader_trial() -> rx.Component:
    """The card; nothing of it is stored."""
    return card(
        rx.cond(
            GraderState.try_fault != "",
            rx.el.div(
                notice("The trial did not run.", GraderState.try_fault, tone="bad"),
                class_name="m-3",
            ),
        ),
        rx.cond(
            GraderState.is_trying & (GraderState.tried_note == ""),
            rx.el.div(
                *(skeleton("h-[84px] w-full") for _ in range(3)),
                class_name="grid gap-2 p-3",
            ),
            rx.cond(has_items(GraderState.tried), _tried(), _not_tried()),
        ),
        title="Try it",
        witness=GraderState.tried_note,
        action=button(
            rx.cond(GraderState.is_trying, "Grading…", "Grade 5 records"),
            key_hint("Ctrl ↵"),
            size="sm",
            icon="play",
            on_click=GraderState.try_it,
            disabled=GraderState.is_trying | (GraderState.fault_message != ""),
        ),
        body_class="",
    )


def _tried() -> rx.Component:
    return rx.fragment(
        rx.cond(
            has_items(GraderState.spread),
            rx.el.dl(
                rx.foreach(GraderState.spread, _figure),
                aria_label="Statistics of the trial",
                class_name="grid grid-cols-4 text-center py-2 m-0 border-b border-line",
            ),
            rx.el.p(
                "None of these answers could be graded, so there is no mean.",
                class_name="px-3 py-2 text-small text-ink-3 border-b border-line",
            ),
        ),
        rx.cond(
            GraderState.tried_cost != "",
            rx.el.p(
                GraderState.tried_cost,
                class_name="px-3 py-2 text-small text-ink-3 tabular-nums border-b border-line",
            ),
        ),
        rx.el.div(
            rx.foreach(GraderState.tried, graded_rollout),
            tab_index=0,
            role="region",
            aria_label="Graded answers",
            class_name=rx.cond(
                GraderState.is_trying,
                "grid gap-2 p-3 max-h-[380px] overflow-auto max-desk:max-h-none opacity-45",
                "grid gap-2 p-3 max-h-[380px] overflow-auto max-desk:max-h-none",
            ),
        ),
    )


def _figure(figure: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(figure.name, class_name=LABEL),
        rx.el.dd(figure.value, class_name="m-0 font-medium tabular-nums"),
    )


def _not_tried() -> rx.Component:
    return rx.cond(
        GraderState.try_fault == "",
        empty_panel(
            "Not tried yet",
            rx.cond(
                (GraderState.draft.kind == JUDGE) | (GraderState.draft.kind == RUBRIC),
                "Asks the model about the answers of five records, with the form as it is now. The"
                f" calls are {rx.cond(GraderState.is_demo, 'free', 'paid')}; no grade is stored.",
                "Grades the answers of five records with the text as it is now. Nothing is stored.",
            ),
        ),
    )
