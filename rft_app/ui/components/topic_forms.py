"""The small dialogs that change the tree: add, edit, move, merge, split, delete."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import field, select, text_area, text_input
from rft_app.ui.components.modal import modal_frame
from rft_app.ui.components.notice import notice
from rft_app.ui.components.topic_placing import IS_IN_FRONT
from rft_app.ui.content import Content
from rft_app.ui.state.topic_form import (
    ADD,
    DELETE,
    EDIT,
    FIND,
    KEEP,
    LEAVE,
    MERGE,
    MOVE,
    NAME,
    SPLIT,
)
from rft_app.ui.state.topics import TopicsState
from rft_app.ui.theme import PAGE_TITLE

_FORM = TopicsState.form
_FRAME = TopicsState.frame


def topic_forms() -> rx.Component:
    """The one dialog, with the form that is open."""
    return modal_frame(
        rx.el.form(
            rx.el.div(
                rx.el.h2(_FRAME.title, class_name=f"{PAGE_TITLE} [overflow-wrap:anywhere]"),
                rx.cond(_FRAME.note != "", rx.el.p(_FRAME.note, class_name="text-ink-2 -mt-2")),
                _fault(),
                rx.match(
                    _FORM.kind,
                    (ADD, _about(has_home=True)),
                    (EDIT, _about(has_home=False)),
                    (MOVE, _home("New place", "home")),
                    (MERGE, _home("Into", "home", "It keeps its name and takes all records.")),
                    (SPLIT, _split()),
                    (DELETE, _delete()),
                    rx.fragment(),
                ),
                class_name="grid gap-4 p-5 overflow-auto",
            ),
            rx.cond(TopicsState.is_discarding, _discarding(), _buttons()),
            on_submit=TopicsState.submit_form,
            class_name="contents",
        ),
        is_open=(_FORM.kind != "") & IS_IN_FRONT,
        on_close=TopicsState.close_form,
        title=_FRAME.title,
        width="small",
    )


def _fault() -> rx.Component:
    return rx.cond(
        TopicsState.form_fault != "",
        rx.cond(
            TopicsState.is_conflict,
            notice(
                TopicsState.form_fault,
                tone="warn",
                action=button(
                    "Reload the topics, keep what I typed",
                    size="sm",
                    icon="refresh-cw",
                    on_click=TopicsState.reload_form,
                ),
            ),
            notice(TopicsState.form_fault, tone="bad"),
        ),
    )


def _buttons() -> rx.Component:
    is_off = TopicsState.is_saving | TopicsState.is_conflict | TopicsState.is_gone
    return rx.el.footer(
        button("Cancel", on_click=TopicsState.close_form),
        rx.cond(
            _FORM.kind == DELETE,
            button(_FRAME.verb, type="submit", variant="destroy", disabled=is_off),
            button(_FRAME.verb, type="submit", variant="primary", disabled=is_off),
        ),
        class_name="flex justify-end gap-2 px-5 pb-5",
    )


def _discarding() -> rx.Component:
    return rx.el.footer(
        rx.el.span("Discard what you typed?", role="alert", class_name="mr-auto text-ink-2"),
        button("Keep editing", on_click=TopicsState.keep_form),
        button("Discard", variant="danger", on_click=TopicsState.discard_form),
        class_name="flex flex-wrap items-center justify-end gap-2 px-5 pb-5",
    )


def _text(label: str, name: str, hint: Content = None, **props: Content) -> rx.Component:
    return field(
        label,
        text_input(
            id=f"topic-{name}",
            value=getattr(_FORM, name),
            on_change=TopicsState.type_in(name),
            **props,
        ),
        html_for=f"topic-{name}",
        hint=hint,
    )


def _area(label: str, name: str, rows: int, hint: Content = None) -> rx.Component:
    return field(
        label,
        text_area(
            id=f"topic-{name}",
            rows=rows,
            value=getattr(_FORM, name),
            on_change=TopicsState.type_in(name),
        ),
        html_for=f"topic-{name}",
        hint=hint,
    )


def _home(label: str, name: str, hint: Content = None) -> rx.Component:
    return field(
        label,
        select(
            rx.cond(_FORM.home == "", rx.el.option("Choose a topic", value="")),
            rx.foreach(_FRAME.options, lambda one: rx.el.option(one.label, value=one.value)),
            id=f"topic-{name}",
            value=_FORM.home,
            on_change=TopicsState.type_in("home"),
        ),
        html_for=f"topic-{name}",
        hint=hint,
    )


def _about(*, has_home: bool) -> rx.Component:
    return rx.fragment(
        _text("Name", "name", custom_attrs={"data-autofocus": ""}, max_length=80),
        _home("Below", "home") if has_home else rx.fragment(),
        _area("What belongs into it", "description", 2),
        _area(
            "Keywords",
            "keywords",
            2,
            "Words that its records use, with commas between. They place records.",
        ),
        rx.fragment()
        if has_home
        else rx.cond(
            _FRAME.is_leaf,
            _text("Target share in percent", "target", _FRAME.target_hint, input_mode="decimal"),
        ),
    )


def _split() -> rx.Component:
    return rx.fragment(
        segmented(
            segment(
                "Find the parts",
                is_on=_FORM.mode == FIND,
                on_click=TopicsState.type_in("mode", FIND),
            ),
            segment(
                "Name them",
                is_on=_FORM.mode == NAME,
                on_click=TopicsState.type_in("mode", NAME),
            ),
            label="How to split",
            class_name="justify-self-start",
        ),
        rx.cond(
            _FORM.mode == FIND,
            _text(
                "Number of topics",
                "number",
                "Empty finds a number. They are named by their own words.",
                input_mode="numeric",
            ),
            _area("Names, one a line", "names", 4, "Each record goes where it fits best."),
        ),
    )


def _delete() -> rx.Component:
    return rx.fragment(
        field(
            "Their records",
            segmented(
                segment(
                    "Have no topic then",
                    is_on=_FORM.mode == LEAVE,
                    on_click=TopicsState.type_in("mode", LEAVE),
                ),
                segment(
                    "Go to another topic",
                    is_on=_FORM.mode == KEEP,
                    on_click=TopicsState.type_in("mode", KEEP),
                ),
                label="Their records",
                class_name="justify-self-start",
            ),
        ),
        rx.cond(_FORM.mode == KEEP, _home("Which takes them", "home")),
    )
