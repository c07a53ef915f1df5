"""What every step's dialog has around its own content: states, progress, notices."""

import reflex as rx

from rft_app.domain.pipeline import STEPS, StepName
from rft_app.ui.components.button import button
from rft_app.ui.components.empty_state import empty_state
from rft_app.ui.components.job_notice import job_notice
from rft_app.ui.components.modal import modal_body, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.components.status import status_badge
from rft_app.ui.content import Content
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.step_modal import StepModal
from rft_app.ui.steps import WORDS


def step_dialog(
    state: type[StepModal],
    *content: rx.Component,
    witness: Content,
    footer: rx.Component,
    actions: rx.Component | None = None,
    settings: rx.Component | None = None,
    width: str = "wide",
) -> rx.Component:
    """The dialog of one step.

    Args:
        state: The step's own state.
        *content: Its result; shown once there is one, also while a new one is made.
        witness: Small print beside the title.
        footer: Made by `modal_footer`.
        actions: Controls in the header.
        settings: What can be set before the first run.
        width: As in `modal_frame`.
    """
    name = WORDS[state.step].name
    return modal_frame(
        modal_header(
            name,
            on_close=ModalState.close,
            number=state.step.number,
            witness=witness,
            actions=_actions(state, actions),
        ),
        modal_body(
            rx.el.div(
                _notices(state, width),
                rx.cond(
                    state.is_loading,
                    _skeleton(state.step),
                    rx.cond(
                        state.has_result,
                        rx.fragment(*content),
                        rx.cond(state.is_running, _skeleton(state.step), _empty(state, settings)),
                    ),
                ),
                on_mount=state.load,
                on_unmount=state.leave,
                class_name="flex flex-col min-h-full wide:h-full"
                if width == "list"
                else "flex flex-col min-h-full",
            ),
            class_name="",
        ),
        footer,
        is_open=ModalState.open_name == state.step.value,
        on_close=ModalState.close,
        title=name,
        width=width,
    )


def _actions(state: type[StepModal], actions: rx.Component | None) -> rx.Component:
    return rx.el.div(
        rx.cond(
            state.is_loading,
            rx.fragment(),
            rx.el.span(
                status_badge(state.status, state.status_label), class_name="max-wide:hidden"
            ),
        ),
        actions if actions is not None else rx.fragment(),
        class_name="flex items-center gap-2",
    )


def run_button(
    state: type[StepModal], *, variant: str = "primary", name: Content = ""
) -> rx.Component:
    """Starts the step, the first time or again; off while it cannot, with the reason beside it.

    Args:
        state: The step's own state.
        variant: As of `button`.
        name: Its words, where they are others than those of the step.
    """
    words = WORDS[state.step]
    is_blocked = state.is_loading | state.is_running | (state.status == "waiting")
    return button(
        name or rx.cond(state.has_result, words.again, words.start or words.verb),
        variant=variant,
        icon="refresh-cw",
        on_click=state.run,
        disabled=is_blocked,
    )


def run_effect(state: type[StepModal], effect: Content) -> rx.Component:
    """The footer's left side: why the button is off, else what it will do."""
    return rx.cond(
        state.is_running,
        rx.cond(
            state.has_result,
            "Running. The old result stays until the new one is there.",
            "Running. It goes on when you close this dialog.",
        ),
        rx.cond(
            state.is_loading,
            "",
            rx.cond(state.status == "waiting", STEPS[state.step].needs, effect),
        ),
    )


def _notices(state: type[StepModal], width: str) -> rx.Component:
    edge = "pb-4 border-b border-line" if width == "list" else ""
    return rx.el.div(
        rx.cond(state.fault != "", notice(state.fault, tone="bad")),
        rx.cond(state.is_running, job_notice(state, _running(state))),
        rx.cond(
            (state.error != "") & ~state.is_running,
            notice("The last run failed.", state.error, tone="bad"),
        ),
        rx.cond(
            (state.stale_reason != "") & ~state.is_running,
            notice("Out of date.", state.stale_reason, tone="warn"),
        ),
        class_name=f"grid gap-3 px-5 pt-4 empty:hidden max-wide:px-4 {edge}",
    )


def _running(state: type[StepModal]) -> rx.Var[str]:
    own = f"{WORDS[state.step].name} is running"
    return rx.cond(state.job.name != "", state.job.name + " is running", own)


def _skeleton(step: StepName) -> rx.Component:
    return rx.el.div(
        skeleton("h-24 w-full"),
        skeleton("h-24 w-full"),
        rx.el.div(skeleton_lines(f"Loading {WORDS[step].name.lower()}"), class_name="col-span-2"),
        class_name="grid grid-cols-2 gap-4 p-5 max-wide:p-4",
    )


def _empty(state: type[StepModal], settings: rx.Component | None) -> rx.Component:
    words = WORDS[state.step]
    return rx.el.div(
        empty_state(
            rx.cond(state.error != "", "No result yet", f"No {words.name.lower()} yet"),
            rx.cond(
                state.status == "waiting",
                f"{words.purpose} {STEPS[state.step].needs}.",
                words.purpose,
            ),
            icon_name=words.icon,
        ),
        rx.cond(
            state.status != "waiting",
            rx.el.div(settings, class_name="max-w-[440px] mx-auto px-5 pb-8")
            if settings is not None
            else rx.fragment(),
        ),
    )
