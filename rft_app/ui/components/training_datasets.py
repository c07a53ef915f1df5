"""The Datasets tab: what each dataset is made of, and what it can be exported as."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button_link, link
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.export_tab.parts import unreadable
from rft_app.ui.components.pager import pager
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.state.training_datasets import DatasetView, FormatView, TrainingDatasetsState
from rft_app.ui.state.training_page import export_address
from rft_app.ui.theme import CARD, CARD_TITLE, WITNESS

_STATE = TrainingDatasetsState


def training_datasets() -> rx.Component:
    """Everything below the tabs."""
    return rx.el.div(
        rx.cond(_STATE.fault != "", unreadable(_STATE.fault, _STATE.follow)),
        rx.cond(
            _STATE.is_loaded,
            rx.cond(_STATE.num_all > 0, _list(), _empty()),
            rx.cond(_STATE.fault == "", _loading()),
        ),
        on_mount=_STATE.follow,
        on_unmount=_STATE.leave,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.ul(
            rx.foreach(_STATE.rows, _dataset),
            aria_label="Datasets",
            class_name="m-0 p-0 list-none grid gap-3",
        ),
        rx.cond(_STATE.has_next | _STATE.has_previous, pager(_STATE)),
    )


def _dataset(dataset: rx.vars.ObjectVar[DatasetView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                link(
                    dataset.name,
                    href=f"/optimization/{dataset.id}",
                    class_name=f"{CARD_TITLE} hover:underline truncate",
                ),
                rx.cond(dataset.badge != "", badge(dataset.badge, tone="accent")),
                class_name="flex items-center gap-2 min-w-0",
            ),
            rx.el.p(
                rx.el.span(dataset.records, class_name="text-ink tabular-nums"),
                f" · {dataset.facts}",
                class_name="text-small text-ink-2",
            ),
            rx.cond(
                dataset.is_counted,
                rx.el.div(
                    rx.foreach(dataset.formats, _format),
                    rx.cond(
                        dataset.lacking != "",
                        rx.el.span(dataset.lacking, class_name=f"{WITNESS} basis-full"),
                    ),
                    class_name="flex flex-wrap gap-1.5 mt-2",
                ),
                rx.el.div(
                    skeleton("h-5 w-64 max-w-full"),
                    rx.el.span("Looking which formats it can give", class_name="sr-only"),
                    role="status",
                    class_name="mt-2",
                ),
            ),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            dataset.has_records,
            button_link(
                "Export this dataset",
                href=export_address(dataset.id),
                icon="download",
                class_name="shrink-0 self-start",
            ),
            button_link(
                "Open the dataset",
                href=f"/optimization/{dataset.id}",
                class_name="shrink-0 self-start",
            ),
        ),
        class_name=f"{CARD} p-4 flex gap-4 max-wide:flex-col",
        key=dataset.id,
    )


def _format(one: rx.vars.ObjectVar[FormatView]) -> rx.Component:
    return badge(one.label, title=one.hint, tone="line")


def _empty() -> rx.Component:
    return rx.el.section(
        empty_state(
            "No datasets yet",
            "A dataset turns recorded conversations into gradable records. It shows here with what"
            " it can be exported as.",
            button_link(
                "Create dataset",
                href="/optimization/new",
                variant="primary",
                size="lg",
                icon="plus",
            ),
        ),
        class_name=CARD,
    )


def _loading() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(skeleton_lines("Loading datasets"), class_name=CARD) for _ in range(2)),
        class_name="grid gap-3",
    )
