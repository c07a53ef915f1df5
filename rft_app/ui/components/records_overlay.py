"""The records overlay: a sheet with the list and, beside it, one record in full."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import WIDTHS, Modal, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.record_detail import record_detail
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.table import head
from rft_app.ui.content import Content
from rft_app.ui.state.modal import RECORDS, ModalState
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.records import ANY, Choice, RecordsState
from rft_app.ui.theme import INPUT, TABLE, WITNESS

_SHEET = WIDTHS["sheet"]
_HAS_RECORD = RecordsState.open_id != ""


def records_overlay() -> rx.Component:
    """The sheet: 800 px wide, 1136 with a record open."""
    return Modal.create(
        rx.el.div(
            modal_header(
                "Records", on_close=ModalState.close, witness=_witness(), actions=_came_from()
            ),
            _filters(),
            rx.cond(
                RecordsState.fault != "",
                rx.el.div(notice(RecordsState.fault, tone="bad"), class_name="p-4"),
            ),
            rx.cond(RecordsState.is_search_complete, rx.fragment(), _incomplete()),
            rx.el.div(
                _list(),
                rx.cond(_HAS_RECORD, record_detail()),
                class_name=rx.cond(
                    _HAS_RECORD,
                    "grow min-h-0 grid grid-cols-[556px_minmax(0,1fr)]"
                    " max-desk:grid-cols-[minmax(0,2fr)_minmax(0,3fr)] max-wide:grid-cols-1",
                    "grow min-h-0 grid grid-cols-1",
                ),
            ),
            on_mount=RecordsState.load,
            class_name="flex flex-col h-full min-h-0",
        ),
        is_open=ModalState.open_name == RECORDS,
        on_close=ModalState.close,
        label="Records",
        class_name=rx.cond(_HAS_RECORD, f"{_SHEET} is-wide", _SHEET),
    )


def _incomplete() -> rx.Component:
    return rx.el.div(
        notice("Search is still being prepared; results may be incomplete.", tone="info"),
        class_name="px-5 py-2.5 border-b border-line shrink-0 max-wide:px-4",
    )


def _witness() -> rx.Component:
    return rx.fragment(
        rx.cond(
            RecordsState.is_loading,
            "",
            rx.cond(
                RecordsState.is_filtered,
                f"{RecordsState.total} of {RecordsState.num_records} match",
                f"{RecordsState.num_records} records",
            ),
        )
    )


def _came_from() -> rx.Component:
    return rx.cond(
        RecordsState.came_from != "",
        rx.el.span(badge(RecordsState.came_from, tone="accent"), class_name="max-wide:hidden"),
    )


def _filters() -> rx.Component:
    wanted = RecordsState.wanted
    return rx.el.div(
        text_input(
            icon="search",
            suffix=key_hint("/"),
            placeholder="Search messages",
            aria_label="Search messages",
            default_value=wanted.search,
            on_change=RecordsState.search_for.debounce(250),
            custom_attrs={"data-search": "true"},
            key=f"search-{RecordsState.num_clears}",
            class_name="!w-48 !min-h-7 max-wide:!w-full max-wide:!min-h-10",
        ),
        rx.el.div(
            _menu("Topic", RecordsState.topics, wanted.topic, RecordsState.choose_topic),
            _validity_menu(),
            _menu("Source", RecordsState.sources, wanted.source, RecordsState.choose_source),
            _duplicates_menu(),
            rx.cond(RecordsState.has_rewards, _reward_range()),
            class_name="contents max-wide:flex max-wide:gap-2 max-wide:w-full"
            " max-wide:overflow-x-auto max-wide:[scrollbar-width:none] max-wide:*:shrink-0",
        ),
        rx.cond(
            RecordsState.is_filtered,
            text_button(
                "Clear filters", on_click=RecordsState.clear_filters, class_name="text-small ml-1"
            ),
        ),
        role="search",
        class_name="flex flex-wrap items-center gap-2 px-5 py-2.5 border-b border-line shrink-0"
        " max-wide:px-4",
    )


def _select(label: str, value: Content, on_change: Content, *options: Content) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="text-ink-3 shrink-0"),
        rx.el.select(
            *options,
            value=value,
            on_change=on_change,
            class_name="bg-transparent border-0 p-0 outline-none appearance-none font-medium"
            " text-ink min-w-0 max-w-[150px] truncate cursor-pointer [field-sizing:content]"
            " focus-visible:shadow-none [&>option]:bg-surface-3 [&>option]:text-ink"
            " max-wide:text-[16px]",
        ),
        icon("chevron-down", 13, "pointer-events-none"),
        class_name=f"{INPUT} !w-auto !min-h-7 !px-[9px] !bg-surface-2 text-small cursor-pointer"
        " max-wide:!min-h-10",
    )


def _option(choice: Choice) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value)


def _any() -> rx.Component:
    return rx.el.option("any", value=ANY)


def _menu(
    label: str,
    choices: Content,
    value: Content,
    on_change: Content,
) -> rx.Component:
    return _select(label, value, on_change, _any(), rx.foreach(choices, _option))


def _validity_menu() -> rx.Component:
    return _select(
        "Validity",
        RecordsState.wanted.validity,
        RecordsState.choose_validity,
        _any(),
        rx.el.option("valid", value="valid"),
        rx.el.option("invalid", value="invalid"),
        rx.foreach(RecordsState.reasons, _option),
    )


def _duplicates_menu() -> rx.Component:
    return _select(
        "Duplicates",
        RecordsState.wanted.duplicates,
        RecordsState.choose_duplicates,
        _any(),
        rx.el.option(f"only ({RecordsState.num_duplicates})", value="only"),
        rx.el.option("none", value="none"),
    )


def _reward_range() -> rx.Component:
    return rx.el.div(
        rx.el.span("Reward", class_name="text-ink-3"),
        _bound("Lowest reward", "0", RecordsState.wanted.min_reward, RecordsState.set_min_reward),
        rx.el.span("–", class_name="text-ink-3"),
        _bound("Highest reward", "1", RecordsState.wanted.max_reward, RecordsState.set_max_reward),
        class_name=f"{INPUT} !w-auto !min-h-7 !px-[9px] text-small !gap-1.5 max-wide:!min-h-10",
    )


def _bound(label: str, hint: str, value: Content, on_change: Content) -> rx.Component:
    return rx.el.input(
        input_mode="decimal",
        placeholder=hint,
        aria_label=label,
        default_value=value,
        on_change=on_change.debounce(300),
        key=f"{label}-{RecordsState.num_clears}",
        class_name="w-7 text-center bg-transparent border-0 p-0 outline-none text-ink tabular-nums"
        " focus-visible:shadow-none max-wide:text-[16px]",
    )


def _list() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RecordsState.is_loading,
            _skeleton(),
            rx.cond(RecordsState.rows, _table(), _nothing()),
        ),
        class_name=rx.cond(
            _HAS_RECORD,
            "flex flex-col min-h-0 min-w-0 max-wide:hidden",
            "flex flex-col min-h-0 min-w-0",
        ),
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        *(skeleton("h-11 w-full") for _ in range(8)),
        skeleton_lines("Loading records", "w-1/3"),
        class_name="grid gap-1 p-3.5",
    )


def _nothing() -> rx.Component:
    return rx.cond(
        RecordsState.is_filtered,
        empty_panel(
            "No record matches",
            f"None of the {RecordsState.num_records} records match these filters.",
            button("Clear filters", size="sm", on_click=RecordsState.clear_filters),
        ),
        empty_panel(
            "No records yet",
            "Records are made from traces. Import a file, or run Extract again.",
            button("Open Extract", size="sm", on_click=ModalState.open_step("extract")),
        ),
    )


def _table() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        head("First user message"),
                        head("Topic", class_name="max-wide:hidden"),
                        head("Reward", is_number=True),
                    ),
                    class_name="sticky top-0 z-[1] bg-surface-1",
                ),
                rx.el.tbody(rx.foreach(RecordsState.rows, _row)),
                aria_label="Records",
                class_name=TABLE,
            ),
            class_name="grow min-h-0 overflow-auto",
        ),
        _pager(),
    )


def _row(row: RecordRow) -> rx.Component:
    is_on = RecordsState.open_id == row.id
    cell = "h-11 px-2.5 border-b border-line align-middle first:pl-3.5 last:pr-3.5"
    return rx.el.tr(
        rx.el.td(
            rx.el.button(
                rx.el.span(
                    row.title,
                    class_name=rx.cond(
                        row.has_title, "block truncate", "block truncate text-ink-3"
                    ),
                ),
                rx.el.span(
                    rx.el.span(
                        row.source, class_name=rx.cond(row.is_generated, "text-gen", "text-ink-3")
                    ),
                    rx.cond(
                        row.reason != "",
                        rx.el.span(
                            row.reason, title=row.reason_text, class_name="font-mono text-bad"
                        ),
                    ),
                    rx.cond(row.is_duplicate, rx.el.span("duplicate", class_name="text-ink-3")),
                    class_name="flex gap-2 text-label",
                ),
                type="button",
                title=row.title,
                aria_current=rx.cond(is_on, "true", "false"),
                on_click=RecordsState.open_record(row.id),
                on_focus=RecordsState.look_at(row.id),
                custom_attrs={"data-item": "true"},
                class_name="block w-full text-left min-w-0",
            ),
            class_name=f"{cell} max-w-0 w-3/5 max-wide:w-full",
        ),
        rx.el.td(
            row.topic,
            class_name=f"{cell} text-small text-ink-2 max-w-0 w-[28%] truncate max-wide:hidden",
            title=row.topic,
        ),
        rx.el.td(
            row.reward,
            title=row.reward_hint,
            class_name=rx.cond(
                row.has_reward,
                f"{cell} text-right tabular-nums",
                f"{cell} text-right tabular-nums text-ink-3",
            ),
        ),
        class_name=rx.cond(
            is_on,
            "bg-accent-soft shadow-[inset_2px_0_0_var(--accent-text)]",
            "hover:bg-hover",
        ),
    )


def _pager() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            f"{RecordsState.position} of {RecordsState.total}", class_name=f"{WITNESS} tabular-nums"
        ),
        rx.el.span(
            key_hint("J"),
            key_hint("K"),
            rx.el.span("move", class_name="max-wide:hidden"),
            class_name="flex items-center gap-1 text-small text-ink-3 ml-3",
        ),
        rx.el.div(
            icon_button(
                "chevron-left",
                "Previous page",
                size="sm",
                variant="default",
                on_click=RecordsState.previous_page,
                disabled=~RecordsState.has_previous,
            ),
            icon_button(
                "chevron-right",
                "Next page",
                size="sm",
                variant="default",
                on_click=RecordsState.next_page,
                disabled=~RecordsState.has_next,
            ),
            class_name="ml-auto flex gap-1",
        ),
        class_name="flex items-center min-h-11 px-3.5 border-t border-line shrink-0",
    )
