"""Steps 1 and 2: the dataset and the format, with the template of the custom one."""

import reflex as rx

from rft_app.exports.custom import VARIABLES
from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import link, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.export_tab.parts import dataset_menu, step_title, until_chosen
from rft_app.ui.components.field import field, options, select, text_area
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.export_scope import CHOSEN, WHOLE
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.export_tab_view import FormatCard
from rft_app.ui.theme import LINK, RADIO, WITNESS


def choosing() -> rx.Component:
    """Both steps; the second waits for the first."""
    return rx.el.div(
        _dataset(),
        until_chosen(ExportTabState.dataset_id != "", _formats()),
        class_name="grid gap-[18px]",
    )


def _dataset() -> rx.Component:
    return rx.el.section(
        step_title("1", "Dataset"),
        dataset_menu(
            ExportTabState.datasets, ExportTabState.dataset_id, ExportTabState.choose_dataset
        ),
        rx.cond(
            ExportTabState.dataset_id != "",
            rx.fragment(_summary(), _scope()),
            rx.cond(
                ExportTabState.fault != "",
                notice(ExportTabState.fault, tone="bad", class_name="mt-2"),
            ),
        ),
    )


def _summary() -> rx.Component:
    summary = ExportTabState.summary
    return rx.el.div(
        rx.el.p(
            rx.el.b(summary.usable, class_name="font-semibold text-ink whitespace-nowrap"),
            rx.cond(summary.badge != "", badge(summary.badge, tone="accent")),
            link(
                "Open the dataset",
                href=f"/optimization/{ExportTabState.dataset_id}",
                class_name=f"ml-auto whitespace-nowrap {LINK}",
            ),
            class_name="flex items-center gap-2",
        ),
        rx.el.p(
            f"{summary.split} · {summary.agents}",
            class_name="text-ink-2 [overflow-wrap:anywhere]",
        ),
        rx.el.p(summary.sources, class_name="text-ink-3"),
        class_name="mt-2 px-3 py-2 rounded-card border border-line bg-surface-2 text-small"
        " grid gap-0.5",
    )


def _scope() -> rx.Component:
    """Which records of the dataset."""
    chosen = ExportTabState.chosen_records
    return rx.el.div(
        field(
            "What to export",
            select(
                rx.el.option("The whole dataset", value=WHOLE),
                rx.cond(chosen.option != "", rx.el.option(chosen.option, value=CHOSEN)),
                rx.cond(
                    has_items(ExportTabState.snapshots),
                    rx.el.optgroup(options(ExportTabState.snapshots), label="A snapshot"),
                ),
                id="export-scope",
                value=ExportTabState.scope,
                on_change=ExportTabState.choose_scope,
            ),
            hint=_scope_hint(),
            html_for="export-scope",
        ),
        rx.cond(
            ExportTabState.scope_note != "",
            notice("This is the whole dataset.", ExportTabState.scope_note, tone="warn"),
        ),
        rx.cond(ExportTabState.scope == CHOSEN, _chosen()),
        class_name="grid gap-2 mt-3",
    )


def _scope_hint() -> Content:
    return rx.match(
        ExportTabState.scope,
        (
            WHOLE,
            rx.fragment(
                "For some records only, filter or tick them in ",
                link(
                    "the list of records",
                    href=f"/optimization/{ExportTabState.dataset_id}?records=all",
                    class_name=LINK,
                ),
                ".",
            ),
        ),
        (CHOSEN, rx.fragment()),
        rx.fragment("A snapshot, as it was frozen, with its train and test records."),
    )


def _chosen() -> rx.Component:
    """The chosen records in words, and the way to drop them."""
    chosen = ExportTabState.chosen_records
    return rx.el.div(
        rx.el.p(
            rx.el.b(f"Only {chosen.words}", class_name="font-semibold text-ink"),
            rx.cond(chosen.conditions != "", rx.fragment(f": {chosen.conditions}")),
            class_name="min-w-0 [overflow-wrap:anywhere]",
        ),
        text_button(
            "Export the whole dataset",
            on_click=ExportTabState.choose_scope(WHOLE),
            class_name="ml-auto max-wide:ml-0 max-wide:py-2 max-wide:-my-2 max-wide:order-last",
        ),
        rx.cond(
            chosen.left_out != "", rx.el.p(chosen.left_out, class_name="basis-full text-ink-2")
        ),
        role="status",
        class_name="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-3 py-2 rounded-card border"
        " border-accent-line bg-accent-soft text-small",
    )


def _formats() -> rx.Component:
    return rx.el.section(
        step_title(
            "2", "Format", rx.el.span("Pick where you will train", class_name=f"{WITNESS} ml-auto")
        ),
        rx.el.div(
            rx.foreach(ExportTabState.cards, _format),
            role="radiogroup",
            aria_label="Export format",
            class_name="grid grid-cols-3 gap-2.5 max-desk:grid-cols-2 max-wide:grid-cols-1",
        ),
        rx.cond(ExportTabState.family == "custom", _template()),
    )


_CARD = (
    "relative flex flex-col gap-1 px-3 py-[11px] min-h-[116px] rounded-card border cursor-pointer"
    " min-w-0 has-[:focus-visible]:shadow-focus"
)


def _format(card: FormatCard) -> rx.Component:
    is_on = ExportTabState.family == card.family
    return rx.el.label(
        rx.el.span(
            rx.el.input(
                type="radio",
                name="export-family",
                value=card.family,
                checked=is_on,
                on_change=ExportTabState.choose_family(card.family),
                class_name=RADIO,
            ),
            rx.el.b(card.label, class_name="font-semibold truncate"),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.span(card.description, class_name="text-small text-ink-2"),
        rx.cond(
            card.is_recommended,
            rx.el.span(
                rx.cond(
                    card.recommended != "",
                    f"{card.recommended} is recommended",
                    rx.cond(
                        ExportTabState.scope == WHOLE,
                        "Recommended for this dataset",
                        "Recommended for these records",
                    ),
                ),
                class_name="text-label font-medium text-accent-text",
            ),
        ),
        rx.cond(
            card.warning != "",
            rx.el.span(
                icon("triangle-alert", 12, "mt-[2px] shrink-0"),
                rx.el.span(card.warning, class_name="line-clamp-2", title=card.warning),
                class_name="flex gap-1 text-label text-warn",
            ),
        ),
        rx.el.span(
            rx.el.span(card.suffix, class_name="font-mono whitespace-nowrap"),
            rx.el.span(card.consumer),
            class_name="mt-auto pt-1 flex flex-wrap justify-between gap-x-2 text-label text-ink-3",
        ),
        class_name=rx.cond(
            is_on,
            f"{_CARD} border-accent-text bg-accent-soft shadow-glow",
            f"{_CARD} border-line bg-surface-1 hover:border-line-strong",
        ),
    )


def _template() -> rx.Component:
    return rx.el.div(
        field(
            "Template",
            text_area(
                id="export-template",
                rows=8,
                default_value=ExportTabState.template,
                on_change=ExportTabState.set_text("template").debounce(300),
                spell_check=False,
                aria_invalid=ExportTabState.template_fault != "",
                class_name="font-mono text-small [&_textarea]:min-h-[120px]",
            ),
            error=ExportTabState.template_fault,
            html_for="export-template",
        ),
        rx.el.p(
            rx.el.span("Available variables: "),
            *(
                rx.el.code(
                    f"{{{{{name}}}}}", class_name="font-mono px-1 rounded-badge bg-press text-ink-2"
                )
                for name in VARIABLES
            ),
            class_name="text-small text-ink-3 flex flex-wrap gap-1",
        ),
        segmented(
            segment(
                "JSONL (one per line)",
                is_on=rx.cond(ExportTabState.is_array, False, True),
                on_click=ExportTabState.switch("is_array", False),
            ),
            segment(
                "JSON (array)",
                is_on=ExportTabState.is_array,
                on_click=ExportTabState.switch("is_array", True),
            ),
            label="Output",
        ),
        class_name="grid gap-2.5 mt-3 justify-items-stretch",
    )
