"""A generated record beside its source: turn by turn, with the words that differ marked."""

import reflex as rx

from rft_app.ui.components.icon import icon
from rft_app.ui.components.text_piece import text_piece
from rft_app.ui.state.review import ReviewState
from rft_app.ui.state.review_parts import PartView
from rft_app.ui.theme import LABEL, WITNESS

_VIEW = ReviewState.view
_TEXT = "whitespace-pre-wrap [overflow-wrap:anywhere]"
_COLUMNS = "grid grid-cols-[76px_minmax(0,1fr)_minmax(0,1fr)] gap-x-4 max-wide:grid-cols-1"
_ALONE = "grid grid-cols-[76px_minmax(0,1fr)] gap-x-4 max-wide:grid-cols-1"


def comparison() -> rx.Component:
    """All parts in order; one column where there is no source."""
    return rx.el.div(
        rx.cond(
            _VIEW.source_id != "",
            rx.el.div(
                rx.el.span(),
                rx.el.span("Source ", rx.el.span(_VIEW.source_id, class_name="font-mono")),
                rx.el.span("New record"),
                class_name=f"{_COLUMNS} {LABEL} sticky top-0 z-[1] bg-surface-1 py-2 border-b"
                " border-line px-[18px] max-wide:hidden",
            ),
            rx.el.p(_VIEW.no_source, class_name=f"{WITNESS} px-[18px] pt-3 max-wide:px-4"),
        ),
        rx.el.ol(
            rx.foreach(_VIEW.parts, _part),
            aria_label="Differences",
            class_name="m-0 list-none px-[18px] pb-4 max-wide:px-4",
        ),
    )


def _part(part: PartView) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            _who(part),
            rx.cond(part.words != "", rx.el.span(part.words, class_name="text-label text-ink-3")),
            class_name="grid content-start max-wide:flex max-wide:items-baseline max-wide:gap-2",
        ),
        rx.match(
            part.state,
            ("same", rx.el.div(_same(part), class_name="wide:col-span-2 min-w-0")),
            rx.fragment(_side(part, is_new=False), _side(part, is_new=True)),
        ),
        class_name=rx.cond(
            _VIEW.source_id != "",
            f"{_COLUMNS} gap-y-1.5 py-2.5 border-t border-line first:border-t-0",
            f"{_ALONE} gap-y-1.5 py-2.5 border-t border-line first:border-t-0",
        ),
    )


def _who(part: PartView) -> rx.Component:
    ink = rx.match(
        part.role,
        ("user", "text-label leading-5 font-semibold text-info"),
        ("assistant", "text-label leading-5 font-semibold text-accent-text"),
        ("tool", "text-label leading-5 font-semibold text-gen"),
        "text-label leading-5 font-semibold text-ink-3",
    )
    return rx.cond(part.label != "", rx.el.span(part.label, class_name=ink))


def _same(part: PartView) -> rx.Component:
    return rx.cond(
        part.folded != "",
        rx.el.details(
            rx.el.summary(
                icon("chevron-right", 13, "group-open:rotate-90"),
                part.folded,
                class_name="inline-flex items-center gap-1.5 list-none cursor-pointer text-small"
                " text-ink-2 hover:text-ink [&::-webkit-details-marker]:hidden",
            ),
            rx.el.div(_text(part, is_new=True), class_name="mt-1.5 text-ink-2"),
            class_name="group min-w-0",
        ),
        rx.el.div(_text(part, is_new=True), class_name="text-ink-2"),
    )


def _side(part: PartView, *, is_new: bool) -> rx.Component:
    missing = part.state == ("gone" if is_new else "added")
    return rx.el.div(
        rx.el.span(
            "New record" if is_new else "Source",
            class_name="text-label text-ink-3 wide:hidden",
        ),
        rx.cond(
            missing,
            rx.el.span("–", class_name="text-ink-3"),
            _text(part, is_new=is_new),
        ),
        class_name="min-w-0 grid gap-0.5 content-start "
        + ("" if is_new else "text-ink-2 max-wide:order-last"),
    )


def _text(part: PartView, *, is_new: bool) -> rx.Component:
    pieces = rx.foreach(part.new if is_new else part.old, text_piece)
    return rx.cond(
        part.is_code,
        rx.el.div(
            rx.cond(
                part.name != "",
                rx.el.p(
                    icon("wrench", 12, "text-ink-3"),
                    rx.el.span(part.name, class_name="truncate"),
                    class_name="flex items-center gap-1.5 font-mono text-small font-medium"
                    " text-ink",
                ),
            ),
            rx.el.pre(
                pieces,
                tabindex="0",
                aria_label=rx.cond(part.name != "", f"Arguments of {part.name}", "Result"),
                class_name=f"{_TEXT} m-0 font-mono text-[12px] leading-[19px] max-h-[280px]"
                " overflow-auto px-2.5 py-[7px] rounded-control bg-inset border border-line",
            ),
            class_name="grid gap-1.5 min-w-0",
        ),
        rx.el.p(pieces, class_name=_TEXT),
    )
