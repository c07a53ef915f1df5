"""The options of an export: three that most people use, the others behind a line."""

import reflex as rx

from rft_app.ui.components.button import text_button
from rft_app.ui.components.export_tab.parts import DETAILS
from rft_app.ui.components.field import checkbox, field, select, text_input
from rft_app.ui.content import Content
from rft_app.ui.state.export_options import TEXTS
from rft_app.ui.state.export_scope import CHOSEN, WHOLE
from rft_app.ui.state.export_tab import ExportTabState

_CAN_NARROW = (ExportTabState.scope == WHOLE) | (ExportTabState.scope == CHOSEN)
_GRADE = "document.getElementById('export-min_grade')"


def settings() -> rx.Component:
    """Check boxes, then what is rarely changed."""
    return rx.el.div(
        _switch("Write the test split to its own file", "include_test"),
        _switch("Add metadata.json beside the data", "include_metadata"),
        _switch("Shuffle rows (seed 0)", "shuffle"),
        rx.el.details(
            rx.el.summary(
                "More options",
                class_name="cursor-pointer text-small font-medium text-ink-2 py-1"
                " hover:text-ink max-wide:py-3",
            ),
            rx.el.div(_records(), _rows(), class_name="grid gap-3 pt-2"),
            class_name=DETAILS,
        ),
        class_name="grid gap-1 text-ink-2",
    )


def _switch(words: str, name: str) -> rx.Component:
    return checkbox(
        words,
        checked=getattr(ExportTabState, name),
        on_change=ExportTabState.switch(name),
    )


def _records() -> rx.Component:
    """Which records; a snapshot is what it is."""
    return rx.cond(
        _CAN_NARROW,
        rx.fragment(
            _number("min_grade", "Smallest grade", _grade_hint()),
            _switch("Balance to the target shares of the topics", "balance"),
        ),
        rx.el.p(
            "A snapshot is exported as it was frozen; grades and targets do not narrow it.",
            class_name="text-small text-ink-3",
        ),
    )


def _grade_hint() -> Content:
    return rx.cond(
        (ExportTabState.scope == CHOSEN) & ExportTabState.has_grade_of_own,
        "Mean in the dry run that the records were chosen by, 0 to 1.",
        rx.cond(
            ExportTabState.has_grades,
            "Mean in the last dry run, 0 to 1.",
            "Recorded reward, 0 to 1; once there is a dry run, the mean in it.",
        ),
    )


def grade_button() -> rx.Component:
    """Leads to the smallest grade; nothing where a snapshot is taken as it is."""
    return rx.cond(
        _CAN_NARROW,
        text_button(
            "Set a smallest grade",
            on_click=rx.call_script(f"{_GRADE}.closest('details').open=true;{_GRADE}.focus()"),
            class_name="max-wide:py-2 max-wide:-my-2",
        ),
    )


def _rows() -> rx.Component:
    """How rows are made, as far as the format lets one choose."""
    return rx.fragment(
        rx.cond(
            ExportTabState.unit == "pair",
            _number(
                "margin", "Smallest margin", "Best above worst reward, where rewards make the pair."
            ),
        ),
        rx.cond(
            ExportTabState.unit == "label",
            _number("threshold", "Good from", "Reward from which an answer is labelled good."),
        ),
        rx.cond(
            ExportTabState.has_argument_choice,
            field(
                "Arguments of tool calls",
                select(
                    rx.el.option("As an object, as TRL reads them", value="default"),
                    rx.el.option("As JSON text", value="text"),
                    id="export-arguments",
                    value=ExportTabState.tool_arguments,
                    on_change=ExportTabState.set_text("tool_arguments"),
                ),
                hint="DeepSeek-V3's template needs text; most others need objects.",
                html_for="export-arguments",
            ),
        ),
        rx.cond(
            ExportTabState.chosen == "trl_sft",
            _switch("Prompt and completion instead of messages", "as_completion"),
        ),
    )


def _number(name: str, label: str, hint: Content) -> rx.Component:
    return field(
        label,
        text_input(
            id=f"export-{name}",
            default_value=getattr(ExportTabState, name),
            on_change=ExportTabState.set_text(name).debounce(300),
            input_mode="decimal",
            placeholder=TEXTS[name] or "any",
            aria_invalid=ExportTabState.faulty == name,
        ),
        hint=hint,
        error=rx.cond(ExportTabState.faulty == name, ExportTabState.number_fault, ""),
        html_for=f"export-{name}",
    )
