"""The records overlay: a sheet with the list and, beside it, one record in full."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import icon_button
from rft_app.ui.components.keys import keys
from rft_app.ui.components.modal import WIDTHS, Modal, modal_header
from rft_app.ui.components.records.asking import asking_dialogs
from rft_app.ui.components.records.bulk_bar import bulk_bar
from rft_app.ui.components.records.changes import changes_menu, status_line
from rft_app.ui.components.records.detail import record_detail
from rft_app.ui.components.records.filters import filter_bar, filter_sheet
from rft_app.ui.components.records.key_help import key_help
from rft_app.ui.components.records.table import records_list
from rft_app.ui.state.modal import RECORDS, ModalState
from rft_app.ui.state.records import RecordsState

_SHEET = WIDTHS["sheet"]
_HAS_RECORD = RecordsState.open_id != ""
_IS_OPEN = ModalState.open_name == RECORDS


def records_overlay() -> rx.Component:
    """The sheet, 800 px wide, 1136 with a record open; and the dialogs over it."""
    return rx.fragment(_sheet(), filter_sheet(_IS_OPEN), asking_dialogs(_IS_OPEN))


def _sheet() -> rx.Component:
    return Modal.create(
        rx.el.div(
            keys(letters="xe?", active=RecordsState.at_id, on_press=RecordsState.press),
            modal_header(
                "Records", on_close=ModalState.close, witness=_witness(), actions=_actions()
            ),
            filter_bar(),
            key_help(),
            status_line(),
            bulk_bar(),
            rx.el.div(
                records_list(),
                rx.cond(_HAS_RECORD, record_detail()),
                class_name=rx.cond(
                    _HAS_RECORD,
                    "grow min-h-0 grid grid-cols-[556px_minmax(0,1fr)]"
                    " max-desk:grid-cols-[minmax(0,2fr)_minmax(0,3fr)] max-wide:grid-cols-1",
                    "grow min-h-0 grid grid-cols-1",
                ),
            ),
            on_mount=RecordsState.load,
            on_unmount=RecordsState.leave,
            class_name="flex flex-col h-full min-h-0",
        ),
        is_open=_IS_OPEN,
        on_close=ModalState.close,
        on_escape=RecordsState.step_back,
        label="Records",
        class_name=rx.cond(_HAS_RECORD, f"{_SHEET} is-wide", _SHEET),
    )


def _witness() -> rx.Component:
    return rx.fragment(
        rx.cond(
            RecordsState.is_loading | RecordsState.is_turning | (RecordsState.fault != ""),
            "",
            rx.match(
                RecordsState.listed,
                ("deleted", f"{RecordsState.total} deleted"),
                ("some", f"{RecordsState.total} of {RecordsState.num_records} match"),
                f"{RecordsState.num_records} records",
            ),
        )
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(
            RecordsState.came_from != "",
            rx.el.span(badge(RecordsState.came_from, tone="accent"), class_name="max-wide:hidden"),
        ),
        changes_menu(),
        icon_button(
            "keyboard",
            "Keys of this list",
            on_click=RecordsState.toggle_keys,
            custom_attrs={"aria-expanded": RecordsState.shows_keys},
            class_name="max-wide:hidden",
        ),
    )
