"""The footer of the review: what was decided last, and the decisions about the open record."""

import reflex as rx

from rft_app.ui.components.badge import key_hint
from rft_app.ui.components.button import button, text_button
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.review import ReviewState

_VIEW = ReviewState.view
IS_EDITING = has_items(ReviewState.fields)


def is_remade(candidate_id: Content) -> rx.Var[bool]:
    """Whether a record is being made again."""
    return rx.Var.create(ReviewState.remade).to(list).contains(candidate_id)


_IS_REMADE = is_remade(_VIEW.id)


def review_footer() -> rx.Component:
    """What was decided last, and the decisions about the open record."""
    return rx.el.div(
        rx.el.div(
            rx.cond(
                ReviewState.said != "",
                rx.el.span(ReviewState.said, role="status"),
                _hints(),
            ),
            rx.cond(
                ReviewState.undo_id != "",
                text_button("Take it back", on_click=ReviewState.reopen(ReviewState.undo_id)),
            ),
            class_name=rx.cond(
                ReviewState.said != "",
                "grow min-w-0 flex items-center gap-2.5 flex-wrap",
                "grow min-w-0 max-wide:hidden",
            ),
        ),
        rx.cond(
            IS_EDITING,
            _edit_buttons(),
            rx.match(
                _VIEW.state,
                ("pending", _decisions()),
                ("rejected", _second_thoughts()),
                ("accepted", _accepted()),
                rx.fragment(),
            ),
        ),
        class_name="flex items-center gap-3 max-wide:flex-col max-wide:items-stretch",
    )


def _hints() -> rx.Component:
    return rx.cond(
        (ReviewState.open_id != "") & ~IS_EDITING,
        rx.el.span(
            key_hint("J"),
            key_hint("K"),
            "move",
            rx.cond(
                (_VIEW.state == "pending") & ~_VIEW.is_valid,
                rx.el.span("An invalid record must be edited first.", class_name="ml-3"),
                rx.cond(
                    ReviewState.how_to != "",
                    rx.el.span("Regenerating needs a model provider.", class_name="ml-3"),
                ),
            ),
            class_name="flex items-center gap-1",
        ),
    )


_BUTTONS = "flex items-center gap-2 max-wide:grid max-wide:grid-cols-2"


def _decisions() -> rx.Component:
    is_reading = rx.cond(ReviewState.is_reading, _BUTTONS, f"{_BUTTONS} max-wide:hidden")
    return rx.el.div(
        _regenerate(),
        button("Edit", key_hint("E"), on_click=ReviewState.edit(_VIEW.id), disabled=_IS_REMADE),
        button("Reject", key_hint("R"), on_click=ReviewState.reject(_VIEW.id), disabled=_IS_REMADE),
        button(
            "Accept",
            rx.el.span(
                key_hint("A"),
                class_name="contents [&>kbd]:bg-transparent [&>kbd]:border-current"
                " [&>kbd]:text-on-accent [&>kbd]:opacity-70",
            ),
            variant="primary",
            on_click=ReviewState.accept(_VIEW.id),
            disabled=~_VIEW.is_valid | _IS_REMADE,
        ),
        class_name=is_reading,
    )


def _regenerate() -> rx.Component:
    is_off = ReviewState.is_running | (ReviewState.how_to != "")
    return button(
        "Regenerate",
        key_hint("G"),
        on_click=ReviewState.regenerate(_VIEW.id),
        disabled=is_off,
        title=ReviewState.how_to,
    )


def _second_thoughts() -> rx.Component:
    return rx.el.div(
        _regenerate(),
        button("Take it back", icon="undo-2", on_click=ReviewState.reopen(_VIEW.id)),
        class_name=_BUTTONS,
    )


def _accepted() -> rx.Component:
    return rx.el.div(
        rx.el.span(f"Accepted as {_VIEW.record_id}", class_name="text-small text-ink-3"),
        button("Open the record", on_click=ModalState.open_record("all", _VIEW.record_id)),
        class_name=_BUTTONS,
    )


def _edit_buttons() -> rx.Component:
    return rx.el.div(
        button("Discard changes", on_click=ReviewState.stop_editing),
        button(
            "Save and accept",
            variant="primary",
            icon="check",
            on_click=ReviewState.save(_VIEW.id),
        ),
        class_name=_BUTTONS,
    )
