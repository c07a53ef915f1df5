"""The menu of what goes into a dataset and comes out of it."""

import reflex as rx

from rft_app.ui.components.menu import (
    menu,
    menu_item,
    menu_link,
    menu_separator,
)
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.modal import IMPORT_RECORDS, IMPORT_TOPICS, REVIEW, SNAPSHOTS, ModalState
from rft_app.ui.state.training_page import export_address


def _items() -> list[rx.Component]:
    topics = [
        menu_separator(),
        menu_item(
            "Import topics…",
            icon_name="folder-tree",
            on_click=ModalState.open_dialog(IMPORT_TOPICS),
        ),
        rx.cond(
            DatasetState.has_topics,
            menu_item(
                "Download topics", icon_name="download", on_click=DatasetState.download("topics")
            ),
        ),
    ]
    return [
        menu_item(
            "Import records…",
            icon_name="upload",
            on_click=ModalState.open_dialog(IMPORT_RECORDS),
        ),
        rx.cond(
            DatasetState.has_records,
            menu_item(
                "Download records", icon_name="download", on_click=DatasetState.download("records")
            ),
        ),
        *topics,
        menu_separator(),
        menu_item("Generate records…", icon_name="sparkles", on_click=GenerateState.fill_gaps),
        menu_item(
            "Review generated records…",
            icon_name="list-checks",
            on_click=ModalState.open_dialog(REVIEW),
        ),
        menu_separator(),
        menu_item("Snapshots…", icon_name="camera", on_click=ModalState.open_dialog(SNAPSHOTS)),
    ]


def data_menu() -> rx.Component:
    """A button with its word on wide screens; on phones the one menu of the header."""
    return rx.fragment(
        rx.el.div(
            menu(
                *_items(),
                label="Data",
                words="Data",
                icon_name="database",
                variant="default",
                size="md",
            ),
            class_name="max-wide:hidden",
        ),
        rx.el.div(
            menu(
                menu_item("All records", icon_name="table-2", on_click=ModalState.open_records("")),
                rx.cond(
                    DatasetState.has_records,
                    menu_link("Export", icon_name="download", href=export_address(DatasetState.id)),
                ),
                menu_separator(),
                *_items(),
                menu_separator(),
                menu_link(
                    "Settings",
                    icon_name="settings",
                    href=f"/optimization/{DatasetState.id}/settings",
                ),
                menu_link("All datasets", icon_name="database", href="/optimization"),
                label="More",
                size="md",
            ),
            class_name="wide:hidden",
        ),
    )
