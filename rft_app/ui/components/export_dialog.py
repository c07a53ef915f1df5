"""The export dialog: format and options at the left, the bytes they give at the right."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import checkbox
from rft_app.ui.components.icon import icon
from rft_app.ui.components.json_view import json_view
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content
from rft_app.ui.state.export import ExportRow, ExportState, FormatCard
from rft_app.ui.state.modal import EXPORT, ModalState
from rft_app.ui.theme import CARD, RADIO, SECTION_TITLE, WITNESS

_PREVIEW = ExportState.preview


def export_dialog() -> rx.Component:
    """Write the records to a file that a training tool reads."""
    return modal_frame(
        modal_header(
            "Export", on_close=ModalState.close, witness=rx.fragment(ExportState.dataset_name)
        ),
        modal_body(
            rx.el.div(
                rx.cond(
                    ExportState.fault != "",
                    rx.el.div(notice(ExportState.fault, tone="bad"), class_name="mb-4"),
                ),
                rx.cond(ExportState.sources != "", _sources()),
                rx.cond(ExportState.is_loading, _skeleton(), _content()),
                on_mount=ExportState.load,
                on_unmount=ExportState.leave,
            )
        ),
        modal_footer(
            _effect(),
            button(
                "Download export",
                rx.cond(
                    _PREVIEW.size != "",
                    rx.el.span(_PREVIEW.size, class_name="font-normal tabular-nums"),
                ),
                icon="download",
                variant="primary",
                on_click=ExportState.start,
                disabled=ExportState.is_blocked | ExportState.is_running | ExportState.is_loading,
            ),
        ),
        is_open=ModalState.open_name == EXPORT,
        on_close=ModalState.close,
        title="Export",
    )


def _sources() -> rx.Component:
    """What is exported, where that is not the whole dataset; and the way back."""
    return rx.el.div(
        icon("list-checks", 15, "text-accent-text"),
        rx.el.b(f"Only {ExportState.sources}", class_name="font-semibold"),
        rx.el.span(
            "Invalid and repeated ones are left out.", class_name=f"{WITNESS} max-wide:hidden"
        ),
        text_button(
            "Export the whole dataset",
            on_click=ExportState.drop_sources,
            class_name="text-small ml-auto",
        ),
        role="status",
        class_name="flex flex-wrap items-center gap-x-2.5 gap-y-1 mb-4 px-3 py-2 rounded-card"
        " border border-accent-line bg-accent-soft",
    )


def _effect() -> rx.Component:
    return rx.cond(
        ExportState.is_running,
        rx.fragment("The file is being written; it downloads by itself."),
        rx.cond(
            ExportState.is_loading,
            rx.fragment(""),
            rx.cond(
                ExportState.is_blocked,
                rx.fragment("Nothing to export: the reason is beside the preview."),
                rx.fragment("Freezes a snapshot, writes the file, then downloads it."),
            ),
        ),
    )


def _content() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _formats(), _options(), _history(), class_name="grid gap-5 content-start min-w-0"
        ),
        rx.el.div(_preview(), _facts(), _progress(), class_name="grid gap-3 content-start min-w-0"),
        class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,540px)] gap-7 max-desk:grid-cols-1",
    )


def _title(number: str, words: str, *more: Content) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            number,
            class_name="w-6 h-6 rounded-full inline-flex items-center justify-center shrink-0"
            " text-small font-semibold text-accent-text bg-accent-soft"
            " shadow-[inset_0_0_0_1px_var(--accent-line)]",
        ),
        rx.el.h3(words, class_name=SECTION_TITLE),
        *more,
        class_name="flex items-center gap-2 min-h-8 mb-2",
    )


def _formats() -> rx.Component:
    return rx.el.section(
        _title(
            "1", "Format", rx.el.span("Pick where you will train", class_name=f"{WITNESS} ml-auto")
        ),
        rx.el.div(
            rx.foreach(ExportState.cards, _format),
            role="radiogroup",
            aria_label="Export format",
            class_name="grid grid-cols-2 gap-2.5 max-wide:grid-cols-1",
        ),
    )


_FORMAT = (
    "relative flex flex-col gap-1 px-3 py-[11px] min-h-[116px] rounded-card border cursor-pointer"
    " min-w-0 has-[:focus-visible]:shadow-focus"
)


def _format(card: FormatCard) -> rx.Component:
    is_on = ExportState.chosen == card.name
    return rx.el.label(
        rx.el.span(
            rx.el.input(
                type="radio",
                name="export-format",
                value=card.name,
                checked=is_on,
                on_change=ExportState.choose(card.name),
                class_name=RADIO,
            ),
            rx.el.b(card.label, class_name="font-semibold truncate"),
            class_name="flex items-center gap-2 min-w-0",
        ),
        rx.el.span(card.description, class_name="text-small text-ink-2"),
        rx.el.span(card.needs, class_name="text-small text-ink-3"),
        rx.cond(
            card.is_empty,
            rx.el.span(
                icon("triangle-alert", 12, "mt-[2px]"),
                rx.el.span("No record qualifies"),
                class_name="flex gap-1 text-label text-warn",
            ),
            rx.el.span(
                card.qualifying,
                title=card.lacks,
                class_name="text-label font-medium text-accent-text",
            ),
        ),
        rx.el.span(
            rx.el.span(card.suffix),
            rx.el.span(card.name),
            class_name="mt-auto pt-1 flex justify-between gap-2 font-mono text-label text-ink-3",
        ),
        class_name=rx.cond(
            is_on,
            f"{_FORMAT} border-accent-text bg-accent-soft shadow-glow",
            f"{_FORMAT} border-line bg-surface-1 hover:border-line-strong",
        ),
    )


def _options() -> rx.Component:
    return rx.el.section(
        _title("2", "Options"),
        rx.el.div(
            checkbox(
                "Write the test split to its own file (80/20 by topic; a trace stays on one side)",
                checked=ExportState.include_test,
                on_change=ExportState.toggle_test,
            ),
            checkbox(
                "Add metadata.json beside the data",
                checked=ExportState.include_metadata,
                on_change=ExportState.toggle_metadata,
            ),
            class_name="grid gap-1 text-ink-2",
        ),
    )


def _preview() -> rx.Component:
    return rx.el.section(
        _title(
            "3",
            "Preview",
            rx.el.div(
                segmented(
                    segment(
                        "Pretty",
                        is_on=ExportState.is_pretty,
                        on_click=ExportState.choose_pretty(True),
                    ),
                    segment(
                        "Raw bytes",
                        is_on=ExportState.is_raw,
                        on_click=ExportState.choose_pretty(False),
                    ),
                    label="How the preview shows",
                ),
                icon_button(
                    "copy",
                    "Copy these rows",
                    size="sm",
                    on_click=[rx.set_clipboard(_PREVIEW.text), rx.toast.success("Rows copied")],
                    disabled=ExportState.is_blocked,
                ),
                class_name="ml-auto flex items-center gap-1",
            ),
        ),
        rx.cond(
            ExportState.preview_fault != "",
            notice("No row can be written.", ExportState.preview_fault, tone="warn"),
            rx.el.div(
                json_view(
                    _PREVIEW.rows,
                    label="First rows of the file",
                    is_pretty=ExportState.is_pretty,
                    is_numbered=True,
                    cut_above=240,
                    class_name="rounded-none py-2.5 max-h-[380px]",
                ),
                rx.cond(
                    _PREVIEW.more != "",
                    rx.el.p(
                        _PREVIEW.more, class_name=f"{WITNESS} px-3.5 py-[7px] border-t border-line"
                    ),
                ),
                class_name=f"{CARD} overflow-hidden",
            ),
        ),
    )


def _facts() -> rx.Component:
    return rx.cond(
        ExportState.is_blocked,
        rx.fragment(),
        rx.el.dl(
            _fact("Format", ExportState.chosen_label),
            _fact("Records", _PREVIEW.num_records),
            _fact("Split", _PREVIEW.split),
            rx.el.dt("Files", class_name="text-ink-3"),
            rx.el.dd(
                rx.foreach(
                    _PREVIEW.files,
                    lambda name: rx.el.span(
                        name, class_name="font-mono px-[5px] rounded-badge bg-press text-ink-2"
                    ),
                ),
                class_name="m-0 flex flex-wrap gap-1",
            ),
            _fact("Size", _PREVIEW.size),
            class_name=f"{CARD} p-3.5 m-0 grid grid-cols-[80px_minmax(0,1fr)] gap-x-3 gap-y-[7px]"
            " text-small",
        ),
    )


def _fact(name: str, value: Content) -> rx.Component:
    return rx.fragment(rx.el.dt(name, class_name="text-ink-3"), rx.el.dd(value, class_name="m-0"))


def _progress() -> rx.Component:
    return rx.cond(
        ExportState.is_running,
        rx.el.div(
            rx.el.div(
                rx.el.b("Writing the export", class_name="font-semibold"),
                rx.el.span(ExportState.job.words, class_name="text-small text-ink-2 tabular-nums"),
                button(
                    "Cancel",
                    size="sm",
                    on_click=ExportState.cancel,
                    disabled=ExportState.job.is_cancelling | (ExportState.job.id == ""),
                    class_name="ml-auto",
                ),
                class_name="flex items-center gap-2.5",
            ),
            progress_bar(ExportState.job.percent, "Writing the export"),
            role="status",
            class_name="grid gap-2.5 px-3 py-2.5 rounded-card border border-info-line bg-info-soft",
        ),
    )


def _history() -> rx.Component:
    return rx.cond(
        ExportState.history,
        rx.el.section(
            rx.el.div(
                rx.el.h3("Recent exports", class_name=SECTION_TITLE),
                rx.el.span("of this dataset", class_name=WITNESS),
                class_name="flex items-center justify-between mb-1.5",
            ),
            rx.el.div(
                table(
                    head("Format"),
                    head("Rows"),
                    head("Size", is_number=True),
                    head("Made"),
                    head(),
                    rows=rx.foreach(ExportState.history, _made),
                    label="Recent exports",
                ),
                class_name=f"{CARD} overflow-x-auto",
            ),
        ),
    )


def _made(row: ExportRow) -> rx.Component:
    return rx.el.tr(
        cell(badge(row.format)),
        cell(row.rows, class_name="text-ink-2 whitespace-nowrap"),
        cell(row.size, is_number=True, class_name="text-ink-2 whitespace-nowrap"),
        cell(row.made, class_name="text-ink-3 whitespace-nowrap"),
        cell(
            icon_button(
                "download",
                f"Download {row.file_name} again",
                size="sm",
                on_click=ExportState.download(row.id, row.file_name),
            ),
            class_name="text-right w-9",
        ),
        class_name=ROW,
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            *(skeleton("h-[116px]") for _ in range(4)), class_name="grid grid-cols-2 gap-2.5"
        ),
        skeleton("h-[240px]"),
        skeleton_lines("Counting what each format can take", "w-1/3"),
        class_name="grid grid-cols-2 gap-7 max-desk:grid-cols-1",
    )
