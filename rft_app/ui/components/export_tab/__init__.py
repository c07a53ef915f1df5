"""The Export tab: choose a dataset and a format, see the bytes, download them."""

import reflex as rx

from rft_app.ui.components.button import button_link
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.export_tab.choosing import choosing
from rft_app.ui.components.export_tab.history import history
from rft_app.ui.components.export_tab.parts import unreadable
from rft_app.ui.components.export_tab.previewing import previewing
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.state.export_tab import ExportTabState

__all__ = ["export_tab"]


def export_tab() -> rx.Component:
    """Choose at the left, see at the right; below one another on small screens."""
    return rx.el.div(
        rx.cond(
            ExportTabState.is_loading,
            _skeleton(),
            rx.cond(
                ExportTabState.datasets,
                rx.el.div(
                    rx.el.div(choosing(), class_name="min-w-0"),
                    rx.el.div(previewing(), class_name="min-w-0 row-span-2"),
                    rx.el.div(history(), class_name="min-w-0"),
                    class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,520px)]"
                    " grid-rows-[auto_1fr] gap-x-7 gap-y-5 items-start"
                    " max-desk:grid-cols-[minmax(0,1fr)] max-desk:grid-rows-none",
                ),
                rx.cond(
                    ExportTabState.fault != "",
                    unreadable(ExportTabState.fault, ExportTabState.load),
                    _empty(),
                ),
            ),
        ),
        on_mount=[ExportTabState.load, ExportTabState.name_badges],
        on_unmount=ExportTabState.leave,
    )


def _empty() -> rx.Component:
    return empty_state(
        "No datasets to export",
        "Create a dataset first to prepare data for export. Go to the Datasets tab to get started.",
        button_link("Go to Datasets", href="/training?tab=datasets", variant="primary"),
        icon_name="download",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            skeleton("h-9"),
            rx.el.div(
                *(skeleton("h-[116px]") for _ in range(3)),
                class_name="grid grid-cols-3 gap-2.5 max-wide:grid-cols-1",
            ),
            class_name="grid gap-4",
        ),
        rx.el.div(skeleton("h-[240px]"), skeleton_lines("Loading datasets", "w-1/3")),
        class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,520px)] gap-7 max-desk:grid-cols-1",
    )
