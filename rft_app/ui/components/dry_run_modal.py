"""The dialog of step 5: the verdict with its rules, the rewards, every grade beside its answer."""

import reflex as rx

from rft_app.ui.components.button import button, button_link
from rft_app.ui.components.dry_run_history import dry_run_history
from rft_app.ui.components.dry_run_rollouts import dry_run_rollouts
from rft_app.ui.components.dry_run_verdict import (
    abstentions_card,
    dry_run_verdict,
    failures_card,
    rules_card,
)
from rft_app.ui.components.field import checkbox, field, select, text_input
from rft_app.ui.components.modal import modal_footer
from rft_app.ui.components.reward_charts import (
    criteria_card,
    histogram_card,
    lengths_card,
    topics_card,
)
from rft_app.ui.components.sampling_form import budget_field, sampling_fields
from rft_app.ui.components.step_dialog import run_button, run_effect, step_dialog
from rft_app.ui.content import Content
from rft_app.ui.state.dry_run import DryRunState
from rft_app.ui.state.dry_run_history import DryRunHistoryState
from rft_app.ui.state.modal import ModalState

_REPORT = DryRunState.report


def dry_run_modal() -> rx.Component:
    """Whether training could learn anything from this grader's rewards."""
    return step_dialog(
        DryRunState,
        rx.cond(
            DryRunState.is_settings_open,
            rx.el.div(
                _settings("grid-cols-4 max-desk:grid-cols-2"),
                class_name="px-5 py-4 border-b border-line bg-inset max-wide:px-4",
            ),
        ),
        rx.cond(DryRunHistoryState.is_open, dry_run_history(), _report()),
        witness=rx.cond(DryRunState.has_result, rx.fragment(_REPORT.witness)),
        actions=rx.cond(DryRunState.has_result, _choice()),
        settings=_settings("grid-cols-2"),
        footer=modal_footer(
            rx.fragment(run_effect(DryRunState, _effect()), rx.el.span(" ", DryRunState.paid)),
            rx.cond(
                DryRunState.has_result,
                button(
                    "Settings",
                    icon="settings-2",
                    on_click=DryRunState.toggle_settings,
                    aria_expanded=DryRunState.is_settings_open,
                ),
                rx.cond(
                    ~DryRunState.is_loading
                    & ((DryRunState.error != "") | (DryRunState.status == "waiting")),
                    button("Open grader", on_click=ModalState.open_step("grader")),
                ),
            ),
            _next(),
        ),
    )


def _effect() -> rx.Component:
    return rx.cond(
        DryRunState.left != "",
        rx.fragment("Go on: ", DryRunState.left, " Start anew: ", DryRunState.effect),
        rx.fragment(
            rx.cond(
                DryRunState.has_result,
                f"Snapshot {_REPORT.snapshot} · {_REPORT.settings}. ",
                rx.cond(
                    DryRunState.is_sampled,
                    "Grades a model's answers with the saved grader. ",
                    "Grades recorded answers with the saved grader. ",
                ),
            ),
            DryRunState.effect,
        ),
    )


def _next() -> rx.Component:
    """One filled button: go on with a stopped run, follow the verdict, or run."""
    is_current = (DryRunState.stale_reason == "") & ~DryRunState.is_running
    again = run_button(DryRunState, variant="default")
    return rx.cond(
        DryRunState.left != "",
        rx.fragment(
            run_button(DryRunState, variant="default", name="Start anew"),
            button("Go on", variant="primary", icon="play", on_click=DryRunState.go_on),
        ),
        rx.cond(
            DryRunState.has_result & is_current & ~DryRunState.is_settings_open,
            rx.cond(
                _REPORT.tone == "bad",
                rx.fragment(again, _open_blamed("primary")),
                rx.fragment(
                    _open_blamed("default"),
                    again,
                    button(
                        "Export records",
                        variant="primary",
                        icon="download",
                        on_click=ModalState.leave_to_export(""),
                    ),
                ),
            ),
            run_button(DryRunState),
        ),
    )


def _report() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            dry_run_verdict(),
            rules_card(),
            class_name="grid grid-rows-[auto_1fr] gap-3.5 min-w-0 max-desk:grid-rows-none",
        ),
        rx.el.div(
            histogram_card(),
            topics_card(),
            criteria_card(),
            lengths_card(),
            failures_card(),
            abstentions_card(),
            class_name="grid gap-3.5 content-start min-w-0",
        ),
        rx.el.div(dry_run_rollouts(), class_name="desk:col-span-2 min-w-0"),
        class_name="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] gap-5 p-5"
        " max-desk:grid-cols-1 max-wide:p-4",
    )


def _open_blamed(variant: str) -> rx.Component:
    """Where to mend what is to blame; of two places the grader is the first to look at."""
    grader = button("Open grader", variant=variant, on_click=ModalState.open_step("grader"))
    return rx.fragment(
        rx.cond(
            _REPORT.blames_provider,
            button_link("Open providers", href="/settings", variant=variant),
        ),
        rx.cond(
            _REPORT.blames_grader,
            rx.fragment(rx.cond(_REPORT.blames_data, _open_coverage("default")), grader),
            rx.cond(_REPORT.blames_data, _open_coverage(variant)),
        ),
    )


def _open_coverage(variant: str) -> rx.Component:
    return button("Open coverage", variant=variant, on_click=ModalState.open_step("coverage"))


def _choice() -> rx.Component:
    return rx.fragment(
        rx.cond(
            DryRunHistoryState.is_open,
            rx.fragment(),
            select(
                rx.foreach(DryRunState.finished, lambda run: rx.el.option(run.label, value=run.id)),
                value=DryRunState.chosen_run,
                on_change=DryRunState.choose_run,
                aria_label="Which run",
                class_name="!min-h-7 text-small max-w-[300px] max-wide:hidden",
            ),
        ),
        rx.cond(
            DryRunHistoryState.is_open,
            button("Report", icon="arrow-left", size="sm", on_click=DryRunHistoryState.close),
            button(
                rx.el.span("History", class_name="max-wide:sr-only"),
                icon="history",
                size="sm",
                title="History",
                on_click=DryRunHistoryState.open,
            ),
        ),
    )


def _settings(columns: str) -> rx.Component:
    return rx.el.div(
        sampling_fields(),
        _number("Records", DryRunState.num_records, DryRunState.set_num_records, "picked by lot"),
        _number(
            "Rollouts per record",
            DryRunState.num_rollouts,
            DryRunState.set_num_rollouts,
            rx.cond(DryRunState.is_sampled, "each asked of the model", "at most; as there are"),
        ),
        _number("Seed", DryRunState.seed, DryRunState.set_seed, "the same seed, the same records"),
        budget_field(),
        rx.el.div(
            checkbox(
                "In proportion to topics",
                checked=DryRunState.is_stratified,
                on_change=DryRunState.set_stratified,
            ),
            class_name="col-span-full",
        ),
        rx.cond(
            DryRunState.formula != "",
            rx.el.p(DryRunState.formula, class_name="col-span-full text-small text-ink-3"),
        ),
        class_name=f"grid {columns} gap-x-8 gap-y-4 items-start max-wide:gap-x-4",
    )


def _number(label: str, value: Content, on_change: Content, hint: Content) -> rx.Component:
    name = f"dry-run-{label.lower().replace(' ', '-')}"
    return field(
        label,
        text_input(
            id=name, value=value, on_change=on_change, input_mode="numeric", class_name="!w-28"
        ),
        html_for=name,
        hint=hint,
    )
