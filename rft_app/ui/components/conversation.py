"""A conversation: roles in the margin, tool calls and results as cards."""

import reflex as rx

from rft_app.ui.components.icon import icon
from rft_app.ui.components.json_view import json_view
from rft_app.ui.state.record_detail import CallView, MessageView
from rft_app.ui.theme import LINK

_CARD = "border border-line rounded-control overflow-hidden bg-inset min-w-0"
_CARD_HEAD = (
    "flex items-center gap-[7px] min-h-7 px-[9px] border-b border-line bg-surface-2"
    " font-mono text-small font-medium min-w-0"
)
_TEXT = "whitespace-pre-wrap [overflow-wrap:anywhere]"
_JSON = "px-2.5 py-[7px] max-h-[280px] rounded-none"


def tool_call(call: CallView) -> rx.Component:
    """What the model asked a tool to do."""
    return rx.el.div(
        rx.el.div(
            icon("wrench", 13, "text-ink-3"),
            rx.el.span(call.name, class_name="truncate text-ink"),
            rx.el.span(call.size, class_name="ml-auto font-sans text-label text-ink-3"),
            class_name=_CARD_HEAD,
        ),
        json_view(call.rows, label=f"Arguments of {call.name}", class_name=_JSON),
        class_name=_CARD,
    )


def _tool_result(message: MessageView) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("corner-down-right", 13, "text-ink-3"),
            rx.el.span(message.result_name, class_name="truncate text-ink-2"),
            rx.el.span(message.size, class_name="ml-auto font-sans text-label text-ink-3"),
            class_name=_CARD_HEAD,
        ),
        rx.cond(
            message.rows,
            json_view(message.rows, label=message.result_name, class_name=_JSON),
            rx.el.p(
                message.text,
                class_name=f"{_TEXT} px-2.5 py-[7px] text-small text-ink-2 max-h-[280px]"
                " overflow-auto",
            ),
        ),
        class_name=_CARD,
    )


def _text(message: MessageView) -> rx.Component:
    return rx.cond(
        message.preview != "",
        rx.el.details(
            rx.el.summary(
                rx.el.span(message.preview, class_name=f"{_TEXT} text-ink-2 group-open:hidden"),
                " ",
                rx.el.span(message.unfold, class_name=f"{LINK} group-open:hidden"),
                rx.el.span("Show less", class_name=f"{LINK} hidden group-open:inline"),
                class_name="list-none cursor-pointer [&::-webkit-details-marker]:hidden",
            ),
            rx.el.p(message.text, class_name=f"{_TEXT} mt-2 text-ink-2"),
            class_name="group min-w-0",
        ),
        rx.el.p(message.text, class_name=_TEXT),
    )


def _turn(message: MessageView) -> rx.Component:
    ink = rx.match(
        message.role,
        ("user", "text-label leading-5 font-semibold text-info"),
        ("assistant", "text-label leading-5 font-semibold text-accent-text"),
        ("tool", "text-label leading-5 font-semibold text-gen"),
        "text-label leading-5 font-semibold text-ink-3",
    )
    return rx.el.li(
        rx.el.div(
            rx.el.span(message.label, class_name=ink),
            rx.cond(
                message.is_answer,
                rx.el.span("recorded answer", class_name="block text-label text-ink-3"),
            ),
        ),
        rx.cond(
            message.is_result,
            _tool_result(message),
            rx.el.div(
                rx.cond(message.text != "", _text(message)),
                rx.foreach(message.calls, tool_call),
                class_name="grid gap-2 min-w-0",
            ),
        ),
        class_name="grid grid-cols-[76px_minmax(0,1fr)] gap-2.5 py-[9px] border-t border-line"
        " first:border-t-0 max-wide:grid-cols-1 max-wide:gap-1",
    )


def conversation(messages: rx.Var[list[MessageView]] | list[MessageView]) -> rx.Component:
    """All turns in order."""
    return rx.el.ol(rx.foreach(messages, _turn), class_name="m-0 p-0 list-none")
