"""The part of the intake panel that says what is replaced before traces are stored."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.field import select
from rft_app.ui.components.notice import notice
from rft_app.ui.components.scrub_form import kind_counts, scrub_form, scrub_preview
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import has_items
from rft_app.ui.state.personal_values import DAYS, PersonalValuesState
from rft_app.ui.theme import WITNESS

_NUMBERS = (100, 300, 1_000)


def personal_values() -> rx.Component:
    """Read when it shows."""
    return rx.el.div(
        rx.cond(
            PersonalValuesState.load_fault != "",
            notice(
                "What is replaced could not be read.",
                PersonalValuesState.load_fault,
                tone="bad",
                action=button("Try again", size="sm", on_click=PersonalValuesState.load),
            ),
            rx.cond(
                PersonalValuesState.is_loaded,
                rx.fragment(
                    scrub_form(PersonalValuesState, "intake"),
                    _preview(),
                    _save(),
                    _replaced(),
                ),
                skeleton_lines("Loading what is replaced"),
            ),
        ),
        on_mount=PersonalValuesState.load,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def _preview() -> rx.Component:
    return scrub_preview(
        PersonalValuesState,
        select(
            *(rx.el.option(f"the newest {n:,} traces", value=str(n)) for n in _NUMBERS),
            value=PersonalValuesState.num_newest,
            on_change=PersonalValuesState.set_num_newest,
            aria_label="Traces to look at",
        ),
        words="Preview on",
    )


def _save() -> rx.Component:
    return rx.el.div(
        button(
            "Save",
            on_click=PersonalValuesState.save,
            disabled=~PersonalValuesState.is_changed,
        ),
        rx.cond(
            PersonalValuesState.is_changed,
            button("Discard", on_click=PersonalValuesState.discard),
        ),
        rx.cond(
            PersonalValuesState.save_fault != "",
            rx.el.p(PersonalValuesState.save_fault, role="alert", class_name="text-small text-bad"),
            rx.el.p(
                rx.cond(
                    PersonalValuesState.is_changed,
                    "Not saved yet; kept while you look elsewhere.",
                    PersonalValuesState.note,
                ),
                " Goes for what arrives from now on; stored traces stay as they are.",
                role="status",
                class_name=f"{WITNESS} min-w-0",
            ),
        ),
        class_name="flex items-center gap-2.5",
    )


def _replaced() -> rx.Component:
    return rx.cond(
        has_items(PersonalValuesState.replaced),
        rx.el.div(
            rx.el.p(f"Replaced in the last {DAYS} days", class_name=WITNESS),
            kind_counts(PersonalValuesState.replaced, f"Replaced in the last {DAYS} days"),
            class_name="grid gap-1",
        ),
        rx.el.p(f"Nothing was replaced in the last {DAYS} days.", class_name=WITNESS),
    )
