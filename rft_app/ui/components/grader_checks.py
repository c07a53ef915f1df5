"""The forms of the graders that compare and ask no model: texts, schemas, tool calls."""

import reflex as rx

from rft_app.ui.components.card import card
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.grader_fields import (
    WEIGHT_HINT,
    check_control,
    fault_line,
    number_control,
)
from rft_app.ui.content import Content
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_trial import GraderTrialState

_OPERATIONS = (
    ("eq", "equals, letter by letter"),
    ("ne", "differs"),
    ("like", "contains"),
    ("ilike", "contains, whatever the case"),
    ("regex", "matches the regular expression"),
)
_METRICS = (
    ("fuzzy_match", "share of letters that need no edit"),
    ("bleu", "runs of up to four words"),
    ("rouge_1", "words of both"),
    ("rouge_2", "pairs of words of both"),
    ("rouge_l", "words of both in the same order"),
)
_ARGUMENTS = (
    ("exact", "those of the reference and no others"),
    ("subset", "those of the reference; others may be there"),
    ("ignore", "any, the name decides"),
)
_PATH_HINT = (
    "A path in the answer: output_text is its text, output_json.answer a field of its JSON, "
    "output_tools.0.function.name the first tool it calls."
)
_REFERENCE_HINT = (
    "{{item.reference}} is the record's accepted answer. Records without one are reported as "
    "failures, not as zeros."
)
_CALLS_HINT = (
    "Where the expected calls are, or the calls themselves as JSON: as OpenAI writes them, "
    '[{"name": …, "arguments": {…}}], or an answer key of BFCL; [] expects no call. Records '
    "without calls are reported as failures, not as zeros."
)
_DRAFT = GraderState.draft


def string_check_form() -> rx.Component:
    """Compare a text with a reference."""
    return _form(
        _text("Compare", "field", hint=_PATH_HINT),
        _choice("Operation", "operation", _OPERATIONS),
        _text("With", "reference", hint=_REFERENCE_HINT),
    )


def similarity_form() -> rx.Component:
    """Measure how alike a text and a reference are."""
    return _form(
        _text("Compare", "field", hint=_PATH_HINT),
        _choice("Metric", "metric", _METRICS),
        _text("With", "reference", hint=_REFERENCE_HINT),
    )


def tool_calls_form() -> rx.Component:
    """Compare the answer's calls with a list of calls."""
    return _form(
        _text("Expected calls", "reference", hint=_CALLS_HINT),
        _choice("Arguments", "arguments", _ARGUMENTS),
        rx.el.div(
            check_control(
                "Texts are equal whatever their case, spaces and punctuation", "is_loose"
            ),
            check_control("Calls count in the order of the reference only", "is_ordered"),
            check_control("Part of the calls gives part of the reward", "is_partial"),
            class_name="grid gap-1",
        ),
    )


def json_schema_form() -> rx.Component:
    """Check a part of the answer against a schema."""
    return _json_form(
        "json_schema",
        "schema.json",
        "JSON schema",
        _text("Check", "schema_field", hint="A path in the answer; output_json is its JSON."),
    )


def combination_form() -> rx.Component:
    """Several graders by name, how they become one, and the gates."""
    return _json_form(
        "combination",
        "combination.json",
        "Combination of graders",
        rx.el.p(
            rx.el.code("combine"),
            ": weighted_mean, product, minimum or formula, with ",
            rx.el.code('"formula": "0.7 * correct + 0.3 * short"'),
            ". ",
            rx.el.code("graders"),
            ": by name, each of another kind. ",
            rx.el.code("gates"),
            ": least rewards; an answer below one gets 0.",
            class_name="text-small text-ink-3 [&_code]:text-ink-2 [overflow-wrap:anywhere]",
        ),
    )


def _json_form(name: str, title: str, label: str, beside_weight: rx.Component) -> rx.Component:
    is_here = GraderState.fault_field == name
    return rx.el.section(
        rx.el.div(
            rx.el.span(title, class_name="font-mono text-small"),
            class_name="flex items-center min-h-9 px-3 border-b border-line shrink-0",
        ),
        rx.el.div(
            code_editor(
                value=getattr(_DRAFT, name),
                label=label,
                language="plain",
                error_line=rx.cond(is_here, GraderState.fault_line, 0),
                error_column=GraderState.fault_column,
                error_message=GraderState.fault_message,
                on_change=GraderState.edit(name),
                on_save=GraderState.save,
                on_run=GraderTrialState.try_it,
                class_name="h-full",
            ),
            class_name="grow min-h-[260px] h-[320px] bg-inset",
        ),
        fault_line("No fault found."),
        rx.el.div(
            beside_weight,
            _weight(),
            class_name="grid grid-cols-2 max-wide:grid-cols-1 gap-4 px-3 py-3 border-t border-line",
        ),
        class_name="grow flex flex-col bg-surface-1 border border-line rounded-card min-w-0"
        " overflow-hidden",
    )


def _form(*members: rx.Component) -> rx.Component:
    return card(rx.el.div(*members, _weight(), class_name="grid gap-4"))


def _text(label: str, name: str, *, hint: Content) -> rx.Component:
    return field(
        label,
        text_input(
            id=f"grader-{name}",
            value=getattr(_DRAFT, name),
            on_change=GraderState.edit(name),
            spell_check=False,
            class_name="font-mono",
        ),
        html_for=f"grader-{name}",
        hint=hint,
        error=_fault_of(name),
    )


def _choice(label: str, name: str, options: tuple[tuple[str, str], ...]) -> rx.Component:
    return field(
        label,
        select(
            *(rx.el.option(f"{value} · {words}", value=value) for value, words in options),
            id=f"grader-{name}",
            value=getattr(_DRAFT, name),
            on_change=GraderState.edit(name),
        ),
        html_for=f"grader-{name}",
    )


def _weight() -> rx.Component:
    return field(
        "Weight",
        number_control("weight", placeholder="none", class_name="!w-28"),
        html_for="grader-weight",
        hint=WEIGHT_HINT,
        error=_fault_of("weight"),
    )


def _fault_of(name: str) -> rx.Var[str]:
    """The form's fault at its field; one of no field stands at the reference."""
    is_here = GraderState.fault_field == name
    if name == "reference":
        is_here |= GraderState.fault_field == ""
    return rx.cond(is_here, GraderState.fault_message, "")
