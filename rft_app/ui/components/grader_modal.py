"""The dialog of step 4: the editor, the trial beside it, the versions."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, select, text_input
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_draft import SCRIPT, STRING_CHECK, VersionRow
from rft_app.ui.theme import WITNESS

_OPERATIONS = (
    ("eq", "equals, letter by letter"),
    ("ne", "differs"),
    ("like", "contains"),
    ("ilike", "contains, whatever the case"),
    ("regex", "matches the regular expression"),
)


def grader_modal() -> rx.Component:
    """What a good answer is."""
    return step_dialog(
        GraderState,
        rx.el.div(
            _editor_side(),
            rx.el.div(_trial(), _versions(), class_name="grid gap-3.5 content-start min-w-0"),
            class_name="grow grid grid-cols-[minmax(0,1fr)_420px] gap-5 p-5 min-h-0"
            " max-desk:grid-cols-1 max-wide:p-4",
        ),
        witness=rx.cond(
            GraderState.current_label != "",
            rx.fragment(f"{GraderState.current_label} · saved {GraderState.saved_at}"),
        ),
        footer=modal_footer(
            _footer_words(),
            button(
                "Discard changes",
                on_click=GraderState.discard,
                disabled=~GraderState.has_changes,
                class_name="max-wide:hidden",
            ),
            button(
                f"Save as {GraderState.next_version}",
                variant="primary",
                on_click=GraderState.save,
                disabled=GraderState.is_loading
                | GraderState.is_saving
                | (~GraderState.has_changes & (GraderState.current_label != "")),
            ),
        ),
    )


def _footer_words() -> rx.Component:
    return rx.cond(
        GraderState.save_fault != "",
        rx.el.span(GraderState.save_fault, role="alert", class_name="text-bad"),
        rx.cond(
            GraderState.has_changes,
            rx.fragment(
                "Unsaved changes. Saving makes a new version and marks the dry run as out of date."
            ),
            rx.cond(
                GraderState.current_label != "",
                rx.fragment("No unsaved changes."),
                rx.fragment("Nothing is saved yet. Dry runs need a saved version."),
            ),
        ),
    )


def _editor_side() -> rx.Component:
    is_script = GraderState.draft.kind == SCRIPT
    return rx.el.div(
        rx.el.div(
            segmented(
                segment("Script", is_on=is_script, on_click=GraderState.choose_kind(SCRIPT)),
                segment(
                    "String check",
                    is_on=GraderState.draft.kind == STRING_CHECK,
                    on_click=GraderState.choose_kind(STRING_CHECK),
                ),
                label="Kind of grader",
            ),
            rx.el.span(
                rx.cond(
                    is_script,
                    "Python that returns a reward from 0 to 1",
                    "Reward 1 where the comparison holds, else 0",
                ),
                class_name=f"{WITNESS} max-wide:hidden",
            ),
            class_name="flex items-center gap-3",
        ),
        rx.cond(is_script, _script(), _string_check()),
        class_name="flex flex-col gap-3 min-w-0 min-h-0",
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
                value=GraderState.draft.source,
                label="Grader script",
                error_line=GraderState.fault_line,
                error_column=GraderState.fault_column,
                error_message=GraderState.fault_message,
                on_change=GraderState.edit_source,
                on_save=GraderState.save,
                on_run=GraderState.try_it,
                class_name="h-full",
            ),
            class_name="grow min-h-[320px] h-[420px] bg-inset max-wide:h-[360px]",
        ),
        _fault_line(),
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


def _string_check() -> rx.Component:
    draft = GraderState.draft
    return card(
        rx.el.div(
            field(
                "Compare",
                text_input(
                    id="check-field",
                    value=draft.field,
                    on_change=GraderState.edit_field,
                    spell_check=False,
                    class_name="font-mono",
                ),
                html_for="check-field",
                hint="{{sample.output_text}} is the answer's text; {{item.…}} any field of the "
                "record.",
            ),
            field(
                "Operation",
                select(
                    *(rx.el.option(f"{name} · {words}", value=name) for name, words in _OPERATIONS),
                    id="check-operation",
                    value=draft.operation,
                    on_change=GraderState.choose_operation,
                ),
                html_for="check-operation",
            ),
            field(
                "With",
                text_input(
                    id="check-reference",
                    value=draft.reference,
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


def _trial() -> rx.Component:
    return card(
        rx.cond(
            GraderState.try_fault != "",
            rx.el.div(
                notice("The trial did not run.", GraderState.try_fault, tone="bad"),
                class_name="mb-2",
            ),
        ),
        rx.cond(
            GraderState.is_trying & (GraderState.tried_note == ""),
            rx.el.div(
                *(skeleton("h-[84px] w-full") for _ in range(3)),
                class_name="grid gap-2",
            ),
            rx.cond(
                GraderState.tried,
                rx.el.div(
                    rx.foreach(GraderState.tried, graded_rollout),
                    class_name=rx.cond(
                        GraderState.is_trying, "grid gap-2 opacity-45", "grid gap-2"
                    ),
                ),
                rx.cond(
                    GraderState.try_fault == "",
                    empty_panel(
                        "Not tried yet",
                        "Grades the answers of five records with the text as it is now. Nothing "
                        "is stored.",
                    ),
                ),
            ),
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
        body_class="p-3 max-h-[420px] overflow-auto max-desk:max-h-none",
    )


def _versions() -> rx.Component:
    return card(
        rx.cond(
            GraderState.versions,
            rx.el.ul(
                rx.foreach(GraderState.versions, _version),
                class_name="m-0 p-0 list-none max-h-[220px] overflow-auto",
            ),
            empty_panel("No version yet", "Each save makes one; none is ever changed."),
        ),
        title="Versions",
        body_class="",
    )


def _version(row: VersionRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.label, class_name="font-medium whitespace-nowrap"),
        rx.cond(row.is_current, badge("current", tone="ok")),
        rx.el.span(
            f"{row.change} · {row.made}",
            title=row.change,
            class_name="truncate grow text-small text-ink-3",
        ),
        rx.cond(
            row.is_current,
            rx.fragment(),
            button(
                f"Restore as {GraderState.next_version}",
                size="sm",
                variant="ghost",
                on_click=GraderState.restore(row.id),
            ),
        ),
        class_name="flex items-center gap-2 min-h-10 px-3.5 border-b border-line last:border-b-0",
    )
