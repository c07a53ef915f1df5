"""Step 3: the bytes, what to expect of the file, options, and the button."""

import reflex as rx

from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.export_tab.parts import fact, step_title, until_chosen
from rft_app.ui.components.export_tab.settings import grade_button, settings
from rft_app.ui.components.icon import icon
from rft_app.ui.components.json_view import json_view
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.state.export_tab import ExportTabState
from rft_app.ui.state.export_tab_view import VariantChip
from rft_app.ui.theme import CARD, CARD_HEADER, WITNESS

_PREVIEW = ExportTabState.preview


def previewing() -> rx.Component:
    """All of step 3; it waits for a dataset."""
    return rx.el.section(
        step_title("3", "Preview and export", _variants()),
        until_chosen(
            ExportTabState.dataset_id != "",
            rx.el.div(
                rx.cond(
                    ExportTabState.read_fault != "",
                    _unread(),
                    rx.cond(
                        ExportTabState.preview_fault != "",
                        notice(
                            "No row can be written.",
                            ExportTabState.preview_fault,
                            tone="warn",
                        ),
                        _rows(),
                    ),
                ),
                _facts(),
                settings(),
                _failure(),
                _download(),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
            ),
        ),
    )


def _variants() -> rx.Component:
    return rx.cond(
        ExportTabState.variants,
        rx.el.div(
            segmented(rx.foreach(ExportTabState.variants, _variant), label="Kind of rows"),
            class_name="ml-auto min-w-0",
        ),
    )


def _variant(variant: VariantChip) -> rx.Component:
    return segment(
        variant.label,
        is_on=ExportTabState.chosen == variant.name,
        on_click=ExportTabState.choose_variant(variant.name),
    )


def _rows() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(
                rx.cond(_PREVIEW.file_name != "", _PREVIEW.file_name, "First rows"),
                class_name="font-mono",
            ),
            rx.el.span(_PREVIEW.shown, class_name=f"{WITNESS} truncate"),
            rx.el.div(
                segmented(
                    segment(
                        "Pretty",
                        is_on=ExportTabState.is_pretty,
                        on_click=ExportTabState.choose_pretty(True),
                    ),
                    segment(
                        "Raw",
                        is_on=ExportTabState.is_raw,
                        on_click=ExportTabState.choose_pretty(False),
                    ),
                    label="How the preview shows",
                ),
                icon_button(
                    "copy",
                    "Copy these rows",
                    size="sm",
                    on_click=[rx.set_clipboard(_PREVIEW.text), rx.toast.success("Rows copied")],
                    disabled=ExportTabState.is_blocked,
                ),
                class_name="ml-auto flex items-center gap-1 shrink-0",
            ),
            class_name=f"{CARD_HEADER} text-small",
        ),
        json_view(
            _PREVIEW.rows,
            label="First rows of the file",
            is_pretty=ExportTabState.is_pretty,
            is_numbered=True,
            cut_above=240,
            class_name="rounded-none py-2.5 min-h-[120px] max-h-[280px]",
        ),
        rx.cond(
            _PREVIEW.more != "",
            rx.el.p(
                _PREVIEW.more,
                rx.cond(ExportTabState.shuffle, " · in an order drawn with the seed", ""),
                class_name=f"{WITNESS} px-3.5 py-[7px] border-t border-line",
            ),
        ),
        rx.cond(
            _PREVIEW.is_time_open,
            rx.el.p(
                "created_at shows now; the file has the moment of the export.",
                class_name=f"{WITNESS} px-3.5 py-[7px] border-t border-line",
            ),
        ),
        class_name=f"{CARD} overflow-hidden",
    )


def _unread() -> rx.Component:
    return notice(
        "What is chosen could not be read.",
        ExportTabState.read_fault,
        tone="bad",
        action=button("Read again", size="sm", on_click=ExportTabState.read_again),
    )


def _facts() -> rx.Component:
    return rx.cond(
        ExportTabState.is_blocked,
        rx.fragment(),
        rx.el.dl(
            fact("Format", ExportTabState.chosen_label),
            fact("Examples", _PREVIEW.examples, _PREVIEW.split),
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
            fact("Size", _PREVIEW.size),
            fact("Tokens", _PREVIEW.tokens),
            rx.cond(_PREVIEW.too_long != "", fact("Too long", _too_long())),
            rx.cond(_PREVIEW.zero_reward != "", fact("Reward 0", _zero_reward())),
            rx.cond(
                _PREVIEW.left_out != "",
                fact("Left out", rx.el.span(_PREVIEW.left_out, class_name="text-warn")),
            ),
            class_name=f"{CARD} p-3.5 m-0 grid grid-cols-[80px_minmax(0,1fr)] gap-x-3 gap-y-[7px]"
            " text-small",
        ),
    )


def _too_long() -> rx.Component:
    return rx.fragment(
        rx.el.span(_PREVIEW.too_long, class_name="text-warn"),
        " Train with ",
        rx.el.code(
            _PREVIEW.limit_option, class_name="font-mono px-[5px] rounded-badge bg-press text-ink-2"
        ),
        rx.cond(ExportTabState.include_metadata, ", as metadata.json will say.", "."),
    )


def _zero_reward() -> rx.Component:
    return rx.fragment(
        rx.el.span(_PREVIEW.zero_reward, class_name="text-warn"), " ", grade_button()
    )


def _failure() -> rx.Component:
    return rx.cond(
        (ExportTabState.fault != "") & (ExportTabState.dataset_id != ""),
        notice(
            ExportTabState.fault,
            tone="bad",
            action=button("Retry export", size="sm", on_click=ExportTabState.start),
        ),
    )


def _download() -> rx.Component:
    return rx.el.div(
        button(
            rx.cond(
                ExportTabState.is_running,
                rx.fragment(
                    icon("loader-circle", 15, "animate-spin motion-reduce:animate-none"),
                    "Generating…",
                ),
                rx.fragment(
                    icon("download", 15),
                    "Download export",
                    rx.cond(
                        _PREVIEW.size != "",
                        rx.el.span(_PREVIEW.size, class_name="font-normal tabular-nums"),
                    ),
                ),
            ),
            variant="primary",
            size="lg",
            on_click=ExportTabState.start,
            disabled=ExportTabState.is_blocked | ExportTabState.is_running,
            class_name="w-full justify-center",
        ),
        rx.cond(ExportTabState.is_running, _progress()),
        class_name="grid gap-3 desk:sticky desk:bottom-0 desk:py-3 desk:-my-3 desk:bg-ground",
    )


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b("Writing the export", class_name="font-semibold"),
            rx.el.span(ExportTabState.job.words, class_name="text-small text-ink-2 tabular-nums"),
            button(
                "Cancel",
                size="sm",
                on_click=ExportTabState.cancel,
                disabled=ExportTabState.job.is_cancelling | (ExportTabState.job.id == ""),
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2.5",
        ),
        rx.cond(
            _PREVIEW.is_large,
            progress_bar(ExportTabState.job.percent, "Writing the export"),
        ),
        rx.el.p(
            "It goes on when you leave this page, and waits under recent exports.",
            class_name=WITNESS,
        ),
        role="status",
        class_name="grid gap-2 px-3 py-2.5 rounded-card border border-info-line bg-info-soft",
    )
