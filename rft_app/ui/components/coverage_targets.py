"""The editor of targets: a table with a field for every topic, and their sum."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.field import text_input
from rft_app.ui.components.notice import notice
from rft_app.ui.components.table import ROW, cell, head, table
from rft_app.ui.state.coverage import CoverageState
from rft_app.ui.state.coverage_targets import TargetRow
from rft_app.ui.theme import WITNESS


def targets_editor() -> rx.Component:
    """Fields, sum, buttons."""
    return rx.el.div(
        rx.cond(
            CoverageState.targets_fault != "",
            rx.el.div(
                rx.cond(
                    CoverageState.is_target_conflict,
                    notice(
                        CoverageState.targets_fault,
                        tone="warn",
                        action=button(
                            "Reload the topics, keep what I typed",
                            size="sm",
                            icon="refresh-cw",
                            on_click=CoverageState.reload_targets,
                        ),
                    ),
                    notice(CoverageState.targets_fault, tone="bad"),
                ),
                class_name="p-3.5",
            ),
        ),
        table(
            head("Topic"),
            head("Share now", is_number=True),
            head("Target in percent", is_number=True),
            rows=rx.foreach(CoverageState.targets, _row),
            label="Targets of the topics",
        ),
        rx.el.div(
            rx.cond(
                CoverageState.sum_fault != "",
                rx.el.span(CoverageState.sum_fault, role="alert", class_name="text-small text-bad"),
                rx.el.span(CoverageState.sum_words, role="status", class_name=WITNESS),
            ),
            rx.el.div(
                button("Make all equal", size="sm", on_click=CoverageState.equal_targets),
                button("Cancel", size="sm", on_click=CoverageState.cancel_targets),
                button(
                    "Save targets",
                    size="sm",
                    variant="primary",
                    on_click=CoverageState.save_targets,
                    disabled=(CoverageState.sum_fault != "")
                    | CoverageState.is_saving
                    | CoverageState.is_target_conflict,
                ),
                class_name="flex gap-2 ml-auto",
            ),
            class_name="flex flex-wrap items-center gap-3 px-3.5 py-3 border-t border-line"
            " wide:sticky bottom-0 bg-surface-1 rounded-b-card",
        ),
    )


def _row(row: rx.vars.ObjectVar[TargetRow]) -> rx.Component:
    return rx.el.tr(
        cell(
            rx.el.span(row.name, title=row.name, class_name="block truncate"),
            class_name="max-w-0 w-full",
        ),
        cell(row.share, is_number=True, class_name="text-ink-3"),
        cell(
            text_input(
                value=row.text,
                on_change=lambda text: CoverageState.type_target(row.key, text),
                placeholder=row.equal,
                input_mode="decimal",
                aria_label=f"Target of {row.name} in percent",
                suffix=rx.el.span("%", class_name="text-ink-3"),
                class_name="!min-h-7 w-[104px] ml-auto max-wide:!min-h-10",
            ),
            is_number=True,
        ),
        key=row.key,
        class_name=ROW,
    )
