"""The intake panel of the traces page: what arrives, how to send, who may, what is kept."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.choice import tab, tabs
from rft_app.ui.components.field import text_input
from rft_app.ui.components.intake_keys import intake_keys
from rft_app.ui.components.modal import modal_body, modal_frame, modal_header
from rft_app.ui.components.notice import notice
from rft_app.ui.components.personal_values import personal_values
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.intake import IntakeState
from rft_app.ui.state.intake_setup import SETUPS
from rft_app.ui.state.intake_view import Bar, Part, Skip, Source
from rft_app.ui.theme import CODE, SECTION_TITLE, WITNESS

_VIEW = IntakeState.view
_COLORS = ("bg-accent", "bg-info", "bg-gen", "bg-warn", "bg-ink-off")


def intake_panel() -> rx.Component:
    """A sheet over the list."""
    return modal_frame(
        modal_header("Intake", on_close=IntakeState.close_panel),
        modal_body(
            rx.cond(
                IntakeState.fault != "",
                notice(
                    "What arrived could not be read.",
                    IntakeState.fault,
                    tone="bad",
                    action=button("Try again", size="sm", on_click=IntakeState.reload),
                ),
            ),
            rx.cond(
                IntakeState.is_read,
                rx.fragment(
                    _arrived(),
                    _skipped(),
                    _setup(),
                    _section("Keys", intake_keys()),
                    _section(
                        "Personal values",
                        personal_values(),
                        witness="replaced before traces are stored",
                    ),
                    _retention(),
                ),
                rx.cond(IntakeState.fault == "", skeleton_lines("Loading what arrived")),
            ),
            class_name="p-5 max-wide:p-4 grid grid-cols-[minmax(0,1fr)] gap-6 content-start",
        ),
        is_open=IntakeState.is_open,
        on_close=IntakeState.close_panel,
        title="Intake",
        width="sheet",
    )


def _section(title: str, *children: Content, witness: Content = None) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3(title, class_name=SECTION_TITLE),
            rx.fragment() if witness is None else rx.el.span(witness, class_name=WITNESS),
            class_name="flex items-baseline gap-2.5",
        ),
        *children,
        aria_label=title,
        class_name="grid grid-cols-[minmax(0,1fr)] gap-2.5",
    )


def _arrived() -> rx.Component:
    return _section(
        "Arrived",
        rx.el.div(
            rx.el.span(_VIEW.most, class_name=f"{WITNESS} absolute left-0 top-0 tabular-nums"),
            rx.foreach(_VIEW.bars, _bar),
            role="img",
            aria_label=f"Traces per minute: {_VIEW.summary}",
            class_name="relative flex items-end gap-px h-24 border-b border-line-strong",
        ),
        rx.el.div(
            rx.el.span("60 min ago"),
            rx.el.span("now"),
            class_name=f"{WITNESS} flex justify-between -mt-1.5",
        ),
        rx.cond(
            has_items(_VIEW.sources),
            rx.el.ul(
                rx.foreach(_VIEW.sources, _source),
                aria_label="Sources",
                class_name="flex flex-wrap gap-x-4 gap-y-1 text-small",
            ),
            rx.el.p(
                rx.cond(
                    _VIEW.has_arrived,
                    "No trace arrived within the hour.",
                    "Nothing arrived within a day. Set up a sender below; its calls show here"
                    " seconds later.",
                ),
                class_name="text-small text-ink-2",
            ),
        ),
        witness=_VIEW.summary,
    )


def _bar(bar: rx.vars.ObjectVar[Bar]) -> rx.Component:
    return rx.el.div(
        rx.foreach(bar.parts, _part),
        title=bar.words,
        class_name="grow h-full min-w-0 flex flex-col justify-end hover:bg-hover",
    )


def _part(part: rx.vars.ObjectVar[Part]) -> rx.Component:
    return rx.el.div(
        style={"height": part.height},
        class_name=rx.match(
            part.color,
            *((place, f"min-h-[2px] {color}") for place, color in enumerate(_COLORS)),
            f"min-h-[2px] {_COLORS[-1]}",
        ),
    )


def _source(source: rx.vars.ObjectVar[Source]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            class_name=rx.match(
                source.color,
                *((place, f"w-2 h-2 rounded-[2px] {color}") for place, color in enumerate(_COLORS)),
                f"w-2 h-2 rounded-[2px] {_COLORS[-1]}",
            ),
        ),
        rx.el.span(source.name),
        rx.el.span(source.number, class_name="text-ink-3 tabular-nums"),
        class_name="flex items-center gap-1.5",
    )


def _skipped() -> rx.Component:
    return _section(
        "Did not become a trace",
        rx.cond(
            has_items(_VIEW.skips),
            rx.el.ul(
                rx.foreach(_VIEW.skips, _skip),
                aria_label="Did not become a trace",
                class_name="m-0 p-0 list-none border-y border-line",
            ),
            rx.el.p("Nothing was skipped or refused.", class_name="text-small text-ink-2"),
        ),
        witness="in the last 24 hours",
    )


def _skip(skip: rx.vars.ObjectVar[Skip]) -> rx.Component:
    return rx.el.li(
        rx.el.span(skip.number, class_name="w-16 shrink-0 text-right tabular-nums font-medium"),
        rx.el.span(
            rx.el.span(
                rx.el.b(skip.outcome, class_name="font-medium"),
                rx.el.span(f" · {skip.source}", class_name="text-ink-3"),
                class_name="block",
            ),
            rx.el.span(skip.meaning, class_name="block text-small text-ink-3"),
            class_name="min-w-0",
        ),
        class_name="flex gap-3.5 py-2 border-b border-line last:border-b-0",
    )


def _setup() -> rx.Component:
    return _section(
        "Set up a sender",
        tabs(
            *(
                tab(
                    words,
                    is_on=IntakeState.setup == name,
                    on_click=IntakeState.choose_setup(name),
                )
                for name, words in SETUPS.items()
            ),
            label="Kind of sender",
            class_name="overflow-x-auto [scrollbar-width:none]",
        ),
        rx.el.div(
            rx.el.pre(
                IntakeState.setup_lines,
                tab_index=0,
                role="region",
                aria_label="Lines to copy",
                class_name=f"{CODE} px-3 py-2.5 overflow-x-auto whitespace-pre",
            ),
            button(
                "Copy",
                size="sm",
                icon="copy",
                on_click=[
                    rx.set_clipboard(IntakeState.setup_lines),
                    rx.toast.success("Lines copied"),
                ],
                class_name="justify-self-start",
            ),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-2",
        ),
    )


def _retention() -> rx.Component:
    return _section(
        "Retention",
        rx.el.form(
            rx.el.label("Delete traces after", html_for="retention-days"),
            text_input(
                id="retention-days",
                value=IntakeState.days,
                on_change=IntakeState.set_days,
                placeholder="never",
                input_mode="numeric",
                suffix=rx.el.span("days", class_name="text-ink-3"),
                class_name="!w-32",
            ),
            button("Save", type="submit"),
            on_submit=lambda _: IntakeState.save_days(),
            class_name="flex flex-wrap items-center gap-2.5",
        ),
        rx.cond(
            IntakeState.days_fault != "",
            rx.el.p(IntakeState.days_fault, role="alert", class_name="text-small text-bad"),
            rx.el.p(
                rx.cond(
                    IntakeState.is_days_typed,
                    "Not saved yet; kept while you look elsewhere.",
                    rx.cond(
                        IntakeState.days_note != "",
                        IntakeState.days_note,
                        "Of traces that arrive by themselves or were imported on this page."
                        " Datasets keep their copies, and records stay.",
                    ),
                ),
                role="status",
                class_name=WITNESS,
            ),
        ),
    )
