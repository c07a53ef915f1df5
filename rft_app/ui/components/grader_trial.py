"""Some records graded with the text as it is: outputs, grades, their spread, time and cost."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, options, select, text_input
from rft_app.ui.components.graded_rollout import CORNER, cornered_rollout
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.content import has_items
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import JUDGE, RUBRIC
from rft_app.ui.state.grader_trial import GraderTrialState
from rft_app.ui.state.rollout_view import RolloutView
from rft_app.ui.theme import LABEL

_LINE = "px-3 py-2 m-0 text-small text-ink-3 tabular-nums border-b border-line"
_GRID = "grid gap-2 p-3"


def grader_trial() -> rx.Component:
    """The card; nothing of it is stored."""
    is_of_draft = GraderTrialState.tried_mark == GraderState.draft_mark
    return card(
        _choice(),
        rx.cond(
            GraderTrialState.fault != "",
            rx.el.div(
                notice("The trial did not run.", GraderTrialState.fault, tone="bad"),
                class_name="m-3",
            ),
        ),
        rx.cond(
            GraderTrialState.is_trying & ~has_items(GraderTrialState.tried),
            rx.el.div(
                *(skeleton("h-[84px] w-full") for _ in range(3)),
                class_name=_GRID,
            ),
            rx.cond(has_items(GraderTrialState.tried), _tried(), _not_tried()),
        ),
        title="Try it",
        witness=rx.cond(
            is_of_draft,
            GraderTrialState.words,
            rx.cond(GraderTrialState.words != "", "before your last edit", ""),
        ),
        action=button(
            rx.cond(GraderTrialState.is_trying, "Grading…", GraderTrialState.ask_words),
            key_hint("Ctrl ↵"),
            size="sm",
            icon="play",
            on_click=GraderTrialState.try_it,
            disabled=GraderTrialState.is_trying
            | (GraderState.fault_message != "")
            | (GraderTrialState.choice_fault != ""),
        ),
        body_class="",
    )


def _choice() -> rx.Component:
    """Which records: so many by lot, and those that are named."""
    return rx.el.div(
        field(
            "Drawn",
            text_input(
                id="trial-drawn",
                value=GraderTrialState.num_drawn,
                on_change=GraderTrialState.set_num_drawn,
                input_mode="numeric",
                title="How many records are drawn by lot",
            ),
            html_for="trial-drawn",
        ),
        field(
            "Seed",
            text_input(
                id="trial-seed",
                value=GraderTrialState.seed,
                on_change=GraderTrialState.set_seed,
                input_mode="numeric",
                title="The same records are drawn for the same seed",
            ),
            html_for="trial-seed",
        ),
        field(
            "These records",
            text_input(
                id="trial-records",
                value=GraderTrialState.records,
                on_change=GraderTrialState.set_records,
                placeholder="none, e.g. rec_12, rec_40",
                title="Ids between commas; they come first",
                auto_complete="off",
                spell_check=False,
            ),
            html_for="trial-records",
        ),
        rx.cond(
            has_items(GraderTrialState.sources),
            rx.el.div(
                field(
                    "Answers",
                    select(
                        rx.el.option("recorded", value=""),
                        options(GraderTrialState.sources),
                        id="trial-answers",
                        value=GraderTrialState.answers_of,
                        on_change=GraderTrialState.set_answers_of,
                        title="Recorded answers, or those that a model gave in a dry run",
                    ),
                    html_for="trial-answers",
                ),
                class_name="col-span-3",
            ),
        ),
        rx.cond(
            GraderTrialState.choice_fault != "",
            rx.el.p(
                GraderTrialState.choice_fault,
                role="alert",
                class_name="col-span-3 m-0 text-small text-bad [overflow-wrap:anywhere]",
            ),
        ),
        class_name="grid grid-cols-[64px_64px_minmax(0,1fr)] gap-2.5 px-3 pt-2.5 pb-3 border-b"
        " border-line",
    )


def _tried() -> rx.Component:
    return rx.fragment(
        rx.cond(
            has_items(GraderTrialState.spread),
            rx.el.dl(
                rx.foreach(GraderTrialState.spread, _figure),
                aria_label="Statistics of the trial",
                class_name="flex justify-around flex-wrap gap-x-3 gap-y-1.5 text-center px-3 py-2"
                " m-0 border-b border-line",
            ),
        ),
        rx.cond(
            GraderTrialState.notice != "",
            rx.el.p(GraderTrialState.notice, role="note", class_name=f"{_LINE} !text-warn"),
        ),
        rx.cond(
            GraderTrialState.is_graded,
            rx.fragment(),
            rx.el.p(
                "None of these answers could be graded, so there is no mean.", class_name=_LINE
            ),
        ),
        rx.el.div(
            rx.el.span(GraderTrialState.cost, class_name="grow min-w-0"),
            text_button(
                icon("rotate-ccw", 12),
                "Again on these",
                title="Name these records above and grade them again, no others",
                on_click=GraderTrialState.try_these,
                disabled=GraderTrialState.is_trying | (GraderState.fault_message != ""),
                class_name="inline-flex items-center gap-1.5 shrink-0 max-wide:min-h-9",
            ),
            class_name=f"{_LINE} flex items-center gap-3",
        ),
        rx.el.div(
            rx.foreach(GraderTrialState.tried, _row),
            role="region",
            aria_label="Graded answers",
            class_name=rx.cond(GraderTrialState.is_trying, f"{_GRID} opacity-45", _GRID),
        ),
    )


def _row(rollout: RolloutView) -> rx.Component:
    is_pinned = GraderTrialState.pinned.contains(rollout.record_id)
    pin = text_button(
        rollout.record_id,
        rx.cond(is_pinned, icon("pin-off", 12), icon("pin", 12)),
        aria_pressed=is_pinned,
        title=rx.cond(
            is_pinned, "Take it from the named records", "Try this record again next time"
        ),
        on_click=GraderTrialState.pin(rollout.record_id),
        class_name=CORNER,
    )
    return cornered_rollout(rollout, pin)


def _figure(figure: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(figure.name, class_name=LABEL),
        rx.el.dd(figure.value, class_name="m-0 font-medium tabular-nums whitespace-nowrap"),
    )


def _not_tried() -> rx.Component:
    return rx.cond(
        GraderTrialState.fault == "",
        empty_panel(
            "Not tried yet",
            rx.cond(
                (GraderState.draft.kind == JUDGE) | (GraderState.draft.kind == RUBRIC),
                "Asks the model about the answers of these records, with the form as it is now. The"
                f" calls are {rx.cond(GraderState.is_demo, 'free', 'paid')}; no grade is stored.",
                "Grades the answers of these records with the text as it is now. Nothing is"
                " stored.",
            ),
        ),
    )
