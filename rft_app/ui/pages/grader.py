"""Route `/optimization/{id}/grader`: the grader lab, everything of step 4 on a page."""

import reflex as rx

from rft_app.ui.components.button import button, link
from rft_app.ui.components.grader_attack import grader_attack
from rft_app.ui.components.grader_calibration import grader_calibration
from rft_app.ui.components.grader_difference import grader_difference
from rft_app.ui.components.grader_editor import grader_editor
from rft_app.ui.components.grader_saving import grader_buttons, grader_effect
from rft_app.ui.components.grader_trial import grader_trial
from rft_app.ui.components.grader_versions import grader_versions
from rft_app.ui.components.icon import icon
from rft_app.ui.components.leave_guard import leave_guard
from rft_app.ui.components.missing import missing
from rft_app.ui.components.notice import notice
from rft_app.ui.components.shell import crumbs, shell
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.status import status_badge
from rft_app.ui.state.grader import GraderState
from rft_app.ui.state.grader_attack import GraderAttackState
from rft_app.ui.state.grader_page import GraderPageState
from rft_app.ui.state.grader_trial import GraderTrialState
from rft_app.ui.state.grader_versions import GraderVersionsState
from rft_app.ui.state.modal import ModalState
from rft_app.ui.theme import (
    BUTTON,
    BUTTON_VARIANTS,
    CARD,
    ICON_BUTTON_SIZES,
    PAGE_TITLE,
    WITNESS,
)

_COLUMNS = (
    "grid gap-5 grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)] max-desk:grid-cols-[minmax(0,1fr)]"
)
_PINNED = "min-w-0 desk:sticky desk:top-0 desk:h-[calc(100vh-200px)] desk:overflow-auto"


def grader_page() -> rx.Component:
    """The lab, or why there is none."""
    home = f"/optimization/{GraderPageState.id}"
    return shell(
        rx.cond(
            GraderPageState.is_missing,
            missing(),
            rx.cond(
                GraderPageState.is_loaded,
                _lab(home),
                rx.el.main(
                    rx.cond(GraderPageState.error != "", _failed(), _loading()),
                    class_name="grow p-6 max-wide:p-4",
                ),
            ),
        ),
        leave_guard(
            ModalState,
            "What you changed in the grader is not saved. It stays in this tab only until another"
            " dataset is opened.",
            is_on=ModalState.unsaved != "",
            kept_at=[home],
        ),
        place=crumbs(("Datasets", "/optimization"), (GraderPageState.name, home), current="Grader"),
        is_narrow=True,
    )


def _lab(home: str) -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                _head(home),
                _notices(),
                rx.cond(
                    GraderState.is_loading,
                    _loading(),
                    rx.cond(GraderVersionsState.is_comparing, _difference(), _workbench()),
                ),
                class_name="mx-auto max-w-[1560px] grid grid-cols-[minmax(0,1fr)] gap-4",
            ),
            class_name="grow min-h-0 overflow-auto px-6 pt-5 pb-8 max-wide:px-4 max-wide:pt-3"
            " max-wide:overflow-visible",
        ),
        rx.el.footer(
            rx.el.div(grader_effect(), class_name="text-small text-ink-3 min-w-0 grow"),
            *grader_buttons(),
            class_name="flex items-center gap-2 min-h-14 shrink-0 px-6 py-2 border-t border-line"
            " bg-surface-1 max-wide:flex-wrap max-wide:px-4 max-wide:[&>button]:grow"
            " max-wide:sticky max-wide:bottom-[60px] max-wide:mb-[60px] max-wide:z-bar",
        ),
        on_mount=GraderState.load,
        on_unmount=GraderState.leave,
        class_name="grow min-h-0 flex flex-col",
    )


def _head(home: str) -> rx.Component:
    return rx.el.div(
        link(
            icon("arrow-left", 15),
            href=home,
            aria_label="Back to the canvas",
            title="Back to the canvas",
            class_name=f"{BUTTON} {BUTTON_VARIANTS['ghost']} {ICON_BUTTON_SIZES['md']}",
        ),
        rx.el.h1("Grader", class_name=PAGE_TITLE),
        rx.cond(
            GraderState.is_loading,
            rx.fragment(),
            rx.fragment(
                status_badge(GraderState.status, GraderState.status_label),
                rx.cond(
                    GraderState.current_label != "",
                    rx.el.span(
                        f"{GraderState.current_label} · saved {GraderState.saved_at}",
                        class_name=f"{WITNESS} truncate min-w-0",
                    ),
                ),
            ),
        ),
        class_name="flex items-center gap-2 -ml-2 min-w-0",
    )


def _notices() -> rx.Component:
    return rx.fragment(
        rx.cond(GraderState.fault != "", notice(GraderState.fault, tone="bad")),
        rx.cond(GraderPageState.error != "", _failed()),
    )


def _workbench() -> rx.Component:
    """What is edited stays in sight beside what is found out about it."""
    return rx.el.div(
        rx.el.div(
            rx.el.div(grader_editor(), class_name="grid min-h-[560px] desk:min-h-full"),
            class_name=_PINNED,
        ),
        rx.el.div(
            grader_trial(),
            grader_attack(),
            grader_calibration(GraderPageState.id),
            grader_versions(),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-4 content-start min-w-0",
        ),
        on_mount=[GraderAttackState.enter, GraderTrialState.enter, GraderTrialState.show_sources],
        on_unmount=[GraderAttackState.leave, GraderTrialState.leave],
        class_name=f"{_COLUMNS} items-start",
    )


def _difference() -> rx.Component:
    return rx.el.div(grader_difference(), class_name=f"{CARD} min-h-[520px] flex flex-col")


def _failed() -> rx.Component:
    return notice(
        "The dataset could not be read.",
        GraderPageState.error,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=GraderPageState.reload),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            skeleton("h-8 w-full"), skeleton("h-64 w-full"), class_name=f"{CARD} p-3.5 grid gap-4"
        ),
        rx.el.div(skeleton_lines("Loading grader"), class_name=CARD),
        class_name=_COLUMNS,
    )
