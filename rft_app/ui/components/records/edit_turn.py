"""One turn of a conversation in fields: who speaks, what is said, which tools are called."""

import reflex as rx

from rft_app.domain.message import ROLES
from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.field import select, text_area, text_input
from rft_app.ui.content import Content
from rft_app.ui.state.record_form import ASSISTANT, TOOL, CallForm, TurnForm
from rft_app.ui.state.records import RecordsState
from rft_app.ui.theme import CARD, WITNESS

QUIET_MS = 300
"""Typing reaches the state this long after the last key, and at once when the field is left."""
AREA = "[&_textarea]:[field-sizing:content] [&_textarea]:!min-h-9 [&_textarea]:max-h-[340px]"
CODE_AREA = f"{AREA} [&_textarea]:font-mono [&_textarea]:text-[12px]"


def typing(change: Content) -> dict[str, Content]:
    """Both events of a text field that keeps its own text while somebody types.

    Args:
        change: Takes the text and gives the event.
    """
    return {"on_change": lambda text: change(text).debounce(QUIET_MS), "on_blur": change}


def edit_turn(turn: TurnForm, index: Content) -> rx.Component:
    """A card with the turn's fields."""
    place = index + 1
    return rx.el.li(
        rx.el.div(
            rx.el.span(place, class_name=f"{WITNESS} tabular-nums w-5"),
            select(
                *(rx.el.option(role.capitalize(), value=role) for role in ROLES),
                aria_label=f"Role of turn {place}",
                value=turn.role,
                on_change=lambda role: RecordsState.set_turn(turn.key, "role", role),
                class_name="!min-h-7 !w-[124px] text-small",
            ),
            rx.cond(
                turn.is_parts, rx.el.span("content parts as JSON", class_name=f"{WITNESS} truncate")
            ),
            rx.el.div(
                _move("arrow-up", f"Move turn {place} up", turn, -1, index == 0),
                _move(
                    "arrow-down",
                    f"Move turn {place} down",
                    turn,
                    1,
                    index == rx.Var.create(RecordsState.form.turns).to(list).length() - 1,
                ),
                icon_button(
                    "trash-2",
                    f"Remove turn {place}",
                    size="sm",
                    on_click=RecordsState.remove_turn(turn.key),
                ),
                class_name="ml-auto flex",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.cond(
            turn.role == TOOL,
            text_input(
                aria_label=f"Call that turn {place} answers",
                placeholder="Id of the call it answers",
                default_value=turn.call_id,
                **typing(lambda text: RecordsState.set_turn(turn.key, "call_id", text)),
                class_name="font-mono text-small",
            ),
        ),
        text_area(
            aria_label=f"Text of turn {place}",
            placeholder=rx.cond(turn.role == ASSISTANT, "No text, only tool calls", "No text"),
            default_value=turn.text,
            **typing(lambda text: RecordsState.set_turn(turn.key, "text", text)),
            class_name=AREA,
        ),
        rx.cond(turn.role == ASSISTANT, _calls(turn, place)),
        key=turn.key,
        class_name=f"{CARD} grid grid-cols-[minmax(0,1fr)] gap-2 p-2.5 bg-surface-2",
    )


def _move(name: str, label: Content, turn: TurnForm, by: int, is_off: Content) -> rx.Component:
    return icon_button(
        name, label, size="sm", on_click=RecordsState.move_turn(turn.key, by), disabled=is_off
    )


def _calls(turn: TurnForm, place: Content) -> rx.Component:
    return rx.fragment(
        rx.foreach(turn.calls, lambda call: _call(turn, call, place)),
        rx.el.div(
            button(
                "Add a tool call",
                size="sm",
                variant="ghost",
                icon="wrench",
                on_click=RecordsState.add_call(turn.key),
            )
        ),
    )


def _call(turn: TurnForm, call: CallForm, place: Content) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            text_input(
                icon="wrench",
                aria_label=f"Tool called in turn {place}",
                placeholder="Name of the tool",
                default_value=call.name,
                **typing(lambda text: RecordsState.set_call(turn.key, call.id, "name", text)),
                class_name="grow min-w-0 font-mono text-small !min-h-7",
            ),
            rx.el.span(
                call.id,
                title=call.id,
                class_name=f"{WITNESS} font-mono truncate max-w-32 max-wide:max-w-20",
            ),
            icon_button(
                "x",
                f"Remove this call of turn {place}",
                size="sm",
                on_click=RecordsState.remove_call(turn.key, call.id),
            ),
            class_name="flex items-center gap-2",
        ),
        text_area(
            aria_label=f"Arguments in turn {place}",
            default_value=call.arguments,
            rows=2,
            **typing(lambda text: RecordsState.set_call(turn.key, call.id, "arguments", text)),
            class_name=CODE_AREA,
        ),
        key=call.id,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-1.5 pl-2.5 border-l-2 border-line-strong",
    )
