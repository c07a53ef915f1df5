"""The dialog of step 6: a form with the state of the data, and what is missing."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import checkbox, field, number_field, text_input
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.notice import notice
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.content import Content
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.training import TrainingState
from rft_app.ui.theme import WITNESS

_EFFORTS = (("low", "Low"), ("medium", "Medium"), ("high", "High"))
_GRID = (
    "grid grid-cols-[minmax(0,1fr)_340px] gap-5 items-start max-desk:grid-cols-1 p-5 max-wide:p-4"
)


def training_modal() -> rx.Component:
    """What a training would use, and where it can be done today."""
    return step_dialog(
        TrainingState,
        rx.el.div(
            rx.el.div(_data_form(), _run_form(), class_name="grid gap-3.5 content-start min-w-0"),
            rx.el.div(
                notice(
                    "This version does not train.",
                    "Export the records in the format of your trainer, cut within each topic. "
                    "Your choices here are kept for the version that trains.",
                    tone="info",
                    action=button(
                        "Export",
                        size="sm",
                        icon="download",
                        on_click=ModalState.leave_to_export(""),
                    ),
                ),
                _readiness(),
                class_name="grid gap-3.5 content-start max-desk:order-first",
            ),
            class_name=_GRID,
        ),
        witness="what a training would use",
        footer=modal_footer(
            "Training comes with a later version.",
            button("Start training", variant="primary", icon="play", disabled=True),
        ),
    )


def _data_form() -> rx.Component:
    return card(
        rx.el.div(
            number_field(
                "Share to train on",
                id="training-share",
                value=TrainingState.train_percent,
                on_commit=TrainingState.set_train_percent,
                unit="%",
                hint="50 to 95 %; a conversation is never torn apart",
            ),
            rx.el.div(
                checkbox(
                    "Cut within each topic",
                    checked=TrainingState.stratify_by_topic,
                    on_change=TrainingState.set_stratify_by_topic,
                ),
                rx.el.p(
                    rx.cond(
                        TrainingState.stratify_by_topic,
                        "Each topic has its share on both sides.",
                        "Over all records at once; a small topic may be on one side only.",
                    ),
                    class_name="text-small text-ink-3",
                ),
                class_name="grid gap-0.5",
            ),
            checkbox(
                "Generated records may be held out",
                checked=TrainingState.test_generated,
                on_change=TrainingState.set_test_generated,
            ),
            class_name="grid gap-4",
        ),
        rx.el.dl(
            _figure("Train on", TrainingState.train),
            _figure("Held out", TrainingState.held_out),
            _figure("Topics", TrainingState.topics),
            class_name="grid grid-cols-3 gap-4 mt-4 pt-4 border-t border-line max-wide:grid-cols-1"
            " max-wide:gap-2",
        ),
        title="Records",
        witness="valid records that repeat no earlier one",
    )


def _run_form() -> rx.Component:
    return card(
        field(
            "Base model",
            text_input(
                id="training-model",
                default_value=TrainingState.base_model,
                key=TrainingState.base_model,
                on_blur=TrainingState.set_base_model,
                placeholder="Qwen/Qwen3-0.6B",
                max_length=200,
                auto_complete="off",
                class_name="max-w-[420px]",
            ),
            html_for="training-model",
            hint="the model to train further, as your trainer names it",
            class_name="mb-4",
        ),
        rx.el.div(
            number_field(
                "Epochs",
                id="training-epochs",
                value=TrainingState.num_epochs,
                on_commit=TrainingState.set_num_epochs,
                hint="how often each record is seen, 1 to 20",
            ),
            rx.el.div(
                rx.el.div("Reasoning effort", class_name="text-small font-medium text-ink-2"),
                segmented(
                    *(
                        segment(
                            words,
                            is_on=TrainingState.effort == value,
                            on_click=TrainingState.set_effort(value),
                        )
                        for value, words in _EFFORTS
                    ),
                    label="Reasoning effort",
                ),
                rx.el.p("for models that reason", class_name="text-small text-ink-3"),
                class_name="grid gap-1.5 content-start justify-items-start",
            ),
            class_name="flex flex-wrap gap-x-10 gap-y-4",
        ),
        title="Run",
    )


def _figure(label: str, value: Content) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name=WITNESS),
        rx.el.dd(value, class_name="m-0 font-semibold tabular-nums"),
    )


def _readiness() -> rx.Component:
    return card(
        rx.el.dl(
            _line(
                "Grader",
                rx.cond(
                    TrainingState.grader != "",
                    rx.el.span(TrainingState.grader),
                    button("Configure", size="sm", on_click=ModalState.open_step("grader")),
                ),
            ),
            _line(
                "Dry run",
                rx.cond(
                    TrainingState.verdict != "",
                    rx.el.span(
                        badge(TrainingState.verdict, tone=TrainingState.verdict_tone),
                        rx.cond(
                            TrainingState.verdict_note != "",
                            rx.el.span(TrainingState.verdict_note, class_name="text-warn"),
                        ),
                        class_name="inline-flex items-center gap-2",
                    ),
                    button("Open", size="sm", on_click=ModalState.open_step("dry_run")),
                ),
            ),
            _line("Trainer", rx.el.span("none in this version", class_name="text-ink-3")),
            class_name="grid gap-2.5",
        ),
        title="Ready to train?",
    )


def _line(label: str, value: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-ink-2"),
        rx.el.dd(value, class_name="m-0 font-medium"),
        class_name="flex items-center justify-between gap-3 min-h-7",
    )
