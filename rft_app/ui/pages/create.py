"""Route `/optimization/new`: a file becomes a dataset."""

import reflex as rx

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button
from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import field, text_area, text_input
from rft_app.ui.components.notice import notice
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.upload_panel import upload_panel
from rft_app.ui.content import has_items
from rft_app.ui.state.create import CreateState
from rft_app.ui.state.next_panel import Fact
from rft_app.ui.theme import LABEL, PAGE_TITLE, WITNESS


def _fact(fact: rx.vars.ObjectVar[Fact]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(fact.name, class_name="text-ink-3"),
        rx.el.dd(fact.value, class_name="text-right tabular-nums"),
    )


def _detected() -> rx.Component:
    view = CreateState.view
    found = rx.fragment(
        rx.el.dl(
            rx.foreach(view.facts, _fact),
            class_name="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-small",
        ),
        rx.cond(
            has_items(view.tools),
            rx.el.div(
                rx.el.h4("Tools called in the first rows", class_name=LABEL),
                rx.el.div(
                    rx.foreach(
                        view.tools,
                        lambda name: badge(name, tone="line", class_name="font-mono max-w-full"),
                    ),
                    class_name="mt-1.5 flex flex-wrap gap-1.5",
                ),
                class_name="mt-3",
            ),
        ),
    )
    return card(
        rx.cond(
            CreateState.stage == "ready",
            found,
            rx.el.p(
                "Upload a file to see its shape, its turns and its tools.",
                class_name="text-small text-ink-3",
            ),
        ),
        title="Found in the file",
        witness=rx.cond(CreateState.stage == "ready", "in the rows of the preview", ""),
    )


def _mode() -> rx.Component:
    return field(
        "Records from each trace",
        rx.el.div(
            segmented(
                segment(
                    "Last answer",
                    is_on=CreateState.mode == "last",
                    on_click=CreateState.set_mode("last"),
                ),
                segment(
                    "Every answer",
                    is_on=CreateState.mode == "every",
                    on_click=CreateState.set_mode("every"),
                ),
                label="Records from each trace",
            )
        ),
        hint=rx.cond(
            CreateState.mode == "last",
            "One record per trace: everything before its last answer, and that answer.",
            "One record per answer, each with the conversation up to it. They share a group, so"
            " a trace never straddles train and test.",
        ),
    )


def _form() -> rx.Component:
    return rx.el.div(
        _detected(),
        field(
            "Name",
            text_input(
                id="dataset-name",
                value=CreateState.name,
                on_change=CreateState.set_name,
                placeholder="airline-support-agent",
                max_length=120,
                auto_complete="off",
            ),
            html_for="dataset-name",
        ),
        field(
            "Objective",
            text_area(
                id="dataset-objective",
                rows=4,
                value=CreateState.objective,
                on_change=CreateState.set_objective,
                placeholder="What should the model get better at?",
                max_length=4000,
            ),
            hint="One or two sentences. It names the goal the grader will judge by.",
            html_for="dataset-objective",
        ),
        _mode(),
        rx.cond(
            CreateState.create_error != "",
            notice("The dataset was not created.", CreateState.create_error, tone="bad"),
        ),
        rx.el.div(
            button(
                rx.cond(CreateState.is_creating, "Creating", "Create Dataset & Start →"),
                variant="primary",
                size="lg",
                disabled=(CreateState.blocker != "") | CreateState.is_creating,
                on_click=CreateState.create,
                class_name="w-full",
            ),
            rx.el.p(
                rx.cond(
                    CreateState.blocker != "",
                    CreateState.blocker,
                    "Imports the file, then extracts its records. You can watch and cancel both.",
                ),
                role="status",
                class_name=f"{WITNESS} mt-2 text-center",
            ),
        ),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-4 content-start wide:sticky wide:top-0",
    )


def create_page() -> rx.Component:
    """Upload at the left, what it becomes at the right."""
    return shell(
        page_body(
            rx.el.h1("New dataset", class_name=f"{PAGE_TITLE} sr-only"),
            rx.el.div(
                upload_panel(),
                _form(),
                class_name="grid grid-cols-[minmax(0,1fr)_420px] gap-8 max-desk:gap-6"
                " max-desk:grid-cols-[minmax(0,1fr)_340px] max-wide:grid-cols-1",
            ),
            class_name="max-w-[1280px]",
        ),
        place=crumbs(("Datasets", "/optimization"), current="New dataset"),
        is_narrow=True,
    )
