"""The dialog of step 4: the editor, trial and attacks beside it, versions and differences."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.grader_attack import grader_attack
from rft_app.ui.components.grader_difference import grader_difference
from rft_app.ui.components.grader_editor import grader_editor
from rft_app.ui.components.grader_trial import grader_trial
from rft_app.ui.components.grader_versions import grader_versions
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_attack import GraderAttackState
from rft_app.ui.state.grader_versions import GraderVersionsState
from rft_app.ui.state.modal import ModalState


def grader_modal() -> rx.Component:
    """What a good answer is."""
    return step_dialog(
        GraderState,
        rx.el.div(
            rx.cond(GraderVersionsState.is_comparing, grader_difference(), _workbench()),
            on_mount=GraderAttackState.enter,
            on_unmount=GraderAttackState.leave,
            class_name="contents",
        ),
        witness=rx.cond(
            GraderState.current_label != "",
            rx.fragment(f"{GraderState.current_label} · saved {GraderState.saved_at}"),
        ),
        footer=modal_footer(_footer_words(), *_buttons()),
    )


def _workbench() -> rx.Component:
    return rx.el.div(
        grader_editor(),
        rx.el.div(
            grader_trial(),
            grader_attack(),
            grader_versions(),
            class_name="grid gap-3.5 content-start min-w-0",
        ),
        class_name="grow grid grid-cols-[minmax(0,1fr)_420px] gap-5 p-5 min-h-0"
        " max-desk:grid-cols-1 max-wide:p-4",
    )


def _buttons() -> tuple[rx.Component, ...]:
    return (
        button(
            "Discard changes",
            on_click=GraderState.discard,
            disabled=~GraderState.has_changes,
            class_name="max-wide:hidden",
        ),
        rx.cond(
            ~GraderState.has_changes & (GraderState.current_label != ""),
            rx.fragment(
                _save("default", disabled=True),
                button(
                    "Go to the dry run",
                    variant="primary",
                    icon="arrow-right",
                    on_click=ModalState.open_step("dry_run"),
                ),
            ),
            _save(
                "primary",
                disabled=GraderState.is_loading
                | GraderState.is_saving
                | (GraderState.fault_message != ""),
            ),
        ),
    )


def _save(variant: str, *, disabled: rx.Var[bool] | bool) -> rx.Component:
    return button(
        f"Save as {GraderState.next_version}",
        variant=variant,
        on_click=GraderState.save,
        disabled=disabled,
    )


def _footer_words() -> rx.Component:
    return rx.cond(
        GraderState.save_fault != "",
        rx.el.span(GraderState.save_fault, role="alert", class_name="text-bad"),
        rx.cond(
            GraderState.fault_message != "",
            rx.cond(
                GraderState.fault_line > 0,
                rx.fragment(f"Mend line {GraderState.fault_line} to save."),
                rx.fragment("Mend the fault to save."),
            ),
            rx.cond(
                GraderState.has_changes,
                rx.fragment(
                    "Unsaved changes. Saving makes a new version and marks the dry run as out of"
                    " date."
                ),
                rx.cond(
                    GraderState.current_label != "",
                    rx.fragment("No unsaved changes."),
                    rx.fragment("Nothing is saved yet. Dry runs need a saved version."),
                ),
            ),
        ),
    )
