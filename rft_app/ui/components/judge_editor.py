"""The form of a judge: its prompt, whom it asks, what the reply must hold."""

import reflex as rx

from rft_app.domain.provider import NO_JUDGE
from rft_app.ui.components.badge import badge
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.grader_fields import (
    WEIGHT_HINT,
    check_control,
    fault_line,
    number_control,
)
from rft_app.ui.components.icon import icon
from rft_app.ui.components.model_options import model_options, settings_link
from rft_app.ui.content import Content
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_trial import GraderTrialState
from rft_app.ui.theme import WITNESS

_DRAFT = GraderState.draft
_EDITOR = "bg-inset [&_.cm-editor]:h-full"


def judge_editor() -> rx.Component:
    """The whole form."""
    return rx.el.section(
        judge_header(),
        no_provider(),
        rx.el.div(
            prompt_editor("prompt", "Judge's prompt", "template", _DRAFT.prompt),
            class_name=f"grow min-h-[220px] h-[260px] max-wide:h-[300px] {_EDITOR}",
        ),
        fault_line("No fault in the form."),
        rx.el.div(
            settings_field("Model", "model", model_choice(), class_name="col-span-2"),
            number_field("Temperature", "temperature"),
            number_field("Longest reply", "max_tokens", suffix="tokens"),
            settings_field("Score in", "score_field", _score_field()),
            rx.cond(
                _DRAFT.label_rewards == "",
                rx.fragment(
                    number_field("Lowest score", "min_score"),
                    number_field("Highest score", "max_score"),
                ),
            ),
            number_field("Weight", "weight", title=WEIGHT_HINT, placeholder="none"),
            number_field("Votes", "num_votes", title="Each vote is a call of its own."),
            settings_field("Votes become", "vote_rule", _vote_rule()),
            number_field(
                "Passed from",
                "pass_threshold",
                title="A reward; the report counts how many reach it. No grade depends on it.",
                placeholder="none",
            ),
            rx.el.div(
                check_control("May abstain where it cannot judge", "allow_abstain"),
                class_name="col-span-full",
            ),
            class_name="grid grid-cols-4 gap-x-3.5 gap-y-3 px-3 py-3 border-t border-line shrink-0"
            " max-wide:grid-cols-2",
        ),
        _folded(
            "system_prompt",
            "System prompt",
            rx.cond(
                _DRAFT.system_prompt == "",
                "none; said before the prompt, in the role of the system",
                _DRAFT.system_prompt,
            ),
            prompt_editor("system_prompt", "System prompt", "template", _DRAFT.system_prompt),
        ),
        _folded(
            "label_rewards",
            "Labels",
            rx.cond(
                _DRAFT.label_rewards == "",
                'none, it gives a score; else the reward of each, as in {"good": 1, "bad": 0}',
                "the reward of each label that it may give, from 0 to 1; the schema follows",
            ),
            prompt_editor("label_rewards", "Labels", "plain", _DRAFT.label_rewards),
        ),
        _folded(
            "output_schema",
            "Output schema",
            "what the reply must hold; its first text is shown as the reason",
            prompt_editor("output_schema", "Output schema", "plain", _DRAFT.output_schema),
        ),
        class_name="grow flex flex-col bg-surface-1 border border-line rounded-card min-w-0"
        " overflow-hidden",
    )


def _vote_rule() -> rx.Component:
    return select(
        *(rx.el.option(rule, value=rule) for rule in ("mean", "median", "majority")),
        id="grader-vote_rule",
        value=_DRAFT.vote_rule,
        on_change=GraderState.edit("vote_rule"),
    )


def no_provider() -> rx.Component:
    """How to get a model whose scores count; nothing where there is one."""
    return rx.cond(
        GraderState.is_configured,
        rx.cond(
            GraderState.is_demo,
            rx.el.p(
                f"{NO_JUDGE} Configure a provider for scores that count (docs/running.md).",
                class_name="px-3 py-2 text-small text-ink-2 bg-warn-soft border-b border-line",
            ),
        ),
        rx.el.p(
            GraderState.how_to,
            " You can save the grader all the same. ",
            settings_link(),
            class_name="px-3 py-2 text-small text-ink-2 bg-warn-soft border-b border-line",
        ),
    )


def judge_header() -> rx.Component:
    """Whom it asks, and what places the prompt may have."""
    return rx.el.div(
        rx.el.span("prompt", class_name="font-mono text-small"),
        rx.cond(
            GraderState.is_configured,
            rx.cond(
                GraderState.is_demo,
                badge(icon("triangle-alert", 12), GraderState.asked, tone="warn"),
                badge(icon("sparkles", 12), GraderState.asked, tone="neutral"),
            ),
            badge(icon("triangle-alert", 12), "no provider", tone="warn"),
        ),
        rx.el.span(
            rx.el.code("{{item.…}}"),
            " the record, ",
            rx.el.code("{{sample.…}}"),
            " the answer",
            class_name=f"{WITNESS} ml-auto max-wide:hidden",
        ),
        class_name="flex items-center gap-2 min-h-9 px-3 border-b border-line shrink-0",
    )


def prompt_editor(name: str, label: str, language: str, value: Content) -> rx.Component:
    """A text of the form with its fault in place."""
    is_here = GraderState.fault_field == name
    return code_editor(
        value=value,
        label=label,
        language=language,
        wraps=True,
        error_line=rx.cond(is_here, GraderState.fault_line, 0),
        error_column=GraderState.fault_column,
        error_message=GraderState.fault_message,
        on_change=GraderState.edit(name),
        on_save=GraderState.save,
        on_run=GraderTrialState.try_it,
        class_name="h-full",
    )


def settings_field(
    label: str, name: str, control: rx.Component, *, class_name: str = ""
) -> rx.Component:
    """A control below its label."""
    return field(label, control, html_for=f"grader-{name}", class_name=class_name)


def number_field(label: str, name: str, **props: Content) -> rx.Component:
    """A number below its label."""
    return settings_field(label, name, number_control(name, **props))


def model_choice() -> rx.Component:
    """The models that can be asked."""
    return rx.cond(
        GraderState.is_configured,
        select(
            rx.el.option(GraderState.first_model, value=""),
            model_options(GraderState.models),
            rx.cond(
                GraderState.strange_model != "",
                rx.el.option(GraderState.strange_model, value=GraderState.strange_model),
            ),
            id="grader-model",
            value=_DRAFT.model,
            on_change=GraderState.edit("model"),
        ),
        text_input(
            id="grader-model",
            value=_DRAFT.model,
            on_change=GraderState.edit("model"),
            placeholder="the first configured",
            spell_check=False,
        ),
    )


def _score_field() -> rx.Component:
    return text_input(
        id="grader-score_field",
        value=_DRAFT.score_field,
        on_change=GraderState.edit("score_field"),
        spell_check=False,
        title="The property of the reply that holds the score, or the label.",
        class_name="font-mono",
    )


def _folded(name: str, title: str, hint: Content, editor: rx.Component) -> rx.Component:
    """A text that is edited seldom, behind its title."""
    return rx.el.details(
        rx.el.summary(
            icon("chevron-right", 14, "group-open:rotate-90"),
            rx.el.span(title, class_name="shrink-0"),
            rx.el.span(hint, title=hint, class_name=f"{WITNESS} truncate font-normal"),
            class_name="flex items-center gap-1.5 px-3 min-h-9 text-small font-medium text-ink-2"
            " cursor-pointer list-none [&::-webkit-details-marker]:hidden",
        ),
        rx.el.div(editor, class_name=f"h-[240px] border-t border-line {_EDITOR}"),
        id=f"grader-{name}",
        class_name="group border-t border-line shrink-0",
    )
