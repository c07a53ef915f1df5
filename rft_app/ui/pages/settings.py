"""Route `/optimization/{id}/settings`: name, figures, reset and deletion of one dataset."""

import reflex as rx

from rft_app.ui.components.button import button, link
from rft_app.ui.components.card import card
from rft_app.ui.components.confirm import confirm_dialog
from rft_app.ui.components.delete_dialog import delete_dialog
from rft_app.ui.components.field import field, text_area, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.leave_guard import leave_guard
from rft_app.ui.components.missing import missing
from rft_app.ui.components.notice import notice
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.state.settings import SettingsState, Statistic
from rft_app.ui.theme import (
    BUTTON,
    BUTTON_VARIANTS,
    CARD,
    ICON_BUTTON_SIZES,
    PAGE_TITLE,
    WITNESS,
)


def _general() -> rx.Component:
    return card(
        field(
            "Name",
            text_input(
                id="dataset-name",
                value=SettingsState.name,
                on_change=SettingsState.set_name,
                max_length=120,
                auto_complete="off",
            ),
            html_for="dataset-name",
        ),
        field(
            "Objective",
            text_area(
                id="dataset-objective",
                rows=4,
                value=SettingsState.objective,
                on_change=SettingsState.set_objective,
                max_length=4000,
            ),
            hint="What the model should get better at. A judge grades by it; a script grader has"
            " its own rules.",
            html_for="dataset-objective",
        ),
        rx.cond(
            SettingsState.save_error != "",
            notice("Not saved.", SettingsState.save_error, tone="bad"),
        ),
        rx.el.div(
            rx.el.p(
                rx.el.code(SettingsState.id, class_name="font-mono"),
                rx.el.span(SettingsState.dates, class_name="block"),
                class_name=f"{WITNESS} mr-auto",
            ),
            rx.cond(
                SettingsState.is_changed,
                button("Discard", on_click=SettingsState.discard),
            ),
            button(
                rx.cond(SettingsState.is_saving, "Saving", "Save changes"),
                variant="primary",
                disabled=~SettingsState.is_changed | SettingsState.is_saving,
                on_click=SettingsState.save,
            ),
            class_name="flex flex-wrap items-center gap-2",
        ),
        title="General",
        body_class="p-3.5 grid grid-cols-[minmax(0,1fr)] gap-4",
    )


def _statistic(one: rx.vars.ObjectVar[Statistic]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one.name, class_name="text-small text-ink-3"),
        rx.el.dd(
            rx.el.span(one.value, class_name="text-title font-semibold tabular-nums"),
            rx.cond(one.witness != "", rx.el.span(one.witness, class_name=f"{WITNESS} block")),
        ),
        class_name="min-w-0",
    )


def _statistics() -> rx.Component:
    return card(
        rx.el.dl(
            rx.foreach(SettingsState.statistics, _statistic),
            class_name="grid grid-cols-3 gap-x-6 gap-y-4 max-wide:grid-cols-2",
        ),
        title="Statistics",
        witness="of the current records",
    )


def _danger(title: str, words: str, control: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h4(title, class_name="font-medium"),
            rx.el.p(words, class_name="text-small text-ink-3 max-w-[520px]"),
            class_name="min-w-0 grow",
        ),
        control,
        class_name="flex items-center gap-4 p-3.5 border-b border-line last:border-b-0"
        " max-wide:flex-col max-wide:items-stretch",
    )


def _danger_zone() -> rx.Component:
    return card(
        _danger(
            "Reset pipeline",
            "Clears topics, coverage, the grader and dry runs, and starts over at Extract. Records,"
            " snapshots and exports stay.",
            button("Reset pipeline…", on_click=SettingsState.ask_reset),
        ),
        _danger(
            "Delete dataset",
            "Deletes it with all its records for good.",
            button("Delete dataset…", variant="danger", on_click=SettingsState.ask_delete),
        ),
        title="Danger zone",
        class_name="!border-bad-line [&_h3]:text-bad",
        body_class="",
    )


def _reset_dialog() -> rx.Component:
    return confirm_dialog(
        rx.el.p(
            "Topics and their targets, the coverage analysis, every grader version and all dry"
            " runs are deleted for good."
        ),
        rx.el.p(
            "The ", SettingsState.records, ", snapshots, exports and the history of jobs stay."
        ),
        rx.cond(
            SettingsState.reset_error != "",
            notice("Not reset.", SettingsState.reset_error, tone="bad"),
        ),
        is_open=SettingsState.is_asking_reset,
        title="Reset the pipeline?",
        confirm=button(
            rx.cond(SettingsState.is_resetting, "Resetting", "Reset pipeline"),
            variant="destroy",
            on_click=SettingsState.reset_pipeline,
            disabled=SettingsState.is_resetting,
        ),
        on_cancel=SettingsState.keep_pipeline,
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            skeleton("h-8 w-full"), skeleton("h-20 w-full"), class_name=f"{CARD} p-3.5 grid gap-4"
        ),
        rx.el.div(skeleton_lines("Loading settings"), class_name=CARD),
        class_name="grid gap-4",
    )


def _failed() -> rx.Component:
    return notice(
        "The dataset could not be read.",
        SettingsState.error,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=SettingsState.reload),
    )


def settings_page() -> rx.Component:
    """The settings, or why there are none."""
    content = rx.fragment(_general(), _statistics(), _danger_zone())
    home = f"/optimization/{SettingsState.id}"
    return shell(
        rx.cond(
            SettingsState.is_missing,
            missing(),
            page_body(
                rx.el.div(
                    link(
                        icon("arrow-left", 15),
                        href=home,
                        aria_label="Back to the canvas",
                        title="Back to the canvas",
                        class_name=f"{BUTTON} {BUTTON_VARIANTS['ghost']} {ICON_BUTTON_SIZES['md']}",
                    ),
                    rx.el.h1("Settings", class_name=PAGE_TITLE),
                    class_name="flex items-center gap-1.5 mb-4 -ml-2",
                ),
                rx.el.div(
                    rx.cond(SettingsState.error != "", _failed()),
                    rx.cond(
                        SettingsState.is_loaded,
                        content,
                        rx.cond(SettingsState.error == "", _loading()),
                    ),
                    class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
                ),
                class_name="max-w-[760px]",
            ),
        ),
        leave_guard(
            SettingsState,
            "Name or objective was changed and is not saved. Leaving drops the change.",
            is_on=SettingsState.is_changed,
        ),
        _reset_dialog(),
        delete_dialog(SettingsState),
        place=crumbs(
            ("Datasets", "/optimization"), (SettingsState.saved_name, home), current="Settings"
        ),
        is_narrow=True,
    )
