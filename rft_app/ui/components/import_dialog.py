"""The dialog that adds or replaces records, or adds recorded answers, from a file."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import field
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.notice import missing_answers, notice
from rft_app.ui.components.scrub_form import scrub_choice
from rft_app.ui.components.upload_preview import fault_line, looked_at
from rft_app.ui.components.upload_zone import (
    checking,
    drop_zone,
    format_requirements,
    refused,
    rollout_requirements,
    uploading,
)
from rft_app.ui.content import has_items
from rft_app.ui.state.import_records import RECORDS, ROLLOUTS, ImportState
from rft_app.ui.state.modal import IMPORT_RECORDS, SNAPSHOTS, ModalState
from rft_app.ui.theme import LABEL

TITLE = "Import records"


def _segments(*segments: rx.Component, label: str) -> rx.Component:
    return rx.el.div(segmented(*segments, label=label))


def _kind() -> rx.Component:
    return field(
        "The file holds",
        _segments(
            segment(
                "Records",
                is_on=ImportState.kind == RECORDS,
                on_click=ImportState.choose_kind(RECORDS),
            ),
            segment(
                "Rollouts",
                is_on=ImportState.kind == ROLLOUTS,
                on_click=ImportState.choose_kind(ROLLOUTS),
            ),
            label="The file holds",
        ),
        hint=rx.cond(
            ImportState.kind == ROLLOUTS,
            "Answers of a model to records that are here, to be graded by the dry run.",
            "Conversations. Each becomes one record, or one per answer, as Extract is set.",
        ),
    )


def _mode() -> rx.Component:
    return field(
        "Records that are here",
        _segments(
            segment(
                "Add to them",
                is_on=ImportState.mode == "append",
                on_click=ImportState.choose_mode("append"),
            ),
            segment(
                "Replace them",
                is_on=ImportState.mode == "replace",
                on_click=ImportState.choose_mode("replace"),
            ),
            label="Records that are here",
        ),
        hint=rx.cond(
            ImportState.mode == "replace",
            "They are archived and kept as a snapshot, which you can restore.",
            "Edits, topics and tags stay. Repeated rows are marked as duplicates.",
        ),
    )


def _before() -> rx.Component:
    return rx.el.div(
        drop_zone(ImportState),
        rx.cond(ImportState.kind == ROLLOUTS, rollout_requirements(), format_requirements()),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _file() -> rx.Component:
    return rx.el.div(
        rx.match(
            ImportState.stage,
            ("uploading", uploading(ImportState)),
            ("checking", checking()),
            ("ready", looked_at(ImportState)),
            ("failed", rx.fragment(refused(ImportState), _before())),
            _before(),
        ),
        class_name="min-w-0",
    )


def _form() -> rx.Component:
    return rx.el.div(
        _file(),
        rx.el.div(
            _kind(),
            rx.cond(
                (ImportState.kind == RECORDS) & (ImportState.num_records > 0),
                _mode(),
            ),
            rx.cond(
                ImportState.kind == RECORDS,
                scrub_choice(
                    ImportState,
                    "import",
                    words="Preview on this file",
                    can_preview=ImportState.can_preview,
                    effect="Replaced before the rows of the file are stored."
                    " What is here stays as it is.",
                ),
            ),
            class_name="grid gap-5 content-start max-wide:order-first",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)_320px] gap-6 max-desk:grid-cols-1"
        " max-desk:[&>*:last-child]:order-first",
    )


def _result() -> rx.Component:
    result = ImportState.result
    return rx.el.div(
        rx.cond(
            result.is_failed,
            notice(result.title, result.words, tone="bad"),
            rx.cond(
                result.has_replaced,
                notice(
                    result.title,
                    result.words,
                    tone="ok",
                    action=button(
                        "Show snapshots", size="sm", on_click=ModalState.open_dialog(SNAPSHOTS)
                    ),
                ),
                notice(result.title, result.words, tone="ok"),
            ),
        ),
        missing_answers(result.without_answers),
        rx.cond(
            has_items(ImportState.bad_lines),
            card(
                rx.el.ul(rx.foreach(ImportState.bad_lines, fault_line), aria_label="Bad lines"),
                rx.cond(
                    ImportState.has_more,
                    rx.el.div(
                        button("Show more", size="sm", on_click=ImportState.show_more),
                        class_name="p-3 border-t border-line",
                    ),
                ),
                title="Lines with a fault",
                witness=rx.cond(result.num_bad != "", result.num_bad, ""),
                body_class="",
            ),
            rx.cond(
                ~result.is_failed,
                rx.el.p("Every line of the file could be used.", class_name="text-ink-2"),
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
    )


def _footer() -> rx.Component:
    is_over = ImportState.result.title != ""
    return rx.cond(
        is_over,
        modal_footer(
            "",
            button("Import another file", on_click=ImportState.again),
            button("Show the records", variant="primary", on_click=ModalState.open_records("")),
        ),
        modal_footer(
            rx.cond(
                ImportState.is_running,
                "You may close this; the import goes on.",
                rx.cond(ImportState.blocker != "", ImportState.blocker, ImportState.effect),
            ),
            button("Close", on_click=ModalState.close),
            button(
                rx.cond(ImportState.is_starting, "Starting", ImportState.verb),
                variant="primary",
                disabled=(ImportState.blocker != "")
                | ImportState.is_starting
                | ImportState.is_running,
                on_click=ImportState.start,
            ),
        ),
    )


def import_dialog() -> rx.Component:
    """The whole dialog."""
    return modal_frame(
        modal_header(
            TITLE,
            on_close=ModalState.close,
            witness=rx.el.span("into ", ImportState.dataset_name, class_name=LABEL),
        ),
        modal_body(
            rx.el.div(
                rx.cond(ImportState.fault != "", notice(ImportState.fault, tone="bad")),
                rx.cond(
                    ImportState.is_running,
                    job_notice(ImportState, "The file is read"),
                    rx.cond(ImportState.result.title != "", _result(), _form()),
                ),
                on_mount=ImportState.load,
                on_unmount=ImportState.leave,
                class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
            )
        ),
        _footer(),
        is_open=ModalState.open_name == IMPORT_RECORDS,
        on_close=ModalState.close,
        title=TITLE,
    )
