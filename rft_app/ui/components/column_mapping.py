"""Say by hand which column of a file is what."""

import reflex as rx

from rft_app.ui.components.button import text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.field import field, select
from rft_app.ui.components.notice import notice
from rft_app.ui.state.upload import FileUpload
from rft_app.ui.state.upload_view import Column
from rft_app.ui.theme import LABEL

_TARGET_WORDS = {
    "input": ("Question", "What the model is given: text or messages. Needed."),
    "output": ("Recorded answer", "What a model answered, to be graded."),
    "reference": ("Reference", "The accepted answer."),
    "reward": ("Reward", "A recorded reward from 0 to 1."),
}


def _target(state: type[FileUpload], target: str, words: str, hint: str) -> rx.Component:
    return field(
        words,
        select(
            rx.el.option("Not in this file", value=""),
            rx.foreach(
                state.view.columns,
                lambda column: rx.el.option(column.name, value=column.name),
            ),
            id=f"map-{target}",
            value=state.mapping[target],
            on_change=lambda column: state.map_column(target, column),
        ),
        hint=hint,
        html_for=f"map-{target}",
    )


def _column(column: rx.vars.ObjectVar[Column]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(rx.el.code(column.name), class_name="text-ink-2 truncate"),
        rx.el.dd(rx.el.code(column.example), class_name="text-ink-3 truncate min-w-0"),
    )


def mapping_editor(state: type[FileUpload]) -> rx.Component:
    """Which column is what, with the effect shown in the preview below."""
    return card(
        rx.cond(
            state.upload_error != "",
            notice("This mapping does not work.", state.upload_error, tone="warn"),
        ),
        rx.el.div(
            *(_target(state, target, *words) for target, words in _TARGET_WORDS.items()),
            class_name="grid grid-cols-2 gap-x-4 gap-y-3 max-wide:grid-cols-1",
        ),
        rx.el.div(
            rx.el.h4("Columns of the first row", class_name=LABEL),
            rx.el.dl(
                rx.foreach(state.view.columns, _column),
                class_name="mt-1.5 grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 gap-y-1"
                " text-small",
            ),
        ),
        title="Map the columns",
        witness="the preview follows",
        action=rx.cond(
            state.view.is_readable,
            text_button("Done", on_click=state.toggle_mapping, class_name="text-small"),
        ),
        body_class="p-3.5 grid gap-4",
    )
