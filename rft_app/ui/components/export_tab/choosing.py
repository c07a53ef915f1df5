"""Steps 1 and 2: the dataset and the format, with the template of the custom one."""

import reflex as rx

from rft_app.exports.custom import VARIABLES
from rft_app.ui.components.badge import badge
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.export_tab.parts import step_title, until_chosen
from rft_app.ui.components.field import field, select, text_area
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.export_tab_view import DatasetOption, FormatCard
from rft_app.ui.theme import WITNESS


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
        select(
            rx.el.option("Choose a dataset", value="", disabled=True),
            rx.foreach(ExportTabState.datasets, _option),
            value=ExportTabState.dataset_id,
            on_change=ExportTabState.choose_dataset,
            aria_label="Dataset",
            class_name="!min-h-9 font-medium",
        ),
        rx.cond(
            ExportTabState.dataset_id != "",
            rx.el.p(
                rx.el.span(
                    rx.el.b(ExportTabState.summary.usable, class_name="font-semibold text-ink"),
                    rx.cond(
                        ExportTabState.summary.badge != "",
                        badge(ExportTabState.summary.badge, tone="accent"),
                    ),
                    class_name="flex items-center gap-2",
                ),
                rx.el.span(ExportTabState.summary.sources, class_name="text-ink-3"),
                class_name="mt-2 px-3 py-2 rounded-card border border-line bg-surface-2 text-small"
                " grid gap-0.5",
            ),
        ),
        rx.cond(
            (ExportTabState.fault != "") & (ExportTabState.dataset_id == ""),
            notice(ExportTabState.fault, tone="bad", class_name="mt-2"),
        ),
    )


def _option(option: DatasetOption) -> rx.Component:
    return rx.el.option(option.label, value=option.id)


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
                class_name="appearance-none w-4 h-4 m-0 shrink-0 rounded-full border"
                " border-ink-off bg-inset cursor-pointer checked:border-[5px]"
                " checked:border-accent",
            ),
            rx.el.b(card.label, class_name="font-semibold truncate"),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.span(card.description, class_name="text-small text-ink-2"),
        rx.cond(
            card.is_recommended,
            rx.el.span(
                "Recommended for this dataset",
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
            rx.el.span(card.consumer, class_name="truncate"),
            class_name="mt-auto pt-1 flex justify-between gap-2 text-label text-ink-3",
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
