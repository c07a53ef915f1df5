"""One record in full: conversation, reference, metadata, raw JSON."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.choice import tab, tabs
from rft_app.ui.components.conversation import conversation
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.graded_rollout import graded_rollout
from rft_app.ui.components.json_view import json_view
from rft_app.ui.components.notice import notice
from rft_app.ui.components.records.edit_form import edit_form
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import SECTION_TITLE, WITNESS

_RECORD = RecordsState.record
_IS_READ = _RECORD.id == RecordsState.open_id


def record_detail() -> rx.Component:
    """The open record, beside the list."""
    return rx.el.section(
        _head(),
        rx.cond(
            RecordsState.record_fault != "",
            rx.el.div(_fault(), class_name="p-4"),
            rx.cond(
                _IS_READ,
                rx.cond(RecordsState.is_editing, edit_form(), _content()),
                skeleton_lines("Loading the record"),
            ),
        ),
        aria_label="Record",
        class_name="flex flex-col min-h-0 min-w-0 border-l border-line max-wide:border-l-0",
    )


def _fault() -> rx.Component:
    return notice(
        "The record could not be read.",
        RecordsState.record_fault,
        tone="bad",
        action=button(
            "Try again",
            size="sm",
            icon="refresh-cw",
            on_click=RecordsState.open_record(RecordsState.open_id),
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        icon_button(
            "arrow-left",
            "Back to the list",
            size="sm",
            on_click=RecordsState.close_record,
            class_name="wide:hidden",
        ),
        rx.el.b(RecordsState.open_id, class_name="font-mono text-small font-medium truncate"),
        rx.cond(_IS_READ, _standing()),
        rx.el.div(
            rx.cond(_IS_READ, _way_on()),
            icon_button(
                "panel-right-close",
                "Close the record",
                size="sm",
                on_click=RecordsState.close_record,
                class_name="max-wide:hidden",
            ),
            class_name="ml-auto flex items-center gap-1",
        ),
        class_name="flex items-center gap-2 min-h-12 px-4 shrink-0 min-w-0",
    )


def _standing() -> rx.Component:
    return rx.fragment(
        rx.cond(_RECORD.is_valid, badge("valid", tone="ok"), badge(_RECORD.reason, tone="bad")),
        rx.cond(_RECORD.topic_path != "", badge(_RECORD.topic, title=_RECORD.topic_path)),
        rx.cond(_RECORD.sure != "", rx.el.span(_RECORD.sure, class_name=f"{WITNESS} truncate")),
    )


def _way_on() -> rx.Component:
    return rx.cond(
        _RECORD.is_archived,
        button(
            "Restore",
            size="sm",
            icon="archive-restore",
            on_click=RecordsState.restore_open,
        ),
        rx.cond(RecordsState.is_editing, rx.fragment(), _edit()),
    )


def _edit() -> rx.Component:
    return button(
        "Edit",
        key_hint("E"),
        size="sm",
        icon="pencil",
        on_click=RecordsState.edit_record(RecordsState.open_id),
    )


def _content() -> rx.Component:
    return rx.el.div(
        tabs(
            _tab("Conversation", "conversation", _RECORD.num_turns),
            _tab("Rollouts", "rollouts", RecordsState.num_rollouts),
            _tab("Reference", "reference"),
            _tab("Metadata", "metadata"),
            _tab("JSON", "json"),
            label="Parts of the record",
            class_name="px-4 shrink-0 overflow-x-auto [scrollbar-width:none]",
        ),
        rx.el.div(
            rx.cond(
                _RECORD.is_archived,
                notice(
                    "This record was deleted, or replaced by an edit.",
                    "It is in no list, no count and no export.",
                    tone="warn",
                    class_name="my-2",
                ),
            ),
            rx.cond(
                ~_RECORD.is_valid,
                notice(
                    "This record is never trained on or exported.",
                    _RECORD.reason_text,
                    tone="bad",
                    class_name="my-2",
                ),
            ),
            rx.match(
                RecordsState.tab,
                ("rollouts", _rollouts()),
                ("reference", _reference()),
                ("metadata", _metadata()),
                ("json", _raw()),
                _conversation(),
            ),
            role="tabpanel",
            class_name="grow min-h-0 overflow-auto px-4 py-1",
        ),
        class_name="flex flex-col grow min-h-0",
    )


def _tab(words: str, name: str, number: Content = None) -> rx.Component:
    return tab(
        words, is_on=RecordsState.tab == name, count=number, on_click=RecordsState.choose_tab(name)
    )


def _conversation() -> rx.Component:
    return rx.el.div(
        conversation(_RECORD.messages),
        rx.cond(
            ~_RECORD.has_answer,
            rx.el.p("No answer was recorded.", class_name=f"{WITNESS} py-2 border-t border-line"),
        ),
        _facts(),
    )


def _facts() -> rx.Component:
    return rx.el.dl(
        _fact("Messages", _RECORD.num_messages),
        _fact("Recorded reward", _RECORD.reward),
        _fact("Source", _RECORD.source),
        rx.cond(_RECORD.tools != "", _fact("Tools", f"{_RECORD.tools} {_RECORD.tools_note}")),
        rx.cond(_RECORD.trace_id != "", _fact("Trace", _RECORD.trace_id)),
        rx.cond(_RECORD.duplicate_of != "", _fact("Duplicate of", _RECORD.duplicate_of)),
        class_name="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 py-3 border-t border-line"
        " text-small",
    )


def _fact(name: str, value: Content) -> rx.Component:
    return rx.fragment(
        rx.el.dt(name, class_name="text-ink-3"),
        rx.el.dd(value, class_name="text-ink-2 [overflow-wrap:anywhere]"),
    )


def _rollouts() -> rx.Component:
    return rx.cond(
        RecordsState.rollouts,
        rx.el.div(
            rx.el.p(RecordsState.rollouts_note, class_name=f"{WITNESS} pt-1"),
            rx.foreach(RecordsState.rollouts, graded_rollout),
            class_name="grid gap-2 py-2",
        ),
        empty_panel(
            "No grades yet",
            "The latest dry run did not grade this record. Its answers and grades show here once "
            "one did.",
        ),
    )


def _reference() -> rx.Component:
    return rx.cond(
        _RECORD.reference != "",
        rx.cond(
            _RECORD.reference_rows,
            json_view(_RECORD.reference_rows, label="Reference", class_name="p-3 my-2"),
            rx.el.p(
                _RECORD.reference, class_name="py-2 whitespace-pre-wrap [overflow-wrap:anywhere]"
            ),
        ),
        empty_panel(
            "No reference",
            "This record has no accepted answer. Graders that compare with one report it as a "
            "failure, not as a zero.",
        ),
    )


def _metadata() -> rx.Component:
    return rx.cond(
        _RECORD.metadata_rows,
        json_view(_RECORD.metadata_rows, label="Metadata", class_name="p-3 my-2"),
        empty_panel("No metadata", "The source row had no other fields."),
    )


def _raw() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h3("Raw record", class_name=SECTION_TITLE),
            rx.el.span(_RECORD.json_size, class_name=WITNESS),
            icon_button(
                "copy",
                "Copy the JSON",
                size="sm",
                on_click=[
                    rx.set_clipboard(_RECORD.json_text),
                    rx.toast.success("Record copied as JSON"),
                ],
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2 py-1",
        ),
        json_view(_RECORD.json_rows, label="Raw record", class_name="p-3 mb-3"),
    )
