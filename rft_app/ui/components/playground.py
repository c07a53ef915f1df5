"""The playground's parts: the prompt, and an answer beside the other."""

import reflex as rx

from rft_app.ui.components.badge import badge, key_hint
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.field import field, select, text_area, text_input
from rft_app.ui.components.icon import icon, spinner
from rft_app.ui.components.keys import keys
from rft_app.ui.components.model_options import model_options
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content, has_items
from rft_app.ui.state.figure import Figure
from rft_app.ui.state.playground import PlaygroundState
from rft_app.ui.state.playground_view import SideView
from rft_app.ui.state.rollout_view import OutputCall
from rft_app.ui.theme import CARD, LABEL, WITNESS

_TEXT = "whitespace-pre-wrap [overflow-wrap:anywhere]"
_REWARD = "text-title font-semibold tabular-nums"


def prompt_form() -> rx.Component:
    """What both are asked, and how."""
    return rx.el.form(
        keys(letters=""),
        card(
            rx.el.div(
                _area("System", "system", PlaygroundState.system, 3, "what it should be and do"),
                _area("User", "user", PlaygroundState.user, 7, "what the user asks"),
                _record(),
                rx.el.div(
                    _number("Temperature", "temperature", "0"),
                    _number("Longest answer", "max_tokens", "256", "tokens"),
                    class_name="grid grid-cols-2 gap-3",
                ),
                class_name="grid grid-cols-[minmax(0,1fr)] gap-4",
                key=PlaygroundState.form_key,
            ),
            rx.el.div(
                rx.cond(
                    PlaygroundState.is_running,
                    button(
                        "Stop",
                        icon="square",
                        variant="danger",
                        on_click=PlaygroundState.stop,
                        class_name="grow",
                    ),
                    button(
                        "Ask both",
                        key_hint("Ctrl ↵"),
                        icon="play",
                        variant="primary",
                        type="submit",
                        disabled=PlaygroundState.how_to != "",
                        class_name="grow [&>kbd]:bg-transparent [&>kbd]:border-current"
                        " [&>kbd]:text-on-accent [&>kbd]:opacity-70",
                    ),
                ),
                class_name="mt-4 flex",
            ),
            title="Prompt",
            action=button(
                "Take a record",
                size="sm",
                icon="shuffle",
                on_click=PlaygroundState.take,
                disabled=PlaygroundState.is_running,
                title="The prompt of a record by chance, held-out ones first",
            ),
        ),
        on_submit=PlaygroundState.submit,
        aria_label="Prompt",
    )


def _area(label: str, name: str, value: Content, rows: int, placeholder: str) -> rx.Component:
    return field(
        label,
        text_area(
            id=f"play-{name}",
            name=name,
            rows=rows,
            default_value=value,
            placeholder=placeholder,
            max_length=100_000,
        ),
        html_for=f"play-{name}",
    )


def _number(label: str, name: str, value: str, unit: str = "") -> rx.Component:
    return field(
        label,
        text_input(
            id=f"play-{name}",
            name=name,
            default_value=value,
            input_mode="decimal",
            auto_complete="off",
            suffix=rx.el.span(unit, class_name="text-ink-3") if unit else None,
        ),
        html_for=f"play-{name}",
    )


def _record() -> rx.Component:
    return rx.cond(
        PlaygroundState.record_id != "",
        rx.el.dl(
            rx.el.dt("Record", class_name=LABEL),
            rx.el.dd(
                rx.el.span(PlaygroundState.record_id, class_name="font-mono"),
                rx.cond(
                    PlaygroundState.record_words != "",
                    rx.el.span(f" · {PlaygroundState.record_words}", class_name="text-ink-3"),
                ),
                class_name="m-0 text-small",
            ),
            rx.cond(
                PlaygroundState.reference != "",
                rx.fragment(
                    rx.el.dt("Reference", class_name=f"{LABEL} mt-1.5"),
                    rx.el.dd(
                        PlaygroundState.reference,
                        class_name=f"m-0 {_TEXT} max-h-40 overflow-auto",
                        tab_index=0,
                    ),
                ),
            ),
            class_name="m-0 px-3 py-2.5 rounded-control bg-inset",
        ),
    )


def answers() -> rx.Component:
    """Both answers, side by side where there is room."""
    return rx.el.div(
        _side(
            "First model",
            PlaygroundState.first_model,
            PlaygroundState.choose_first,
            PlaygroundState.first,
        ),
        _side(
            "Second model",
            PlaygroundState.second_model,
            PlaygroundState.choose_second,
            PlaygroundState.second,
        ),
        class_name="grow grid grid-cols-2 gap-4 items-stretch max-wide:grid-cols-1",
    )


def _side(label: str, model: Content, on_change: Content, side: SideView) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            select(
                model_options(PlaygroundState.models),
                value=model,
                on_change=on_change,
                disabled=PlaygroundState.is_running,
                aria_label=label,
                class_name="w-full",
            ),
            class_name="p-2.5 border-b border-line",
        ),
        rx.el.div(
            rx.cond(side.state == "", _nothing(), _answer(side)),
            class_name="p-3.5 grow",
            aria_live="polite",
            aria_busy=(side.state != "") & ~side.is_settled,
        ),
        rx.cond(side.has_grade, _grade(side)),
        rx.cond(
            has_items(side.figures),
            rx.el.dl(
                rx.foreach(side.figures, _figure),
                class_name="m-0 flex flex-wrap gap-x-5 gap-y-1.5 px-3.5 py-2.5 border-t"
                " border-line",
            ),
        ),
        aria_label=label,
        class_name=f"{CARD} flex flex-col min-h-[320px] max-wide:min-h-0",
    )


def _nothing() -> rx.Component:
    return rx.el.p("Its answer comes here.", class_name="text-ink-3")


def _answer(side: SideView) -> rx.Component:
    return rx.fragment(
        rx.cond(side.text != "", rx.el.p(side.text, class_name=_TEXT)),
        rx.foreach(side.calls, _call),
        rx.cond(
            side.words != "",
            rx.el.p(
                rx.cond(side.is_settled, icon("square", 13), spinner(13)),
                side.words,
                class_name=f"{WITNESS} flex items-center gap-1.5 mt-2 first:mt-0",
            ),
        ),
        rx.cond(side.note != "", rx.el.p(side.note, class_name="mt-2 text-small text-warn")),
        rx.cond(
            side.failure != "",
            notice("No whole answer.", side.failure, tone="bad", class_name="mt-2 first:mt-0"),
        ),
    )


def _call(call: OutputCall) -> rx.Component:
    return rx.el.p(
        icon("wrench", 13, "mt-1 text-ink-3"),
        rx.el.code(call.name, call.arguments, class_name="font-mono text-small break-all"),
        class_name="flex gap-1.5 mt-2 first:mt-0",
    )


def _grade(side: SideView) -> rx.Component:
    return rx.el.div(
        rx.cond(
            side.is_graded,
            rx.el.b(
                side.reward,
                class_name=rx.match(
                    side.tone,
                    ("ok", f"{_REWARD} text-ok"),
                    ("warn", f"{_REWARD} text-warn"),
                    f"{_REWARD} text-bad",
                ),
            ),
            badge(f"Not graded: {side.grading_failure}", tone="neutral"),
        ),
        rx.el.span(
            rx.cond(side.reason != "", side.reason, "by the dataset's grader"),
            class_name=f"{WITNESS} min-w-0 line-clamp-2 [overflow-wrap:anywhere]",
            title=side.reason,
        ),
        class_name="flex items-center gap-2.5 px-3.5 py-2 border-t border-line",
    )


def _figure(figure: Figure) -> rx.Component:
    return rx.el.div(
        rx.el.dt(figure.name, class_name=LABEL),
        rx.el.dd(figure.value, class_name="m-0 font-medium tabular-nums"),
    )


def grading_note() -> rx.Component:
    """What else there is to know of the answers."""
    return rx.fragment(
        *(
            rx.cond(note != "", rx.el.p(note, class_name=WITNESS))
            for note in (PlaygroundState.same_note, PlaygroundState.grading_note)
        )
    )
