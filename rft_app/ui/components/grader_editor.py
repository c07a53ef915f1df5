"""The left side of the grader: its kind, its text, its limits."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.grader_checks import (
    combination_form,
    json_schema_form,
    similarity_form,
    string_check_form,
    tool_calls_form,
)
from rft_app.ui.components.grader_fields import WEIGHT_HINT, fault_line, number_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.judge_editor import judge_editor
from rft_app.ui.components.notice import notice
from rft_app.ui.components.rubric_editor import rubric_editor
from rft_app.ui.components.upload_zone import file_button
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import (
    JSON_SCHEMA,
    JUDGE,
    MULTI,
    RUBRIC,
    SCRIPT,
    STRING_CHECK,
    TEXT_SIMILARITY,
    TOOL_CALLS,
)
from rft_app.ui.state.grader_suggestion import GraderSuggestionState
from rft_app.ui.state.grader_trial import GraderTrialState
from rft_app.ui.theme import WITNESS

_KINDS = (
    (SCRIPT, "Script", "Python that returns a reward from 0 to 1."),
    (STRING_CHECK, "String check", "Reward 1 where it holds, else 0."),
    (TEXT_SIMILARITY, "Similarity", "How alike two texts are, from 0 to 1."),
    (JSON_SCHEMA, "JSON schema", "Reward 1 where the answer keeps to it, else 0."),
    (TOOL_CALLS, "Tool calls", "The share of expected calls that the answer makes."),
    (MULTI, "Combination", "Several graders as one."),
    (RUBRIC, "Rubric", "A model scores criteria; their weighted mean is the reward."),
    (JUDGE, "Judge", "A model's score; its place in the range is the reward."),
)
_DRAFT = GraderState.draft


def grader_editor() -> rx.Component:
    """The chooser of kinds and the form of the chosen one."""
    return rx.el.div(
        _kinds(),
        rx.cond(
            GraderState.load_fault != "",
            rx.el.p(
                icon("octagon-x", 14, "mt-0.5 shrink-0"),
                rx.el.span(GraderState.load_fault, class_name="[overflow-wrap:anywhere] min-w-0"),
                role="alert",
                class_name="flex gap-2 text-bad text-small",
            ),
        ),
        rx.cond(
            (GraderSuggestionState.reason != "")
            & (GraderSuggestionState.suggested == GraderState.draft_mark),
            notice("Suggested, not saved.", GraderSuggestionState.reason, tone="info"),
        ),
        rx.match(
            _DRAFT.kind,
            (STRING_CHECK, string_check_form()),
            (TEXT_SIMILARITY, similarity_form()),
            (JSON_SCHEMA, json_schema_form()),
            (TOOL_CALLS, tool_calls_form()),
            (MULTI, combination_form()),
            (JUDGE, judge_editor()),
            (RUBRIC, rubric_editor()),
            _script(),
        ),
        class_name="flex flex-col gap-3 min-w-0 min-h-0",
    )


def _kinds() -> rx.Component:
    return rx.el.div(
        segmented(
            *(
                segment(words, is_on=_DRAFT.kind == kind, on_click=GraderState.edit("kind", kind))
                for kind, words, _ in _KINDS
            ),
            label="Kind of grader",
            class_name="flex-wrap",
        ),
        rx.el.span(
            rx.match(_DRAFT.kind, *((kind, hint) for kind, _, hint in _KINDS), ""),
            class_name=WITNESS,
        ),
        rx.el.div(
            button(
                rx.cond(GraderSuggestionState.is_looking, "Looking at the data…", "Suggest"),
                size="sm",
                icon="lightbulb",
                title="A grader that the data allows, else a judge by the objective; nothing is"
                " saved yet",
                on_click=GraderSuggestionState.suggest,
                disabled=GraderSuggestionState.is_looking,
            ),
            file_button(
                "Load file",
                upload_id="grader_file",
                on_file=GraderState.load_file,
                hint="A grader as .py, or as .json of OpenAI or of this app; nothing is saved yet",
            ),
            class_name="flex gap-2 ml-auto",
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
                on_change=GraderState.edit("source"),
                on_save=GraderState.save,
                on_run=GraderTrialState.try_it,
                class_name="h-full",
            ),
            class_name="grow min-h-[300px] h-[360px] bg-inset max-wide:h-[360px]",
        ),
        fault_line("No syntax error."),
        _limits(),
        class_name="grow flex flex-col bg-surface-1 border border-line rounded-card min-w-0"
        " overflow-hidden",
    )


def _limits() -> rx.Component:
    return rx.el.div(
        number_input("Time per call", "timeout_s", suffix="s"),
        number_input("Memory", "memory_mb", suffix="MB"),
        number_input("Weight", "weight", title=WEIGHT_HINT, placeholder="none"),
        rx.el.p(
            GraderState.limits_hint,
            class_name="text-small text-ink-3 grow min-w-[200px] basis-0",
        ),
        class_name="flex items-center gap-x-5 gap-y-2 flex-wrap px-3 py-2.5 border-t border-line"
        " shrink-0",
    )
