"""Generation and review: two dialogs in one frame, so that going over is one click."""

import reflex as rx

from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.generate_panel import generate_footer, generate_panel
from rft_app.ui.components.modal import modal_body, modal_footer, modal_frame, modal_header
from rft_app.ui.components.review_footer import review_footer
from rft_app.ui.components.review_panel import review_panel
from rft_app.ui.state.generate import GenerateState
from rft_app.ui.state.modal import GENERATE, REVIEW, ModalState
from rft_app.ui.state.review import ReviewState

_IS_REVIEW = ModalState.open_name == REVIEW


def generation_dialog() -> rx.Component:
    """The plan of new records, and their review."""
    return modal_frame(
        modal_header(
            "Generate",
            on_close=ModalState.close,
            witness=rx.cond(
                _IS_REVIEW,
                "only what you accept becomes a record",
                "new records from the ones you have",
            ),
            actions=_ways(),
        ),
        modal_body(rx.cond(_IS_REVIEW, review_panel(), generate_panel()), class_name=""),
        rx.cond(
            _IS_REVIEW & (ReviewState.progress.total == 0),
            rx.fragment(),
            rx.el.div(
                modal_footer(rx.cond(_IS_REVIEW, review_footer(), generate_footer())),
                class_name=rx.cond(
                    _IS_REVIEW & ~ReviewState.is_reading & (ReviewState.said == ""),
                    "shrink-0 max-wide:hidden",
                    "shrink-0",
                ),
            ),
        ),
        is_open=_IS_REVIEW | (ModalState.open_name == GENERATE),
        on_close=ModalState.close,
        title=rx.cond(_IS_REVIEW, "Review generated records", "Generate records"),
        width="list",
    )


def _ways() -> rx.Component:
    return segmented(
        segment(
            "Plan",
            is_on=ModalState.open_name == GENERATE,
            on_click=ModalState.open_dialog(GENERATE),
        ),
        segment(
            "Review",
            is_on=_IS_REVIEW,
            count=rx.cond(_IS_REVIEW, ReviewState.progress.num_pending, GenerateState.num_waiting),
            on_click=ModalState.open_dialog(REVIEW),
        ),
        label="Plan or review",
    )
