"""The last exports of all datasets, to download again."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import icon_button
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.export_tab_view import ExportRow
from rft_app.ui.theme import CARD, SECTION_TITLE, WITNESS


def history() -> rx.Component:
    """Nothing where nothing was exported yet."""
    return rx.cond(
        ExportTabState.history,
        rx.el.section(
            rx.el.div(
                rx.el.h2("Recent exports", class_name=SECTION_TITLE),
                rx.el.span("Files are kept for 30 days", class_name=WITNESS),
                class_name="flex items-center justify-between mb-1.5",
            ),
            rx.el.div(
                table(
                    head("Dataset"),
                    head("Format"),
                    head("Size", is_number=True),
                    head("Made"),
                    head("Kept"),
                    head(),
                    rows=rx.foreach(ExportTabState.history, _made),
                    label="Recent exports",
                ),
                class_name=f"{CARD} overflow-x-auto",
            ),
        ),
    )


def _made(row: ExportRow) -> rx.Component:
    return rx.el.tr(
        cell(row.dataset, class_name="font-medium truncate max-w-[180px]", title=row.dataset),
        cell(badge(row.format), class_name="whitespace-nowrap"),
        cell(row.size, is_number=True, class_name="text-ink-2 whitespace-nowrap"),
        cell(row.made, class_name="text-ink-3 whitespace-nowrap"),
        cell(row.kept, class_name="text-ink-3 whitespace-nowrap"),
        cell(
            icon_button(
                "download",
                f"Download {row.file_name} again",
                size="sm",
                on_click=ExportTabState.download(row.id, row.file_name),
            ),
            class_name="text-right w-9",
        ),
        class_name=ROW,
    )
