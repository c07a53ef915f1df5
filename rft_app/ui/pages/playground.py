"""Route `/optimization/{id}/playground`: one prompt to two models, side by side."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.missing import missing
from rft_app.ui.components.model_options import settings_button
from rft_app.ui.components.notice import notice
from rft_app.ui.components.playground import answers, grading_note, prompt_form
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.skeleton import skeleton, skeleton_lines
from rft_app.ui.state.playground import PlaygroundState
from rft_app.ui.theme import PAGE_TITLE, WITNESS


def playground_page() -> rx.Component:
    """The page in its frame; a skeleton while it loads, and what to do where it is not there."""
    home = f"/optimization/{PlaygroundState.dataset_id}"
    return shell(
        rx.cond(
            PlaygroundState.is_missing,
            missing(),
            rx.cond(
                PlaygroundState.is_loaded,
                rx.cond(
                    PlaygroundState.error != "",
                    page_body(_unreadable()),
                    _body(),
                ),
                page_body(skeleton("h-7 w-48 mb-4"), skeleton_lines("Loading the playground")),
            ),
        ),
        place=crumbs(
            ("Datasets", "/optimization"),
            (PlaygroundState.dataset_name, home),
            current="Playground",
        ),
        is_narrow=True,
    )


def _unreadable() -> rx.Component:
    return notice(
        "The playground could not be read.",
        PlaygroundState.error,
        tone="bad",
        action=button("Try again", size="sm", icon="refresh-cw", on_click=PlaygroundState.arrive),
    )


def _body() -> rx.Component:
    return page_body(
        rx.el.div(
            rx.el.h1("Playground", class_name=PAGE_TITLE),
            rx.el.span(
                "One prompt to two models. Models of this machine answer one after the other.",
                class_name=WITNESS,
            ),
            class_name="flex flex-wrap items-baseline gap-x-3 gap-y-1 mb-4",
        ),
        rx.el.div(
            rx.cond(
                PlaygroundState.how_to != "",
                notice(
                    "There is no model to ask.",
                    PlaygroundState.how_to,
                    tone="warn",
                    action=settings_button(),
                ),
            ),
            rx.cond(
                PlaygroundState.fault != "",
                notice("That did not work.", PlaygroundState.fault, tone="bad"),
            ),
            class_name="grid gap-2.5 mb-4 empty:hidden",
        ),
        rx.el.div(
            prompt_form(),
            rx.el.div(answers(), grading_note(), class_name="flex flex-col gap-2.5 min-w-0"),
            class_name="grid grid-cols-[380px_minmax(0,1fr)] gap-4 items-stretch"
            " max-desk:grid-cols-1",
        ),
        class_name="max-w-[1360px]",
    )
