"""One trace in full: conversation, spans as a waterfall, what else it holds, its records."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, link
from rft_app.ui.components.choice import tab, tabs
from rft_app.ui.components.conversation import conversation
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.icon import icon
from rft_app.ui.components.json_view import json_view
from rft_app.ui.components.modal import modal_body, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.trace_view import Fact, RecordLink, SpanBar
from rft_app.ui.state.traces import TracesState
from rft_app.ui.theme import LINK, WITNESS

_TRACE = TracesState.trace


def trace_detail() -> rx.Component:
    """The open trace, in a sheet over the list."""
    return modal_frame(
        modal_header(
            "Trace",
            on_close=TracesState.close_trace,
            witness=rx.el.span(TracesState.open_id, class_name="font-mono"),
        ),
        rx.cond(
            TracesState.open_fault != "",
            modal_body(_fault()),
            rx.cond(
                _TRACE.id == TracesState.open_id,
                _content(),
                modal_body(skeleton_lines("Loading the trace")),
            ),
        ),
        is_open=TracesState.open_id != "",
        on_close=TracesState.close_trace,
        title="Trace",
        width="sheet",
    )


def _fault() -> rx.Component:
    return notice(
        "The trace could not be read.",
        TracesState.open_fault,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=TracesState.read_again),
    )


def _content() -> rx.Component:
    return rx.fragment(
        _facts(),
        tabs(
            _tab("Conversation", "conversation", _TRACE.num_messages),
            _tab("Spans", "spans", _TRACE.num_spans),
            _tab("Data", "data"),
            _tab("Records", "records", _TRACE.num_records),
            label="Parts of the trace",
            class_name="px-5 shrink-0 overflow-x-auto [scrollbar-width:none] max-wide:px-4",
        ),
        modal_body(
            rx.match(
                TracesState.part,
                ("spans", _spans()),
                ("data", _data()),
                ("records", _records()),
                _conversation(),
            ),
            class_name="px-5 py-2 max-wide:px-4",
        ),
    )


def _tab(words: str, name: str, number: Content = None) -> rx.Component:
    return tab(
        words, is_on=TracesState.part == name, count=number, on_click=TracesState.show_part(name)
    )


def _facts() -> rx.Component:
    return rx.el.dl(
        rx.foreach(_TRACE.facts, _fact),
        class_name="grid grid-cols-4 gap-x-5 gap-y-2 px-5 py-3.5 max-wide:grid-cols-2"
        " max-wide:px-4 shrink-0",
    )


def _fact(fact: rx.vars.ObjectVar[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact.name, class_name="text-label text-ink-3"),
        rx.el.dd(fact.value, title=fact.value, class_name="m-0 truncate text-small tabular-nums"),
        class_name="min-w-0",
    )


def _conversation() -> rx.Component:
    return rx.el.div(
        rx.cond(
            _TRACE.outcome == "failed",
            notice(
                "This call failed.",
                rx.cond(
                    _TRACE.fault != "",
                    _TRACE.fault,
                    "The provider said nothing about it in words; Data and Spans may say why.",
                ),
                tone="bad",
                class_name="my-2",
            ),
        ),
        conversation(_TRACE.messages),
        rx.cond(
            ~_TRACE.has_answer,
            rx.el.p("No answer was recorded.", class_name=f"{WITNESS} py-2 border-t border-line"),
        ),
    )


def _spans() -> rx.Component:
    return rx.cond(
        has_items(_TRACE.spans),
        rx.el.div(
            rx.el.ol(
                rx.foreach(_TRACE.spans, _span),
                aria_label="Spans by their beginning",
                class_name="m-0 p-0 list-none",
            ),
            rx.el.p(_TRACE.more_spans, class_name=f"{WITNESS} py-2 empty:hidden"),
        ),
        empty_panel(
            "No spans",
            "This trace came with a file. Spans are kept of what arrives over OTLP.",
        ),
    )


def _span(span: rx.vars.ObjectVar[SpanBar]) -> rx.Component:
    is_open = TracesState.open_span == span.id
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                icon("chevron-right", 13, "shrink-0 text-ink-3"),
                rx.el.span(span.name, title=span.name, class_name="truncate"),
                rx.cond(span.is_this, badge("this trace", tone="accent")),
                rx.cond(
                    ~span.is_this & (span.outcome != ""),
                    rx.el.span(span.outcome, class_name=f"{WITNESS} truncate max-wide:hidden"),
                ),
                style={"padding-left": span.indent},
                class_name="flex items-center gap-2 min-w-0",
            ),
            rx.el.span(
                rx.el.span(
                    style={"left": span.left, "width": span.width},
                    class_name=rx.cond(
                        span.has_failed,
                        "absolute inset-y-0 rounded-[2px] bg-bad",
                        rx.cond(
                            span.is_this,
                            "absolute inset-y-0 rounded-[2px] bg-accent",
                            "absolute inset-y-0 rounded-[2px] bg-ink-off",
                        ),
                    ),
                ),
                class_name="relative block h-2 rounded-[2px] bg-inset overflow-hidden",
            ),
            rx.el.span(span.took, class_name="text-right text-small text-ink-2 tabular-nums"),
            type="button",
            aria_expanded=is_open,
            on_click=TracesState.toggle_span(span.id),
            class_name="w-full grid grid-cols-[minmax(0,1fr)_200px_72px] items-center gap-3 h-10"
            " text-left cursor-pointer hover:bg-hover rounded-control"
            " max-wide:grid-cols-[minmax(0,1fr)_80px_56px]",
        ),
        rx.cond(
            is_open,
            rx.el.div(
                rx.cond(
                    span.fault != "",
                    rx.el.p(span.fault, class_name="text-small text-bad px-2.5 pt-2"),
                ),
                rx.cond(
                    span.note != "",
                    rx.el.p(span.note, class_name=f"{WITNESS} px-2.5 py-2"),
                    json_view(
                        TracesState.span_rows,
                        label=f"Attributes of {span.name}",
                        class_name="px-2.5 py-2 max-h-[320px] rounded-none",
                    ),
                ),
                class_name="mb-2 border border-line rounded-control overflow-hidden bg-inset",
            ),
        ),
        class_name="border-b border-line last:border-b-0",
    )


def _data() -> rx.Component:
    return rx.cond(
        has_items(_TRACE.rows),
        json_view(_TRACE.rows, label="What else the trace holds", class_name="py-2 text-small"),
        empty_panel("Nothing beside the messages", "No tools, usage or metadata came with it."),
    )


def _records() -> rx.Component:
    return rx.cond(
        has_items(_TRACE.records),
        rx.el.div(
            rx.el.ul(
                rx.foreach(_TRACE.records, _record),
                aria_label="Records made of this trace",
                class_name="m-0 p-0 list-none",
            ),
            rx.el.p(_TRACE.more_records, class_name=f"{WITNESS} py-2 empty:hidden"),
        ),
        empty_panel(
            "No record was made of it yet",
            "Create a dataset from traces and choose this one.",
        ),
    )


def _record(record: rx.vars.ObjectVar[RecordLink]) -> rx.Component:
    return rx.el.li(
        link(record.id, href=record.href, class_name=f"{LINK} font-mono text-small"),
        rx.el.span(record.dataset, class_name="truncate text-ink-2"),
        class_name="flex items-center gap-3 min-h-10 border-b border-line last:border-b-0",
    )
