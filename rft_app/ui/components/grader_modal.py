"""The dialog of step 4: the editor, trial and attacks beside it, versions and differences."""

import reflex as rx

from rft_app.ui.components.button import button_link
from rft_app.ui.components.grader_attack import grader_attack
from rft_app.ui.components.grader_calibration import grader_calibration
from rft_app.ui.components.grader_difference import grader_difference
from rft_app.ui.components.grader_editor import grader_editor
from rft_app.ui.components.grader_saving import grader_buttons, grader_effect
from rft_app.ui.components.grader_trial import grader_trial
from rft_app.ui.components.grader_versions import grader_versions
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.step_dialog import step_dialog
from rft_app.ui.state.dataset import DatasetState
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_attack import GraderAttackState
from rft_app.ui.state.grader_trial import GraderTrialState
from rft_app.ui.state.grader_versions import GraderVersionsState


def grader_modal() -> rx.Component:
    """What a good answer is."""
    return step_dialog(
        GraderState,
        rx.el.div(
            rx.cond(GraderVersionsState.is_comparing, grader_difference(), _workbench()),
            on_mount=[
                GraderAttackState.enter,
                GraderTrialState.enter,
                GraderTrialState.show_sources,
            ],
            on_unmount=[GraderAttackState.leave, GraderTrialState.leave],
            class_name="contents",
        ),
        witness=rx.cond(
            GraderState.current_label != "",
            rx.fragment(f"{GraderState.current_label} · saved {GraderState.saved_at}"),
        ),
        footer=modal_footer(grader_effect(), *grader_buttons()),
        actions=button_link(
            rx.el.span("Open as a page", class_name="max-wide:sr-only"),
            href=f"/optimization/{DatasetState.id}/grader",
            variant="ghost",
            size="sm",
            icon="maximize-2",
        ),
    )


def _workbench() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(grader_editor(), class_name="grid min-h-full"),
            class_name="min-w-0 max-desk:grid desk:sticky desk:top-5"
            " desk:h-[calc(100vh-212px)] desk:overflow-auto",
        ),
        rx.el.div(
            grader_trial(),
            grader_attack(),
            grader_calibration(DatasetState.id),
            grader_versions(),
            class_name="grid gap-3.5 content-start min-w-0",
        ),
        class_name="grow grid grid-cols-[minmax(0,1fr)_420px] gap-5 p-5 items-start"
        " max-desk:grid-cols-1 max-wide:p-4",
    )
