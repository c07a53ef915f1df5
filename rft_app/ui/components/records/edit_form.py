"""The open record under edit: in fields, or as JSON."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.code_editor import code_editor
from rft_app.ui.components.field import checkbox, field, select, text_area
from rft_app.ui.components.notice import notice
from rft_app.ui.components.records.edit_turn import AREA, CODE_AREA, edit_turn, typing
from rft_app.ui.content import Content
from rft_app.ui.state.record_change_view import TopicOption
from rft_app.ui.state.record_editing import FORM, JSON
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import CARD, WITNESS

_FORM = RecordsState.form


def edit_form() -> rx.Component:
    """What is edited, and the way out below it."""
    return rx.el.div(
        rx.el.div(
            segmented(_mode("Form", FORM), _mode("JSON", JSON), label="How to edit"),
            rx.el.span(
                "Saving makes a new record; the old one can come back.",
                class_name=f"{WITNESS} max-wide:hidden",
            ),
            class_name="flex items-center gap-3 px-4 pb-2.5 border-b border-line shrink-0",
        ),
        rx.cond(RecordsState.edit_mode == JSON, _json(), _fields()),
        _foot(),
        class_name="flex flex-col grow min-h-0",
    )


def _mode(words: str, name: str) -> rx.Component:
    return segment(
        words,
        is_on=RecordsState.edit_mode == name,
        on_click=RecordsState.choose_mode(name),
    )


def _fields() -> rx.Component:
    return rx.el.div(
        rx.el.ol(
            rx.foreach(_FORM.turns, edit_turn),
            aria_label="Turns",
            class_name="m-0 p-0 list-none grid gap-2.5",
        ),
        rx.el.div(
            button("Add a turn", size="sm", icon="plus", on_click=RecordsState.add_turn),
            checkbox(
                "The assistant's last turn is the answer",
                checked=_FORM.has_answer,
                on_change=RecordsState.toggle_answer,
            ),
            class_name="flex flex-wrap items-center gap-x-4 gap-y-1 text-small",
        ),
        field(
            "Reference",
            _text("edit-reference", "reference", _FORM.reference),
            hint="The accepted answer that graders compare with.",
            html_for="edit-reference",
        ),
        field(
            "Topic",
            select(
                rx.el.option("No topic", value=""),
                rx.foreach(RecordsState.form_topics, _topic),
                id="edit-topic",
                value=_FORM.topic,
                on_change=lambda value: RecordsState.set_field("topic", value),
            ),
            html_for="edit-topic",
        ),
        field(
            "Tools",
            _text("edit-tools", "tools", _FORM.tools, is_code=True),
            hint="A JSON list of definitions; leave it empty where the record has none.",
            html_for="edit-tools",
        ),
        class_name="grow min-h-0 overflow-auto px-4 py-3 grid gap-4 content-start",
    )


def _text(id_: str, name: str, value: Content, *, is_code: bool = False) -> rx.Component:
    return text_area(
        id=id_,
        default_value=value,
        **typing(lambda text: RecordsState.set_field(name, text)),
        class_name=CODE_AREA if is_code else AREA,
    )


def _topic(topic: TopicOption) -> rx.Component:
    words = rx.cond(topic.path != "", f"{topic.path} › {topic.name}", topic.name)
    return rx.el.option(words, value=topic.key)


def _json() -> rx.Component:
    return rx.el.div(
        code_editor(
            value=RecordsState.json_text,
            label="The record as JSON",
            error_line=RecordsState.fault_line,
            error_column=RecordsState.fault_column,
            error_message=RecordsState.edit_fault,
            on_change=RecordsState.set_json,
            on_save=RecordsState.save_edit,
            wraps=True,
            class_name="h-full",
        ),
        class_name=f"{CARD} grow min-h-[240px] m-4 overflow-hidden bg-inset",
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RecordsState.edit_fault != "",
            notice("It is not saved.", RecordsState.edit_fault, tone="bad"),
        ),
        rx.cond(
            RecordsState.edit_warning != "",
            notice(
                "This version is invalid.",
                RecordsState.edit_warning,
                " It can be saved, but is never trained on or exported.",
                tone="warn",
            ),
        ),
        rx.el.div(
            rx.el.span(
                rx.cond(RecordsState.is_changed, "Not saved yet", "Nothing changed yet"),
                class_name=WITNESS,
            ),
            button(
                rx.cond(RecordsState.is_changed, "Discard changes", "Stop editing"),
                on_click=RecordsState.stop_editing,
                class_name="ml-auto",
            ),
            button(
                rx.cond(RecordsState.edit_warning != "", "Save it as invalid", "Save record"),
                variant="primary",
                icon="check",
                on_click=RecordsState.save_edit,
                disabled=~RecordsState.is_changed,
            ),
            class_name="flex flex-wrap items-center gap-2",
        ),
        class_name="grid gap-2 px-4 py-2.5 border-t border-line shrink-0",
    )
