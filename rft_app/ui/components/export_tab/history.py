"""The last exports of all datasets, to download again or to try again."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import icon_button
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.export_history import ExportRow
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.theme import CARD, SECTION_TITLE, WITNESS

_WIDE = "whitespace-nowrap max-wide:hidden"
"""Columns that a phone has no room for; what they say stands below the name there."""


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
                    head("Format", class_name=_WIDE),
                    head("Size", is_number=True),
                    head("Made", class_name=_WIDE),
                    head("Kept", class_name=_WIDE),
                    head(),
                    rows=rx.foreach(ExportTabState.history, _ended),
                    label="Recent exports",
                ),
                class_name=CARD,
            ),
        ),
    )


def _ended(row: rx.vars.ObjectVar[ExportRow]) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.div(row.dataset, class_name="font-medium truncate", title=row.dataset),
            rx.el.div(
                f"{row.format} · {row.made}",
                class_name="text-small text-ink-3 truncate wide:hidden",
            ),
            rx.cond(row.is_cancelled, rx.el.div("Cancelled", class_name="text-small text-ink-3")),
            rx.cond(
                row.failure != "",
                rx.el.div(
                    rx.el.span("Failed. ", class_name="text-bad"),
                    row.failure,
                    title=row.failure,
                    class_name="text-small text-ink-2 line-clamp-3 [overflow-wrap:anywhere]",
                ),
            ),
            class_name="w-full max-w-0 py-1.5",
        ),
        cell(badge(row.format), class_name=_WIDE),
        cell(row.size, is_number=True, class_name="text-ink-2 whitespace-nowrap"),
        cell(row.made, class_name=f"text-ink-3 {_WIDE}"),
        cell(row.kept, class_name=f"text-ink-3 {_WIDE}"),
        cell(
            rx.cond(
                row.has_file,
                icon_button(
                    "download",
                    f"Download {row.file_name} again",
                    size="sm",
                    on_click=ExportTabState.download(row.id, row.file_name),
                ),
                icon_button(
                    "rotate-ccw",
                    f"Export {row.file_name} again",
                    size="sm",
                    on_click=ExportTabState.retry(row.id),
                ),
            ),
            class_name="text-right w-9",
        ),
        class_name=ROW,
        key=row.id,
    )
