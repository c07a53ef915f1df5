"""Route `/optimization/new`: stored traces or a file become a dataset."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.choice import segment, segmented, tab, tabs
from rft_app.ui.components.detected_pattern import detected_pattern
from rft_app.ui.components.field import field, text_area, text_input
from rft_app.ui.components.leave_guard import leave_guard
from rft_app.ui.components.notice import notice
from rft_app.ui.components.scrub_form import scrub_choice
from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.components.trace_picker import trace_picker
from rft_app.ui.components.upload_panel import upload_panel
from rft_app.ui.state.create import TRACES, UPLOAD, CreateState
from rft_app.ui.state.upload import READY
from rft_app.ui.steps import EVERY_ANSWER, LAST_ANSWER
from rft_app.ui.theme import PAGE_TITLE, WITNESS


def _model_suggestion() -> rx.Component:
    return rx.cond(
        CreateState.model_name != "",
        rx.el.div(
            button(
                rx.cond(
                    CreateState.is_asking,
                    "Asking",
                    f"Suggest name and objective with {CreateState.model_name}",
                ),
                size="sm",
                icon="sparkles",
                on_click=CreateState.ask_model,
                disabled=CreateState.is_asking,
                class_name="max-w-full",
            ),
            rx.cond(
                CreateState.asking_note != "",
                rx.el.p(
                    CreateState.asking_note,
                    role="status",
                    class_name="mt-1.5 text-small text-ink-2",
                ),
            ),
        ),
    )


def _detected() -> rx.Component:
    return detected_pattern(
        CreateState.pattern,
        is_busy=CreateState.is_analyzing,
        fault=CreateState.pattern_fault,
        empty=rx.cond(
            CreateState.tab == TRACES,
            "Select traces to see what they have in common.",
            rx.cond(
                (CreateState.stage == READY) & ~CreateState.view.is_readable,
                "No row of this file can be read yet.",
                "Upload a file to see what its rows have in common.",
            ),
        ),
        more=_model_suggestion(),
    )


def _source() -> rx.Component:
    return rx.el.div(
        tabs(
            tab(
                "From gateway traces",
                is_on=CreateState.tab == TRACES,
                on_click=CreateState.show_tab(TRACES),
            ),
            tab(
                "Upload a file",
                is_on=CreateState.tab == UPLOAD,
                on_click=CreateState.show_tab(UPLOAD),
            ),
            label="Source of the data",
            class_name="mb-4",
        ),
        rx.cond(CreateState.tab == TRACES, trace_picker(), upload_panel()),
        class_name="min-w-0",
    )


def _num_records(number: rx.Var[str] | str) -> rx.Component:
    return rx.fragment(rx.cond(CreateState.tab == TRACES, number, ""))


def _mode() -> rx.Component:
    return field(
        "Records from each trace",
        rx.el.div(
            segmented(
                segment(
                    "Last answer",
                    count=_num_records(CreateState.num_last),
                    is_on=CreateState.mode == "last",
                    on_click=CreateState.set_mode("last"),
                ),
                segment(
                    "Every answer",
                    count=_num_records(CreateState.num_every),
                    is_on=CreateState.mode == "every",
                    on_click=CreateState.set_mode("every"),
                ),
                label="Records from each trace",
            )
        ),
        hint=rx.cond(
            CreateState.mode == "last",
            LAST_ANSWER,
            EVERY_ANSWER,
        ),
    )


def _form() -> rx.Component:
    """What was filled in scrolls; what is chosen and the button stay in sight."""
    return rx.el.div(
        rx.el.div(
            _detected(),
            *_words(),
            _personal_values(),
            rx.cond(
                CreateState.create_error != "",
                notice("The dataset was not created.", CreateState.create_error, tone="bad"),
            ),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-4 content-start -mx-1 px-1 wide:min-h-0"
            " wide:overflow-auto",
        ),
        _mode(),
        _create(),
        class_name="flex flex-col gap-3 self-start wide:sticky wide:top-0"
        " wide:max-h-[calc(100dvh-104px)]",
    )


def _words() -> tuple[rx.Component, rx.Component]:
    return (
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
                rows=2,
                value=CreateState.objective,
                on_change=CreateState.set_objective,
                placeholder="What should the model get better at?",
                max_length=4000,
            ),
            hint="One or two sentences. A judge grades by it; a script grader has its own rules.",
            html_for="dataset-objective",
        ),
    )


def _personal_values() -> rx.Component:
    return scrub_choice(
        CreateState,
        "create",
        words=rx.cond(
            CreateState.tab == TRACES, "Preview on selected traces", "Preview on this file"
        ),
        can_preview=CreateState.can_preview,
        effect=rx.cond(
            CreateState.tab == TRACES,
            "Replaced in this dataset alone; the traces it is made of stay as they are.",
            "Replaced before the rows of the file are stored.",
        ),
    )


def _create() -> rx.Component:
    return rx.el.div(
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
                CreateState.what_follows,
            ),
            role="status",
            class_name=f"{WITNESS} mt-2 text-center",
        ),
        class_name="shrink-0",
    )


def create_page() -> rx.Component:
    """The source at the left, what it becomes at the right."""
    return shell(
        page_body(
            rx.el.h1("New dataset", class_name=f"{PAGE_TITLE} sr-only"),
            rx.el.div(
                _source(),
                _form(),
                class_name="grid grid-cols-[minmax(0,1fr)_420px] gap-8 max-desk:gap-6"
                " max-desk:grid-cols-[minmax(0,1fr)_340px] max-wide:grid-cols-1",
            ),
            class_name="max-w-[1280px]",
        ),
        leave_guard(
            CreateState,
            "The dataset is not created yet. Leaving drops what you chose and typed here.",
            is_on=CreateState.is_begun,
        ),
        place=crumbs(("Datasets", "/optimization"), current="New dataset"),
        is_narrow=True,
    )
