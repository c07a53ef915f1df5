"""Route `/optimization/{id}`: one dataset on its canvas, with the next step at its side."""

import reflex as rx

from rft_app.ui.components.button import button, button_link, link
from rft_app.ui.components.data_menu import data_menu
from rft_app.ui.components.health_bar import health_bar
from rft_app.ui.components.icon import icon
from rft_app.ui.components.leave_guard import leave_guard
from rft_app.ui.components.missing import missing
from rft_app.ui.components.next_panel import panel_head, panel_loading, panel_rest
from rft_app.ui.components.notice import notice
from rft_app.ui.components.pipeline_canvas import pipeline_canvas
from rft_app.ui.components.shell import crumbs, shell
from rft_app.ui.components.step_list import step_list
from rft_app.ui.components.step_modals import step_modals
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.training_page import export_address
from rft_app.ui.theme import BUTTON, BUTTON_VARIANTS, ICON_BUTTON_SIZES


def _actions() -> rx.Component:
    return rx.cond(
        DatasetState.is_loaded & ~DatasetState.is_missing,
        rx.fragment(
            button(
                "Records",
                rx.el.span(
                    DatasetState.num_records,
                    class_name="tabular-nums font-medium opacity-75 max-wide:sr-only",
                ),
                icon="table-2",
                on_click=ModalState.open_records(""),
                disabled=~DatasetState.has_records,
                title="All records of this dataset",
            ),
            rx.cond(
                DatasetState.has_records,
                button_link(
                    "Export",
                    icon="download",
                    href=export_address(DatasetState.id),
                    title="Write the records to a file",
                    class_name="max-wide:hidden",
                ),
            ),
            data_menu(),
            link(
                icon("settings", 15),
                href=f"/optimization/{DatasetState.id}/settings",
                aria_label="Settings of this dataset",
                title="Settings of this dataset",
                class_name=f"{BUTTON} {BUTTON_VARIANTS['ghost']} {ICON_BUTTON_SIZES['md']}"
                " max-wide:hidden",
            ),
            rx.el.span(class_name="w-px h-5 bg-line-strong max-wide:hidden"),
        ),
    )


def _failed() -> rx.Component:
    return rx.el.div(
        notice(
            "The dataset could not be read.",
            DatasetState.error,
            tone="bad",
            action=button("Try again", size="sm", icon="refresh-cw", on_click=DatasetState.reload),
        ),
        class_name="p-4",
    )


def _canvas() -> rx.Component:
    return rx.el.main(
        rx.el.div(
            pipeline_canvas(steps=DatasetState.nodes, on_step=ModalState.open_step),
            class_name="relative grow min-w-0 max-wide:hidden",
        ),
        rx.el.aside(
            rx.cond(DatasetState.error != "", _failed()),
            rx.cond(
                DatasetState.is_loaded,
                rx.fragment(panel_head(), step_list(), panel_rest()),
                rx.cond(DatasetState.error == "", panel_loading()),
            ),
            aria_label="Next step and history",
            class_name="w-[392px] shrink-0 border-l border-line bg-surface-1 overflow-auto"
            " max-wide:w-auto max-wide:border-l-0 max-wide:overflow-visible max-wide:pb-[76px]"
            " max-wide:grow",
        ),
        on_unmount=ModalState.forget_address,
        class_name="grow min-h-0 flex max-wide:flex-col",
    )


def _guard() -> rx.Component:
    return leave_guard(
        ModalState,
        "What you changed in a dialog here is not saved. It stays in this tab only until another"
        " dataset is opened.",
        is_on=ModalState.unsaved != "",
        kept_at=[f"/optimization/{DatasetState.id}/grader"],
    )


def dataset_page() -> rx.Component:
    """The canvas, or why there is none."""
    return shell(
        rx.cond(
            DatasetState.is_missing,
            missing(),
            rx.fragment(health_bar(), _canvas(), step_modals(), _guard()),
        ),
        place=crumbs(("Datasets", "/optimization"), current=DatasetState.name),
        actions=_actions(),
        is_narrow=True,
    )
