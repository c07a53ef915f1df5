"""The open record's texts in fields."""

import reflex as rx

from rft_app.ui.components.field import field, text_area
from rft_app.ui.components.notice import notice
from rft_app.ui.state.review import ReviewState
from rft_app.ui.state.review_form import TextField
from rft_app.ui.theme import WITNESS


def edit_form() -> rx.Component:
    """One field for each text; saving accepts the record."""
    return rx.el.div(
        rx.cond(
            ReviewState.edit_fault != "", notice(ReviewState.edit_fault, tone="bad"), rx.fragment()
        ),
        rx.el.p(
            "Saving checks the conversation again and accepts it in one go.", class_name=WITNESS
        ),
        rx.foreach(ReviewState.fields, _text),
        class_name="grid gap-4 px-[18px] py-4 max-wide:px-4",
    )


def _text(one: TextField) -> rx.Component:
    name = f"edit-{one.key}"
    return field(
        one.label,
        text_area(
            id=name,
            value=one.text,
            on_change=lambda text: ReviewState.set_text(one.key, text),
            class_name="[&_textarea]:[field-sizing:content] [&_textarea]:max-h-[340px]",
        ),
        html_for=name,
    )
