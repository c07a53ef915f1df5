"""The form of a rubric: what the model reads, and the criteria it scores."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.field import text_area, text_input
from rft_app.ui.components.grader_fields import WEIGHT_HINT, check_control, fault_line
from rft_app.ui.components.judge_editor import (
    judge_header,
    model_choice,
    no_provider,
    number_field,
    prompt_editor,
    settings_field,
)
from rft_app.ui.content import Content
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.rubric_draft import MOST_ROWS, CriterionView
from rft_app.ui.theme import LABEL, SECTION_TITLE, WITNESS

_DRAFT = GraderState.draft


def rubric_editor() -> rx.Component:
    """The whole form."""
    return rx.el.section(
        judge_header(),
        no_provider(),
        rx.el.div(
            prompt_editor("rubric_prompt", "Rubric's prompt", "template", _DRAFT.rubric_prompt),
            class_name="h-[170px] shrink-0 bg-inset [&_.cm-editor]:h-full",
        ),
        fault_line("No fault in the form."),
        _criteria(),
        rx.el.div(
            settings_field("Model", "model", model_choice(), class_name="col-span-2"),
            number_field("Temperature", "temperature"),
            number_field("Longest reply", "rubric_tokens", suffix="tokens"),
            number_field(
                "Passed from",
                "pass_threshold",
                title="A reward; the report counts how many reach it. No grade depends on it.",
                placeholder="none",
            ),
            number_field("Weight", "weight", title=WEIGHT_HINT, placeholder="none"),
            rx.el.div(
                check_control("One call for each criterion", "one_call_each"),
                check_control("May abstain where it cannot judge", "allow_abstain"),
                class_name="col-span-full flex flex-wrap gap-x-6 gap-y-1",
            ),
            class_name="grid grid-cols-4 gap-x-3.5 gap-y-3 px-3 py-3 border-t border-line shrink-0"
            " max-wide:grid-cols-2",
        ),
        class_name="grow flex flex-col bg-surface-1 border border-line rounded-card min-w-0"
        " overflow-hidden",
    )


def _criteria() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h3("Criteria", class_name=SECTION_TITLE),
            rx.el.span("the weighted mean is the reward", class_name=WITNESS),
            button(
                "Add criterion",
                size="sm",
                icon="plus",
                on_click=GraderState.add_criterion,
                disabled=GraderState.criteria.length() >= MOST_ROWS,
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.el.ul(
            rx.foreach(GraderState.criteria, _criterion),
            aria_label="Criteria",
            class_name="grid gap-3 m-0 p-0 list-none",
        ),
        class_name="grid gap-2.5 px-3 py-3 border-t border-line",
    )


def _criterion(row: CriterionView, index: Content) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _input(row.name, index, "name", "Name of criterion", "min-w-0 grow basis-[140px]"),
            _number(row.weight, index, "weight", "Weight"),
            rx.el.span(
                row.percent,
                title="Its part of the reward",
                class_name="text-small text-ink-3 tabular-nums w-12 text-right",
            ),
            _number(row.min_score, index, "min_score", "From"),
            _number(row.max_score, index, "max_score", "To"),
            icon_button(
                "trash-2",
                "Remove this criterion",
                size="sm",
                on_click=GraderState.remove_criterion(index),
                disabled=GraderState.criteria.length() == 1,
            ),
            class_name="flex items-center gap-2 flex-wrap",
        ),
        text_area(
            id=f"criterion-description-{index}",
            value=row.description,
            on_change=GraderState.edit_criterion(index, "description"),
            aria_label="What the model reads of this criterion",
            placeholder="When which score is due",
            rows=2,
        ),
        class_name="grid gap-1.5 pl-2.5 border-l-2 border-line",
    )


def _input(
    value: Content, index: Content, name: str, label: str, class_name: str = ""
) -> rx.Component:
    return rx.el.div(
        text_input(
            id=f"criterion-{name}-{index}",
            value=value,
            on_change=GraderState.edit_criterion(index, name),
            aria_label=label,
            placeholder="name" if name == "name" else "",
        ),
        class_name=class_name,
    )


def _number(value: Content, index: Content, name: str, label: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"criterion-{name}-{index}", class_name=LABEL),
        text_input(
            id=f"criterion-{name}-{index}",
            value=value,
            on_change=GraderState.edit_criterion(index, name),
            input_mode="decimal",
            class_name="!w-16",
        ),
        class_name="flex items-center gap-1.5",
    )
