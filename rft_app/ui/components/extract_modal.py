"""The dialog of step 1: how records are cut, what is wrong with the rest, the imported file."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import icon_button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.empty_state import empty_panel
from rft_app.ui.components.field import field, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.near_duplicates import near_duplicates_card
from rft_app.ui.components.notice import missing_answers, notice
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.content import Content
from rft_app.ui.state.extract import ExtractState, FaultRow, ReasonRow
from rft_app.ui.state.modal import ModalState
from rft_app.ui.steps import EVERY_ANSWER, LAST_ANSWER
from rft_app.ui.theme import FIGURE, LABEL, WITNESS


def extract_modal() -> rx.Component:
    """What extraction made of the traces, and how to do it again."""
    return step_dialog(
        ExtractState,
        rx.el.div(
            rx.el.div(_figures(), _settings_card(), class_name="grid gap-3.5 content-start"),
            rx.el.div(
                _reasons(),
                _import(),
                near_duplicates_card(),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-3.5 content-start min-w-0",
            ),
            class_name="grid grid-cols-[400px_minmax(0,1fr)] gap-5 p-5 max-desk:grid-cols-1"
            " max-wide:p-4",
        ),
        witness=rx.cond(
            ExtractState.has_result,
            rx.fragment(f"from {ExtractState.origin} · {ExtractState.last_run}"),
        ),
        settings=_settings(),
        footer=modal_footer(
            run_effect(
                ExtractState,
                rx.cond(
                    ExtractState.has_result,
                    f"Replaces {ExtractState.records} from traces; edited, generated"
                    " and rated ones stay.",
                    "Stores one record per answer and checks each.",
                ),
            ),
            run_button(ExtractState),
        ),
    )


def _figures() -> rx.Component:
    return card(
        rx.el.div(
            _figure("Valid", ExtractState.num_valid, ExtractState.valid_share, "valid"),
            _figure("Invalid", ExtractState.num_invalid, ExtractState.invalid_share, "invalid"),
            _figure("Duplicates", ExtractState.num_duplicates, "", "duplicates"),
            class_name="grid grid-cols-3 gap-3",
        ),
        rx.el.p(
            "A duplicate repeats an earlier valid record. It is kept and counted, but coverage, "
            "dry run and export leave it out.",
            class_name=f"{WITNESS} mt-3",
        ),
        title="Records",
        witness=f"{ExtractState.num_records} in all",
    )


def _figure(words: str, number: Content, witness: Content, preset: str) -> rx.Component:
    return rx.el.div(
        rx.el.p(words, class_name=LABEL),
        rx.el.p(
            number,
            rx.el.small(witness, class_name="text-body font-normal text-ink-3 ml-1.5"),
            class_name=FIGURE,
        ),
        rx.cond(
            number == "0",
            rx.fragment(),
            text_button(
                "Show records", on_click=ModalState.open_records(preset), class_name="text-small"
            ),
        ),
    )


def _settings_card() -> rx.Component:
    return card(_settings(), title="Settings", witness="used by the next run")


def _settings() -> rx.Component:
    return rx.el.div(
        field(
            "Records per trace",
            segmented(
                segment(
                    "Last turn",
                    is_on=ExtractState.mode == "last",
                    on_click=ExtractState.choose_mode("last"),
                ),
                segment(
                    "Every assistant turn",
                    is_on=ExtractState.mode == "every",
                    on_click=ExtractState.choose_mode("every"),
                ),
                label="Records per trace",
                class_name="justify-self-start",
            ),
            hint=rx.cond(
                ExtractState.mode == "last",
                LAST_ANSWER,
                EVERY_ANSWER,
            ),
        ),
        field(
            "Token limit",
            text_input(
                id="token-limit",
                value=ExtractState.max_tokens,
                on_change=ExtractState.set_max_tokens,
                input_mode="numeric",
                suffix=rx.el.span("tokens", class_name="text-small text-ink-3"),
                class_name="!w-44",
            ),
            html_for="token-limit",
            hint="Longer records become invalid with too_long. Estimated at 4 characters a token.",
        ),
        class_name="grid gap-4",
    )


def _reasons() -> rx.Component:
    return card(
        rx.cond(
            ExtractState.reasons,
            rx.el.div(
                table(
                    head("Reason"),
                    head("Records", is_number=True),
                    head("Share", is_number=True),
                    head(),
                    rows=rx.foreach(ExtractState.reasons, _reason),
                    label="Invalid records by reason",
                ),
                class_name="overflow-x-auto",
            ),
            empty_panel("No invalid record", "Every record can be trained on."),
        ),
        title="Why records are invalid",
        witness="never trained on, never exported",
        body_class="",
    )


def _reason(row: ReasonRow) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.button(
                rx.el.span("Show the records with ", class_name="sr-only"),
                rx.el.span(row.code, class_name="font-mono text-small text-bad"),
                rx.el.span(row.text, class_name="block text-small text-ink-2"),
                type="button",
                on_click=ModalState.open_records("reason:" + row.code),
                class_name="block w-full text-left py-1.5",
            )
        ),
        cell(row.num_records, is_number=True),
        cell(row.share, is_number=True, class_name="text-ink-3"),
        cell(icon("chevron-right", 14, "text-ink-3"), class_name="w-6"),
        class_name=f"{ROW} cursor-pointer",
        on_click=ModalState.open_records("reason:" + row.code),
    )


def _import() -> rx.Component:
    return rx.cond(
        ExtractState.source.id != "",
        card(
            rx.el.div(
                rx.el.p(
                    icon("file-text", 14, "text-ink-3"),
                    rx.el.b(
                        ExtractState.source.file_name, class_name="font-mono text-small truncate"
                    ),
                    rx.el.span(ExtractState.source.facts, class_name=f"{WITNESS} truncate"),
                    class_name="flex items-center gap-2 min-w-0",
                ),
                rx.el.p(
                    f"{ExtractState.source.num_lines} lines read · "
                    f"{ExtractState.source.num_parsed} traces stored · "
                    f"{ExtractState.source.num_bad} with a fault",
                    class_name="mt-1 text-small text-ink-2 tabular-nums",
                ),
                rx.cond(
                    ExtractState.source.damage != "",
                    notice(
                        "The file is not whole.",
                        ExtractState.source.damage,
                        tone="bad",
                        class_name="mt-3",
                    ),
                ),
                missing_answers(ExtractState.source.without_answers, class_name="mt-3"),
                class_name="px-3.5 py-3",
            ),
            rx.cond(ExtractState.faults, _faults()),
            title="Import report",
            witness="the latest file",
            body_class="",
        ),
    )


def _faults() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            table(
                head("Line", is_number=True),
                head("Fault"),
                head("Begins with"),
                rows=rx.foreach(ExtractState.faults, _fault),
                label="Bad lines of the file",
            ),
            class_name="overflow-x-auto border-t border-line",
        ),
        rx.cond(
            ExtractState.has_more_faults | ExtractState.has_earlier_faults,
            rx.el.div(
                icon_button(
                    "chevron-left",
                    "Earlier lines",
                    size="sm",
                    variant="default",
                    on_click=ExtractState.previous_faults,
                    disabled=~ExtractState.has_earlier_faults,
                ),
                icon_button(
                    "chevron-right",
                    "Later lines",
                    size="sm",
                    variant="default",
                    on_click=ExtractState.next_faults,
                    disabled=~ExtractState.has_more_faults,
                ),
                class_name="flex justify-end gap-1 p-2 border-t border-line",
            ),
        ),
    )


def _fault(row: FaultRow) -> rx.Component:
    return rx.el.tr(
        cell(row.line, is_number=True, class_name="w-16"),
        cell(badge(row.code, tone="bad", title=row.text), class_name="w-40"),
        cell(
            rx.el.span(
                row.excerpt, title=row.excerpt, class_name="block truncate font-mono text-small"
            ),
            class_name="max-w-0 text-ink-2",
        ),
        class_name=ROW,
    )
