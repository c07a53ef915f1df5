"""The card of one dataset: name, figures, seven steps, what goes on, the next click."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button_link, link
from rft_app.ui.components.menu import menu, menu_item, menu_link, menu_separator
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.status import status_glyph
from rft_app.ui.components.step_rail import step_rail
from rft_app.ui.state.dataset_card import DatasetCard, Figure
from rft_app.ui.state.datasets import DatasetsState
from rft_app.ui.state.training_page import export_address
from rft_app.ui.theme import CARD, CARD_TITLE, WITNESS


def _figure(figure: rx.vars.ObjectVar[Figure]) -> rx.Component:
    return rx.el.span(
        rx.el.b(figure.value, class_name="font-medium text-ink tabular-nums"),
        " ",
        figure.unit,
        class_name="whitespace-nowrap",
    )


def _head(card: rx.vars.ObjectVar[DatasetCard]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2(
                link(
                    card.name,
                    href=f"/optimization/{card.id}",
                    class_name="after:absolute after:inset-0 after:rounded-card"
                    " focus-visible:shadow-none focus-visible:after:shadow-focus",
                    custom_attrs={"data-item": ""},
                ),
                class_name=f"{CARD_TITLE} truncate",
            ),
            badge(card.badge, tone=card.tone),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.p(card.objective, title=card.objective, class_name="text-ink-2 truncate"),
        rx.el.p(
            rx.foreach(card.figures, _figure),
            rx.el.span(card.updated, class_name="max-wide:hidden"),
            class_name=f"{WITNESS} flex flex-wrap gap-x-4 gap-y-0.5 mt-[9px]",
        ),
        class_name="flex flex-col gap-[3px] min-w-0",
    )


def _actions(card: rx.vars.ObjectVar[DatasetCard]) -> rx.Component:
    situation = card.situation
    return rx.el.div(
        button_link(situation.action, href=situation.href, size="sm", class_name="max-wide:grow"),
        menu(
            menu_link("Open", icon_name="arrow-right", href=f"/optimization/{card.id}"),
            rx.cond(
                card.has_records,
                menu_link("Export", icon_name="download", href=export_address(card.id)),
            ),
            rx.cond(
                card.has_records,
                menu_item(
                    "Duplicate",
                    icon_name="copy",
                    on_click=DatasetsState.duplicate(card.id),
                ),
            ),
            menu_link("Settings", icon_name="settings", href=f"/optimization/{card.id}/settings"),
            menu_separator(),
            menu_item(
                "Delete…",
                icon_name="trash-2",
                is_destructive=True,
                on_click=DatasetsState.ask_delete(card.id),
            ),
            label="More actions for " + card.name.to(str),
        ),
        class_name="relative z-[1] ml-auto flex items-center gap-1 shrink-0 max-wide:w-full",
    )


def _foot(card: rx.vars.ObjectVar[DatasetCard]) -> rx.Component:
    situation = card.situation
    return rx.el.div(
        rx.el.span(status_glyph(situation.status), class_name="shrink-0 max-wide:mt-[3px]"),
        rx.el.p(
            rx.el.b(situation.lead, class_name="font-semibold text-ink"),
            " ",
            situation.words,
            title=situation.words,
            class_name="text-ink-2 truncate max-wide:whitespace-normal max-wide:grow"
            " max-wide:basis-[calc(100%-40px)]",
        ),
        rx.cond(
            situation.progress.id != "",
            progress_bar(
                situation.progress.percent,
                situation.lead,
                class_name="w-[220px] shrink-0 max-wide:w-full",
            ),
        ),
        _actions(card),
        class_name="col-span-full flex items-center gap-2.5 min-h-11 mt-3.5 -mx-5 pl-5 pr-3"
        " border-t border-line max-wide:flex-wrap max-wide:items-start max-wide:-mx-3.5"
        " max-wide:mt-0 max-wide:px-3.5 max-wide:py-2.5",
    )


def dataset_card(card: rx.vars.ObjectVar[DatasetCard]) -> rx.Component:
    """One card; the whole of it leads to the dataset."""
    return rx.el.article(
        _head(card),
        rx.el.div(step_rail(card.dots), class_name="self-center pr-2 max-wide:pr-0"),
        _foot(card),
        aria_label=card.name,
        key=card.id,
        class_name=f"{CARD} relative grid grid-cols-[minmax(0,1fr)_minmax(0,540px)] gap-x-8 pt-4"
        " px-5 transition-colors duration-fast hover:border-line-strong max-wide:grid-cols-1"
        " max-wide:gap-y-3.5 max-wide:px-3.5 max-wide:pt-3.5",
    )
