"""The dialog of step 6: its form, what it will take, what speaks against it, earlier runs."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import (
    checkbox,
    field,
    number_field,
    options,
    select,
    text_area,
    text_input,
)
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.notice import notice
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.components.training_now import now_card, runs_card
from rft_app.ui.components.training_place import where_form
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.training import CheckView, TrainingState
from rft_app.ui.state.training_parameters import Parameter
from rft_app.ui.theme import WITNESS

_EFFORTS = (("low", "Low"), ("medium", "Medium"), ("high", "High"))
_PRESETS = (("quick", "Quick"), ("standard", "Standard"), ("thorough", "Thorough"))
_GRID = (
    "grid grid-cols-[minmax(0,1fr)_380px] gap-5 items-start max-desk:grid-cols-1 p-5 max-wide:p-4"
)


def training_modal() -> rx.Component:
    """The form of a training and its start."""
    return step_dialog(
        TrainingState,
        rx.el.div(
            rx.el.div(
                where_form(),
                _data_form(),
                _run_form(),
                _advanced(),
                class_name="grid gap-3.5 content-start min-w-0",
            ),
            rx.el.div(
                rx.cond(TrainingState.now.href != "", now_card()),
                rx.cond(has_items(TrainingState.runs), runs_card()),
                _readiness(),
                rx.cond(TrainingState.needs_reason, _against()),
                class_name="grid gap-3.5 content-start max-desk:order-first",
            ),
            class_name=_GRID,
        ),
        witness=rx.cond(
            TrainingState.is_service,
            "reinforcement fine-tuning, at a provider",
            "GRPO with LoRA, rewarded by the grader",
        ),
        footer=modal_footer(
            TrainingState.takes,
            button(
                "Start training",
                variant="primary",
                icon="play",
                disabled=~TrainingState.can_start
                | TrainingState.is_starting
                | TrainingState.is_running
                | (TrainingState.needs_reason & (TrainingState.reason == "")),
                title=rx.cond(
                    TrainingState.is_running,
                    "A training of this dataset runs",
                    rx.cond(
                        TrainingState.can_start,
                        rx.cond(
                            TrainingState.needs_reason & (TrainingState.reason == ""),
                            "Give a reason against NO GO first",
                            "Freezes the records and starts",
                        ),
                        "Something keeps it from starting: see the checks",
                    ),
                ),
                on_click=TrainingState.start,
            ),
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
                hint="50 to 95%; a conversation is never torn apart",
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
                key=TrainingState.trainer + TrainingState.base_model,
                on_blur=TrainingState.set_base_model,
                placeholder=rx.cond(
                    TrainingState.is_service, "as the provider names it", "smollm2-135m"
                ),
                max_length=200,
                auto_complete="off",
                class_name="max-w-[420px]",
            ),
            html_for="training-model",
            hint=rx.cond(
                TrainingState.is_service,
                "one that the provider lists for reinforcement fine-tuning",
                "smollm2-135m, or the folder of a model in Hugging Face's format",
            ),
            class_name="mb-4",
        ),
        rx.cond(~TrainingState.is_service, _preset()),
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
                rx.el.p(
                    "room for an answer: 1, 1.5 or 3 times what nearly all known answers take",
                    class_name="text-small text-ink-3",
                ),
                class_name="grid gap-1.5 content-start justify-items-start",
            ),
            class_name="flex flex-wrap gap-x-10 gap-y-4",
        ),
        title="Run",
    )


def _preset() -> rx.Component:
    return field(
        "Preset",
        segmented(
            *(
                segment(
                    words,
                    is_on=TrainingState.preset == value,
                    on_click=TrainingState.set_preset(value),
                )
                for value, words in _PRESETS
            ),
            label="Preset",
        ),
        html_for="",
        hint="Quick tells in minutes whether the model learns at all",
        class_name="mb-4 justify-items-start",
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
            class_name="grid gap-2.5",
        ),
        rx.el.ul(
            rx.foreach(TrainingState.checks, _check),
            class_name="grid gap-2.5 list-none p-0 m-0 mt-3 pt-3 border-t border-line",
        ),
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", 14, "group-open:rotate-90"),
                rx.cond(
                    TrainingState.is_service,
                    "What is sent, and what is unknown",
                    "How time and memory are reckoned",
                ),
                class_name="flex items-center gap-1.5 text-small text-ink-3 cursor-pointer"
                " list-none [&::-webkit-details-marker]:hidden",
            ),
            rx.el.p(TrainingState.formula, class_name="text-small text-ink-3 mt-1.5"),
            class_name="group mt-3",
        ),
        title="Ready to train?",
    )


def _line(label: str, value: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-ink-2"),
        rx.el.dd(value, class_name="m-0 font-medium"),
        class_name="flex items-center justify-between gap-3 min-h-7",
    )


def _check(check: CheckView) -> rx.Component:
    return rx.el.li(
        status_glyph(check.status, 14),
        rx.el.div(
            rx.el.span(check.finding, class_name="text-ink"),
            rx.cond(
                check.remedy != "",
                rx.el.span(" ", check.remedy, class_name="text-ink-3"),
            ),
            class_name="min-w-0 [overflow-wrap:anywhere]",
        ),
        class_name="flex gap-2.5 [&>svg]:mt-0.5 [&>svg]:shrink-0 text-small",
    )


def _against() -> rx.Component:
    return notice(
        "The dry run says NO GO.",
        "Training would most likely be in vain. Mend what it names, or say why you train all the "
        "same; the reason is kept with the run.",
        tone="warn",
        action=text_area(
            id="training-reason",
            default_value=TrainingState.reason,
            on_change=TrainingState.set_reason.debounce(200),
            placeholder="Why all the same?",
            aria_label="Reason to train against NO GO",
            max_length=2_000,
        ),
    )


def _advanced() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("chevron-right", 14, "group-open:rotate-90"),
            "Advanced",
            rx.el.span(
                rx.cond(
                    TrainingState.num_changed > 0,
                    f"{TrainingState.num_changed} set by hand",
                    rx.cond(
                        TrainingState.is_service,
                        "every value as the service chooses",
                        "every value of the preset",
                    ),
                ),
                class_name=f"{WITNESS} font-normal",
            ),
            class_name="flex items-center gap-1.5 px-3.5 min-h-10 font-medium cursor-pointer"
            " list-none [&::-webkit-details-marker]:hidden",
        ),
        rx.el.div(
            rx.foreach(TrainingState.parameters, _parameter),
            class_name="grid grid-cols-2 gap-x-5 gap-y-4 p-3.5 border-t border-line"
            " max-wide:grid-cols-1",
        ),
        class_name="group rounded-card border border-line bg-surface-1",
    )


def _parameter(parameter: Parameter) -> rx.Component:
    return field(
        parameter.label,
        rx.cond(has_items(parameter.options), _chosen(parameter), _typed(parameter)),
        html_for="training-" + parameter.name,
        hint=parameter.hint,
    )


def _chosen(parameter: Parameter) -> rx.Component:
    return select(
        options(parameter.options),
        id="training-" + parameter.name,
        value=rx.cond(parameter.value != "", parameter.value, parameter.preset),
        on_change=lambda value: TrainingState.set_parameter(parameter.name, value),
    )


def _typed(parameter: Parameter) -> rx.Component:
    return text_input(
        id="training-" + parameter.name,
        default_value=parameter.value,
        key=parameter.name + parameter.value,
        placeholder=parameter.preset,
        on_blur=lambda text: TrainingState.set_parameter(parameter.name, text),
        max_length=20,
        auto_complete="off",
    )
