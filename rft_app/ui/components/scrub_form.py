"""What is taken out of traces: kinds, patterns of one's own, and what that would do."""

import reflex as rx

from rft_app.domain.scrubbing import MAX_PATTERNS, ScrubKind
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.check_box import check_box
from rft_app.ui.components.field import text_input
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.scrub_form import PatternLine, ScrubForm
from rft_app.ui.state.scrub_view import NAMES, KindCount, ReplacedLine
from rft_app.ui.theme import CARD, CODE, WITNESS

_FOUND = {
    ScrubKind.EMAIL: "addresses, in any script",
    ScrubKind.PHONE: "numbers that their country's plan allows",
    ScrubKind.CARD: "numbers with an issuer's prefix and a right check digit",
    ScrubKind.IBAN: "account numbers of a country's format, checked",
    ScrubKind.IP: "IPv4 and IPv6 addresses but one's own",
    ScrubKind.KEY: "of well-known services; bearer tokens, private keys, passwords",
}
_FAULT = "text-small text-bad [overflow-wrap:anywhere]"


def scrub_form(state: type[ScrubForm], name: str) -> rx.Component:
    """The kinds and the patterns; `name` begins the ids of its fields."""
    return rx.el.div(
        _kinds(state, name),
        _patterns(state),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def scrub_choice(
    state: type[ScrubForm],
    name: str,
    *,
    words: Content,
    can_preview: rx.Var[bool] | bool,
    effect: Content,
) -> rx.Component:
    """The form and its preview, folded until somebody wants it.

    Args:
        state: Whose choice it is.
        name: Begins the ids of the fields.
        words: On the preview's button.
        can_preview: Whether there is something to look at.
        effect: Where and when values are replaced.
    """
    return rx.el.details(
        rx.el.summary(
            icon("chevron-right", 14, "text-ink-3 group-open:rotate-90"),
            rx.el.span("Personal values", class_name="font-medium text-ink-2"),
            rx.el.span(state.scrub_words, class_name=f"{WITNESS} ml-auto"),
            class_name="flex items-center gap-1.5 px-3 min-h-9 text-small cursor-pointer list-none"
            " hover:bg-hover [&::-webkit-details-marker]:hidden max-wide:min-h-11",
        ),
        rx.el.div(
            scrub_form(state, name),
            scrub_preview(state, words=words, can_preview=can_preview),
            rx.el.p(effect, class_name=WITNESS),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-3 px-3 pb-3",
        ),
        class_name=f"group {CARD} overflow-hidden shrink-0",
    )


def _kinds(state: type[ScrubForm], name: str) -> rx.Component:
    return rx.el.div(
        rx.el.ul(
            *(_kind(state, kind, name) for kind in ScrubKind),
            aria_label="What is replaced",
            class_name="m-0 p-0 list-none border-y border-line",
        ),
        rx.cond(
            state.region_fault != "",
            rx.el.p(state.region_fault, role="alert", class_name=f"mt-1.5 {_FAULT}"),
        ),
    )


def _kind(state: type[ScrubForm], kind: ScrubKind, name: str) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            check_box(
                checked=rx.Var.create(state.scrub_kinds).to(list).contains(kind.value),
                on_change=state.toggle_kind(kind.value),
            ),
            rx.el.span(
                rx.el.span(NAMES[kind], class_name="font-medium"),
                rx.el.span(f" {_FOUND[kind]}", class_name=WITNESS),
                class_name="min-w-0",
            ),
            class_name="flex items-center gap-2.5 grow min-w-0 py-2 cursor-pointer",
        ),
        _region(state, name) if kind is ScrubKind.PHONE else rx.fragment(),
        class_name="flex items-center gap-2.5 border-b border-line last:border-b-0",
    )


def _region(state: type[ScrubForm], name: str) -> rx.Component:
    return rx.el.div(
        rx.el.label("Region", html_for=f"{name}-region", class_name=WITNESS),
        text_input(
            id=f"{name}-region",
            value=state.scrub_region,
            on_change=state.set_region,
            max_length=2,
            auto_complete="off",
            spell_check=False,
            title="Country of numbers without a code, in two letters: US, DE, IN",
            aria_invalid=rx.cond(state.region_fault != "", "true", "false"),
            class_name="!w-14 !min-h-7 max-wide:!min-h-9 [&_input]:uppercase",
        ),
        class_name="flex items-center gap-2 shrink-0",
    )


def _patterns(state: type[ScrubForm]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            has_items(state.scrub_patterns),
            rx.el.ul(
                rx.foreach(state.scrub_patterns, lambda line: _pattern(state, line)),
                aria_label="Patterns of your own",
                class_name="m-0 p-0 list-none grid grid-cols-[minmax(0,1fr)] gap-2",
            ),
        ),
        rx.el.div(
            text_button(
                "Add a pattern of your own",
                on_click=state.add_pattern,
                disabled=rx.Var.create(state.scrub_patterns).to(list).length() >= MAX_PATTERNS,
                class_name="text-small max-wide:min-h-9",
            ),
            rx.cond(
                has_items(state.scrub_patterns),
                rx.el.span(
                    "Syntax of RE2: no look-around, no references to groups.", class_name=WITNESS
                ),
            ),
            class_name="flex flex-wrap items-baseline gap-x-3",
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2",
    )


def _pattern(state: type[ScrubForm], line: rx.vars.ObjectVar[PatternLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            text_input(
                value=line.name,
                on_change=lambda text: state.name_pattern(line.id, text),
                on_blur=state.check_pattern(line.id),
                placeholder="ORDER",
                max_length=32,
                auto_complete="off",
                spell_check=False,
                aria_label="Name of the pattern",
                class_name="!w-28 shrink-0 [&_input]:uppercase",
            ),
            rx.el.span("=", aria_hidden="true", class_name="text-ink-3"),
            text_input(
                value=line.pattern,
                on_change=lambda text: state.write_pattern(line.id, text),
                on_blur=state.check_pattern(line.id),
                placeholder="ORD-[0-9]+",
                max_length=1_000,
                auto_complete="off",
                spell_check=False,
                aria_label="Pattern",
                aria_invalid=rx.cond(line.fault != "", "true", "false"),
                class_name="grow min-w-0 [&_input]:font-mono",
            ),
            icon_button(
                "x", "Remove this pattern", size="sm", on_click=state.remove_pattern(line.id)
            ),
            class_name="flex items-center gap-2",
        ),
        rx.cond(line.fault != "", rx.el.p(line.fault, role="alert", class_name=f"mt-1.5 {_FAULT}")),
        key=line.id.to_string(),
    )


def scrub_preview(
    state: type[ScrubForm], *more: Content, words: Content, can_preview: rx.Var[bool] | bool = True
) -> rx.Component:
    """The button and what it found.

    Args:
        state: Whose choice it is.
        *more: Stands beside the button.
        words: On the button.
        can_preview: Whether there is something to look at.
    """
    view = state.scrub_preview
    return rx.el.div(
        rx.el.div(
            button(
                words,
                icon="eye",
                on_click=state.preview_scrubbing,
                disabled=rx.cond(
                    can_preview, (state.num_scrubbed == 0) | state.is_previewing, True
                ),
            ),
            *more,
            class_name="flex flex-wrap items-center gap-2.5",
        ),
        rx.cond(state.is_previewing, skeleton_lines("Looking, nothing is changed", "w-3/4")),
        rx.cond(
            state.preview_fault != "",
            notice("The preview could not be made.", state.preview_fault, tone="bad"),
        ),
        rx.cond(view.words != "", _found(state)),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _found(state: type[ScrubForm]) -> rx.Component:
    view = state.scrub_preview
    return rx.el.div(
        rx.el.p(
            rx.el.b(view.words, class_name="font-medium"),
            rx.el.span(" Nothing was changed.", class_name="text-ink-3"),
            role="status",
            class_name="text-small",
        ),
        kind_counts(view.counts, "Values by kind"),
        rx.cond(
            has_items(view.lines),
            rx.fragment(
                rx.el.ul(
                    rx.foreach(view.lines, _line),
                    aria_label="Before and after",
                    class_name=f"{CODE} m-0 px-3 py-2 list-none grid grid-cols-[minmax(0,1fr)]",
                ),
                rx.el.p("A few of each kind; each trace counts from 1.", class_name=WITNESS),
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2",
    )


def kind_counts(counts: Content, label: str) -> rx.Component:
    """How many of each kind, in one line."""
    return rx.cond(
        has_items(counts),
        rx.el.ul(
            rx.foreach(counts, _count),
            aria_label=label,
            class_name="m-0 p-0 list-none flex flex-wrap gap-x-4 gap-y-1 text-small",
        ),
    )


def _count(counted: rx.vars.ObjectVar[KindCount]) -> rx.Component:
    return rx.el.li(
        counted.name,
        rx.el.span(counted.number, class_name="ml-1.5 text-ink-3 tabular-nums"),
        class_name="whitespace-nowrap",
    )


def _line(line: rx.vars.ObjectVar[ReplacedLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.before, class_name="truncate min-w-0 text-ink"),
        rx.cond(line.times != "", rx.el.span(line.times, class_name="text-ink-3 shrink-0")),
        icon("arrow-right", 12, "text-ink-3"),
        rx.el.span(line.after, class_name="text-accent-text whitespace-nowrap"),
        title=line.place,
        class_name="flex items-center gap-2 min-w-0",
    )
