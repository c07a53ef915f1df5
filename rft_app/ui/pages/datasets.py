"""Route `/optimization`: the list of datasets."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.dataset_card import dataset_card
from rft_app.ui.components.delete_dialog import delete_dialog
from rft_app.ui.components.empty_state import empty_panel, empty_state
from rft_app.ui.components.field import select, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.components.pager import pager
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.skeleton import skeleton
from rft_app.ui.state.datasets import TOP, DatasetsState, PhaseCount
from rft_app.ui.steps import WORDS
from rft_app.ui.theme import CARD, PAGE_TITLE, WITNESS


def _header() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1("Datasets", class_name=f"{PAGE_TITLE} max-wide:sr-only"),
            rx.cond(
                DatasetsState.num_all > 0,
                rx.el.p(DatasetsState.totals, class_name="text-ink-2"),
            ),
            class_name="min-w-0",
        ),
        rx.cond(
            DatasetsState.num_all > 0,
            button_link("New dataset", href="/optimization/new", variant="primary", icon="plus"),
        ),
        id=TOP,
        class_name="flex items-center justify-between gap-4 mb-4 scroll-mt-6 max-wide:scroll-mt-16",
    )


def _phase(phase: rx.vars.ObjectVar[PhaseCount]) -> rx.Component:
    return segment(
        phase.label,
        count=phase.number,
        is_on=DatasetsState.phase == phase.name,
        on_click=DatasetsState.set_phase(phase.name),
        key=phase.name,
    )


_HALF = "max-wide:w-[calc(50%-5px)]"
"""Of a row on a phone."""


def _toolbar() -> rx.Component:
    return rx.el.div(
        text_input(
            icon="search",
            suffix=key_hint("/"),
            placeholder="Search by name or objective",
            aria_label="Search datasets",
            default_value=DatasetsState.search,
            key=f"search-{DatasetsState.num_clears}",
            on_change=DatasetsState.set_search.debounce(250),
            type="search",
            custom_attrs={"data-search": ""},
            class_name="basis-[240px] grow max-w-[360px] max-wide:max-w-none",
        ),
        rx.el.div(
            segmented(rx.foreach(DatasetsState.phases, _phase), label="Status"),
            class_name="max-wide:hidden",
        ),
        select(
            rx.foreach(
                DatasetsState.phases,
                lambda phase: rx.el.option(f"{phase.label} · {phase.number}", value=phase.name),
            ),
            value=DatasetsState.phase,
            on_change=DatasetsState.set_phase,
            aria_label="Status",
            class_name=f"wide:hidden {_HALF}",
        ),
        select(
            rx.el.option("Last updated", value="updated"),
            rx.el.option("Name", value="name"),
            rx.el.option("Most records", value="records"),
            value=DatasetsState.sort,
            on_change=DatasetsState.set_sort,
            aria_label="Sort by",
            class_name=f"ml-auto w-[150px] {_HALF}",
        ),
        class_name="flex flex-wrap items-center gap-x-2.5 gap-y-2 mb-3.5",
    )


def _cards() -> rx.Component:
    return rx.el.div(
        rx.foreach(DatasetsState.cards, dataset_card),
        rx.cond(
            DatasetsState.has_next | DatasetsState.has_previous,
            rx.el.div(
                rx.el.span(DatasetsState.position, class_name=f"{WITNESS} tabular-nums"),
                pager(DatasetsState),
                class_name="flex items-center",
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _nothing_matches() -> rx.Component:
    return rx.el.div(
        empty_panel(
            "No dataset matches",
            "Search looks at names and objectives.",
            button("Show all datasets", size="sm", on_click=DatasetsState.clear_filters),
        ),
        class_name=CARD,
    )


def _step_tile(number: int, name: str, icon_name: str, promise: str) -> rx.Component:
    return rx.el.li(
        icon(icon_name, 16, "text-ink-3 mb-2"),
        rx.el.div(f"{number} {name}", class_name="font-medium"),
        rx.el.div(promise, class_name="text-small text-ink-3"),
        class_name="px-3.5 py-3.5 border-l border-line first:border-l-0 max-wide:border-l-0"
        " max-wide:border-t max-wide:first:border-t-0",
    )


def _empty() -> rx.Component:
    return rx.el.section(
        empty_state(
            "No datasets yet",
            "A dataset turns recorded conversations into gradable records. Upload a file of"
            " traces to start, it stays on this machine.",
            button_link(
                "Create dataset",
                href="/optimization/new",
                variant="primary",
                size="lg",
                icon="plus",
            ),
            button(
                rx.cond(DatasetsState.is_loading_demo, "Writing the demo", "Load the demo"),
                size="lg",
                icon="play",
                on_click=DatasetsState.load_demo,
                disabled=DatasetsState.is_loading_demo,
            ),
            footnote=rx.el.p(
                "The demo is about 400 made-up traces of a travel agent. It needs no network.",
                class_name="mt-4 text-small text-ink-3",
            ),
        ),
        rx.el.ol(
            *(
                _step_tile(step.number, words.name, words.icon, words.promise)
                for step, words in WORDS.items()
            ),
            aria_label="Seven steps",
            class_name="grid grid-cols-7 border-t border-line max-wide:grid-cols-1",
        ),
        class_name=CARD,
    )


def _loading() -> rx.Component:
    def shape() -> rx.Component:
        return rx.el.div(
            rx.el.div(
                skeleton("h-4 w-48"),
                skeleton("h-3 w-96 max-w-full"),
                skeleton("h-3 w-64 max-w-full"),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-3 p-5",
            ),
            rx.el.div(skeleton("h-3 w-72 max-w-full"), class_name="border-t border-line p-4"),
            class_name=CARD,
        )

    return rx.el.div(
        shape(), shape(), shape(), role="status", aria_label="Loading datasets",
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )  # fmt: skip


def _failed() -> rx.Component:
    return notice(
        "The datasets could not be read.",
        DatasetsState.error,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=DatasetsState.reload),
        class_name="mb-3.5",
    )


def datasets_page() -> rx.Component:
    """All datasets, with what each needs next."""
    full = rx.fragment(
        _toolbar(), rx.cond(DatasetsState.num_matching > 0, _cards(), _nothing_matches())
    )
    return shell(
        page_body(
            _header(),
            rx.cond(DatasetsState.error != "", _failed()),
            rx.cond(
                DatasetsState.is_loaded,
                rx.cond(DatasetsState.num_all > 0, full, _empty()),
                rx.cond(DatasetsState.error == "", _loading()),
            ),
        ),
        delete_dialog(DatasetsState),
        place=crumbs(current="Datasets"),
    )
