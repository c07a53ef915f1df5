"""The left side of the grader: its kind, its text, its limits."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import SCRIPT, STRING_CHECK
from rft_app.ui.theme import WITNESS

NO_MODEL = "A model as grader is not in this version yet."
_OPERATIONS = (
    ("eq", "equals, letter by letter"),
    ("ne", "differs"),
    ("like", "contains"),
    ("ilike", "contains, whatever the case"),
    ("regex", "matches the regular expression"),
)
_DRAFT = GraderState.draft


def grader_editor() -> rx.Component:
    """The chooser of kinds and the form of the chosen one."""
    is_script = _DRAFT.kind == SCRIPT
    return rx.el.div(
        _kinds(is_script),
        rx.cond(is_script, _script(), _string_check()),
        class_name="flex flex-col gap-3 min-w-0 min-h-0",
    )


def _kinds(is_script: Content) -> rx.Component:
    return rx.el.div(
        segmented(
            segment("Script", is_on=is_script, on_click=GraderState.choose_kind(SCRIPT)),
            segment(
                "String check",
                is_on=_DRAFT.kind == STRING_CHECK,
                on_click=GraderState.choose_kind(STRING_CHECK),
            ),
            segment(
                "Model",
                is_on=False,
                aria_disabled=True,
                title=NO_MODEL,
                style={"opacity": "0.45", "cursor": "not-allowed"},
            ),
            label="Kind of grader",
        ),
        rx.el.span(
            rx.cond(
                is_script,
                "Python that returns a reward from 0 to 1. ",
                "Reward 1 where it holds, else 0. ",
            ),
            NO_MODEL,
            class_name=WITNESS,
        ),
        class_name="flex items-center gap-x-3 gap-y-1.5 flex-wrap",
    )


def _script() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.span("grade.py", class_name="font-mono text-small"),
            rx.cond(
                GraderState.isolation != "",
                rx.el.span(
                    rx.cond(
                        GraderState.is_isolated,
                        badge(icon("shield-check", 12), GraderState.isolation, tone="ok"),
                        badge(icon("shield-alert", 12), GraderState.isolation, tone="warn"),
                    ),
                    title=GraderState.isolation_note,
                ),
            ),
            rx.el.span("Python", class_name=f"{WITNESS} ml-auto max-wide:hidden"),
            class_name="flex items-center gap-2 min-h-9 px-3 border-b border-line shrink-0",
        ),
        rx.cond(
            GraderState.is_isolated,
            rx.fragment(),
            rx.el.p(
                GraderState.isolation_note,
                class_name="px-3 py-2 text-small text-ink-2 bg-warn-soft border-b border-line",
            ),
        ),
        rx.el.div(
            code_editor(
                value=_DRAFT.source,
                label="Grader script",
                error_line=GraderState.fault_line,
                error_column=GraderState.fault_column,
                error_message=GraderState.fault_message,
                on_change=GraderState.edit_source,
                on_save=GraderState.save,
                on_run=GraderState.try_it,
                class_name="h-full",
            ),
            class_name="grow min-h-[300px] h-[360px] bg-inset max-wide:h-[360px]",
        ),
        _fault_line(),
        _limits(),
        class_name="grow flex flex-col bg-surface-1 border border-line rounded-card min-w-0"
        " overflow-hidden",
    )


def _fault_line() -> rx.Component:
    return rx.el.div(
        rx.cond(
            GraderState.fault_message != "",
            rx.fragment(
                icon("octagon-x", 14, "text-bad mt-0.5"),
                rx.el.span(
                    GraderState.fault_message, class_name="text-ink-2 [overflow-wrap:anywhere]"
                ),
            ),
            rx.fragment(
                icon("circle-check", 14, "text-ok mt-0.5"),
                rx.el.span("No syntax error.", class_name="text-ink-3"),
                rx.el.span(
                    "Esc leaves the editor", class_name="ml-auto text-ink-3 max-wide:hidden"
                ),
            ),
        ),
        role="status",
        class_name="flex gap-2 px-3 py-2 text-small border-t border-line shrink-0",
    )


def _limits() -> rx.Component:
    return rx.el.div(
        _limit("Time per call", "s", _DRAFT.timeout_s, GraderState.edit_timeout),
        _limit("Memory", "MB", _DRAFT.memory_mb, GraderState.edit_memory),
        rx.el.p(
            GraderState.limits_hint,
            class_name="text-small text-ink-3 grow min-w-[200px] basis-0",
        ),
        class_name="flex items-center gap-x-5 gap-y-2 flex-wrap px-3 py-2.5 border-t border-line"
        " shrink-0",
    )


def _limit(label: str, unit: str, value: Content, on_change: Content) -> rx.Component:
    name = f"grader-{label.lower().replace(' ', '-')}"
    return rx.el.div(
        rx.el.label(
            label, html_for=name, class_name="text-small font-medium text-ink-2 whitespace-nowrap"
        ),
        text_input(
            id=name,
            value=value,
            on_change=on_change,
            input_mode="decimal",
            suffix=rx.el.span(unit, class_name="text-small text-ink-3"),
            class_name="!w-24",
        ),
        class_name="flex items-center gap-2",
    )


def _string_check() -> rx.Component:
    return card(
        rx.el.div(
            field(
                "Compare",
                text_input(
                    id="check-field",
                    value=_DRAFT.field,
                    on_change=GraderState.edit_field,
                    spell_check=False,
                    class_name="font-mono",
                ),
                html_for="check-field",
                hint="A path in the answer: output_text is its text, output_json.answer a field "
                "of its JSON, output_tools.0.function.name the first tool it calls.",
            ),
            field(
                "Operation",
                select(
                    *(rx.el.option(f"{name} · {words}", value=name) for name, words in _OPERATIONS),
                    id="check-operation",
                    value=_DRAFT.operation,
                    on_change=GraderState.choose_operation,
                ),
                html_for="check-operation",
            ),
            field(
                "With",
                text_input(
                    id="check-reference",
                    value=_DRAFT.reference,
                    on_change=GraderState.edit_reference,
                    spell_check=False,
                    class_name="font-mono",
                ),
                html_for="check-reference",
                hint="{{item.reference}} is the record's accepted answer. Records without one are "
                "reported as failures, not as zeros.",
                error=GraderState.fault_message,
            ),
            class_name="grid gap-4",
        ),
    )
