"""Saving a grader: what it will do, and the buttons."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.modal import ModalState


def grader_buttons() -> tuple[rx.Component, ...]:
    """Discard, save, and what comes next."""
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


def grader_effect() -> rx.Component:
    """What saving will do, or why it is off."""
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
