"""A stretch of text as a difference shows it."""

import reflex as rx

from rft_app.text.difference import Piece


def text_piece(piece: Piece) -> rx.Component:
    """What was taken out struck through, what came in marked, what is long and equal folded."""
    marked = rx.match(
        piece.change,
        (
            "removed",
            rx.el.del_(
                piece.text, class_name="bg-bad-soft text-bad decoration-1 rounded-[2px] px-px"
            ),
        ),
        (
            "added",
            rx.el.ins(
                piece.text,
                class_name="bg-ok-soft text-ok no-underline font-medium rounded-[2px] px-px",
            ),
        ),
        (
            "folded",
            rx.el.span(f" … {piece.text} … ", class_name="text-ink-3 text-small"),
        ),
        rx.el.span(piece.text),
    )
    return rx.fragment(marked)
