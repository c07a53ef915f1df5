"""What one says of the record: thumbs, rating, correction, preference, note, tags; and undo."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button, icon_button
from rft_app.ui.components.field import checkbox, text_area, text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.feedback import COMPARE, EDIT, NOTE, TAGS, FeedbackState
from rft_app.ui.theme import BUTTON, BUTTON_VARIANTS, CARD, LABEL, WITNESS

_ITEM = FeedbackState.item
_THUMB = f"{BUTTON} h-11 grow"
_ON = {
    "up": "border-ok-line bg-ok-soft text-ok [&>svg]:text-ok",
    "down": "border-bad-line bg-bad-soft text-bad [&>svg]:text-bad",
}
_STAR = f"{BUTTON} h-9 grow tabular-nums"
_STAR_ON = "border-accent-line bg-accent-soft text-accent-text"


def verdict_card() -> rx.Component:
    """Everything that can be said."""
    return rx.el.section(
        rx.el.p(
            rx.cond(
                has_items(_ITEM.recorded),
                "You judge the recorded answer: good (4, 5) or bad (1, 2) becomes its label in KTO"
                " exports, before any reward.",
                "No answer was recorded, so a verdict labels nothing; you can write the right"
                " answer.",
            ),
            class_name="text-small text-ink-2",
        ),
        rx.el.div(_thumb("up"), _thumb("down"), class_name="flex gap-2 max-wide:hidden"),
        rx.el.div(
            rx.el.span("Rating, 1 is worst", class_name=LABEL),
            rx.el.div(
                *(_rating(number) for number in range(1, 6)),
                role="group",
                aria_label="Rating",
                class_name="flex gap-1.5",
            ),
            class_name="grid gap-1.5",
        ),
        rx.el.div(
            _mode("Correct the answer", "E", EDIT, "pencil", _WHY_NOT_EDIT),
            _mode("Compare two answers", "P", COMPARE, "columns-2", _WHY_NOT_COMPARE),
            _mode("Write a note", "N", NOTE, "sticky-note", ""),
            _mode("Tags", "T", TAGS, "tag", _WHY_NOT_EDIT),
            class_name="grid gap-1",
        ),
        rx.cond(FeedbackState.mode == NOTE, _note_form()),
        rx.cond(FeedbackState.mode == TAGS, _tag_form()),
        _so_far(),
        rx.el.div(
            checkbox(
                "Go on after a verdict",
                checked=FeedbackState.goes_on,
                on_change=FeedbackState.toggle_going_on,
            ),
            rx.el.div(
                button(
                    "Back",
                    key_hint("K"),
                    size="sm",
                    on_click=FeedbackState.back,
                    disabled=~FeedbackState.can_go_back,
                ),
                button("Skip", key_hint("J"), size="sm", on_click=FeedbackState.skip),
                button(
                    "Undo",
                    key_hint("Z"),
                    size="sm",
                    on_click=FeedbackState.undo,
                    disabled=FeedbackState.said == "",
                    title=FeedbackState.said,
                ),
                class_name="grid grid-cols-3 gap-2 max-wide:hidden",
            ),
            rx.el.p(
                FeedbackState.said, role="status", class_name=f"{WITNESS} truncate min-h-[18px]"
            ),
            class_name="grid gap-2 border-t border-line pt-2.5",
        ),
        aria_label="Your verdict",
        class_name=f"{CARD} p-3.5 grid gap-3.5",
    )


_WHY_NOT_EDIT = rx.cond(_ITEM.correction != "", "You corrected this record already", "")
_WHY_NOT_COMPARE = rx.cond(~_ITEM.has_choice, "Needs two answers; this record has fewer", "")


def phone_verdict() -> rx.Component:
    """On a phone: the thumbs and the way on, always in reach."""
    return rx.el.div(
        icon_button(
            "arrow-left",
            "Back",
            variant="default",
            on_click=FeedbackState.back,
            disabled=~FeedbackState.can_go_back,
        ),
        _thumb("down"),
        _thumb("up"),
        icon_button("arrow-right", "Skip", variant="default", on_click=FeedbackState.skip),
        icon_button(
            "undo-2",
            "Undo",
            variant="default",
            on_click=FeedbackState.undo,
            disabled=FeedbackState.said == "",
        ),
        class_name="wide:hidden sticky bottom-[60px] z-bar -mx-4 -mb-6 px-4 py-2 flex items-center"
        " gap-2 bg-ground border-t border-line",
    )


def _thumb(name: str) -> rx.Component:
    is_on = _ITEM.thumb == name
    words, key = ("Good", "U") if name == "up" else ("Bad", "D")
    return rx.el.button(
        icon(f"thumbs-{name}", 16),
        words,
        key_hint(key),
        type="button",
        aria_pressed=is_on,
        on_click=FeedbackState.give_thumb(name),
        class_name=rx.cond(
            is_on, f"{_THUMB} {_ON[name]}", f"{_THUMB} {BUTTON_VARIANTS['default']}"
        ),
    )


def _rating(number: int) -> rx.Component:
    is_on = _ITEM.rating == number
    return rx.el.button(
        str(number),
        type="button",
        aria_pressed=is_on,
        aria_label=f"Rate {number} of 5",
        on_click=FeedbackState.rate(number),
        class_name=rx.cond(is_on, f"{_STAR} {_STAR_ON}", f"{_STAR} {BUTTON_VARIANTS['default']}"),
    )


def _mode(words: str, key: str, mode: str, icon_name: str, why_not: Content) -> rx.Component:
    return rx.el.div(
        button(
            rx.el.span(words, class_name="grow text-left"),
            key_hint(key),
            icon=icon_name,
            variant="ghost",
            on_click=FeedbackState.open_mode(mode),
            disabled=why_not != "",
            aria_pressed=FeedbackState.mode == mode,
            class_name="w-full justify-start aria-pressed:bg-press",
        ),
        rx.cond(why_not != "", rx.el.p(why_not, class_name=f"{WITNESS} pl-9")),
    )


def _note_form() -> rx.Component:
    return rx.el.form(
        text_area(
            name="note",
            default_value=_ITEM.note,
            rows=3,
            max_length=4000,
            auto_focus=True,
            aria_label="Note",
            placeholder="For people; no export reads it",
        ),
        button(
            "Save the note",
            rx.el.span("Ctrl ↵", class_name="opacity-70 text-small max-wide:hidden"),
            size="sm",
            type="submit",
        ),
        on_submit=FeedbackState.save_note,
        key=f"note-{_ITEM.id}",
        class_name="grid gap-2",
    )


def _tag_form() -> rx.Component:
    return rx.el.form(
        rx.cond(
            has_items(_ITEM.tags),
            rx.el.ul(
                rx.foreach(_ITEM.tags, _tag),
                aria_label="Tags",
                class_name="m-0 p-0 list-none flex flex-wrap gap-1.5",
            ),
        ),
        text_input(
            name="tag",
            max_length=40,
            auto_focus=True,
            auto_complete="off",
            aria_label="New tag",
            placeholder="New tag, then Enter",
        ),
        rx.cond(
            FeedbackState.mode_fault != "",
            rx.el.p(FeedbackState.mode_fault, role="alert", class_name="text-small text-bad"),
        ),
        on_submit=FeedbackState.add_tag,
        reset_on_submit=True,
        class_name="grid gap-2",
    )


def _tag(name: rx.Var[str]) -> rx.Component:
    return rx.el.li(
        badge(
            name,
            rx.el.button(
                icon("x", 11),
                type="button",
                aria_label=f"Take the tag {name} away",
                on_click=FeedbackState.remove_tag(name),
                class_name="-mr-1 p-1 cursor-pointer",
            ),
        )
    )


def _so_far() -> rx.Component:
    """What was said beside thumb and rating."""
    return rx.el.ul(
        rx.cond(_ITEM.correction != "", _line("pencil", f"Corrected as {_ITEM.correction}")),
        rx.cond(_ITEM.preferred != "", _line("columns-2", _ITEM.preferred)),
        rx.cond(
            (_ITEM.note != "") & (FeedbackState.mode != NOTE), _line("sticky-note", _ITEM.note)
        ),
        rx.cond(
            has_items(_ITEM.tags) & (FeedbackState.mode != TAGS),
            _line("tag", _ITEM.all_tags),
        ),
        aria_label="What you said beside that",
        class_name="m-0 p-0 list-none grid gap-1 empty:hidden",
    )


def _line(icon_name: str, words: Content) -> rx.Component:
    return rx.el.li(
        icon(icon_name, 13, "mt-[3px] text-ink-3"),
        rx.el.span(words, class_name="text-small text-ink-2 [overflow-wrap:anywhere]"),
        class_name="flex gap-1.5",
    )
