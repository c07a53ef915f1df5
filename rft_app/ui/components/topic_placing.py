"""The dialog that puts records into topics: which ones, and what that overwrites."""

import reflex as rx

from rft_app.ui.components.button import button
from rft_app.ui.components.field import checkbox, field, select
from rft_app.ui.components.modal import modal_frame
from rft_app.ui.components.model_options import model_options
from rft_app.ui.components.notice import notice
from rft_app.ui.content import Content
from rft_app.ui.state.modal import ModalState
from rft_app.ui.state.topic_placing import ALL, UNLABELED
from rft_app.ui.state.topics import TopicsState
from rft_app.ui.theme import PAGE_TITLE, WITNESS

TITLE = "Categorise records"
IS_IN_FRONT = ModalState.open_name == TopicsState.step.value
"""Whether the topics dialog is open: what stands in front of it shows only then."""


def placing_dialog() -> rx.Component:
    """Asks which records, and starts the job."""
    return modal_frame(
        rx.el.div(
            rx.el.h2(TITLE, class_name=PAGE_TITLE),
            rx.el.p(
                "Each record goes to the topic whose words it uses; where words do not decide, to"
                " the nearest in meaning. Method and confidence are kept.",
                class_name="text-ink-2 -mt-2",
            ),
            rx.cond(TopicsState.placing_fault != "", notice(TopicsState.placing_fault, tone="bad")),
            rx.el.fieldset(
                rx.el.legend("Which records", class_name="text-small font-medium text-ink-2 mb-1"),
                _way(
                    UNLABELED, TopicsState.unlabeled_words, disabled=TopicsState.num_unlabeled == 0
                ),
                _way(ALL, TopicsState.all_words),
                rx.cond(
                    (TopicsState.mode == ALL) & (TopicsState.manual_words != ""),
                    rx.el.div(
                        checkbox(
                            TopicsState.manual_words,
                            checked=TopicsState.takes_manual,
                            on_change=TopicsState.set_takes_manual,
                        ),
                        class_name="pl-6",
                    ),
                ),
                class_name="grid gap-0.5",
            ),
            field(
                "Model for unsure records",
                select(
                    rx.el.option("None: by words and meaning only", value=""),
                    model_options(TopicsState.models),
                    id="topics-placing-model",
                    value=TopicsState.placing_model,
                    on_change=TopicsState.choose_placing_model,
                    disabled=TopicsState.no_model != "",
                ),
                hint=TopicsState.asking_words,
                html_for="topics-placing-model",
            ),
            rx.el.p(f"Now: {TopicsState.methods_words}. It can be undone.", class_name=WITNESS),
            class_name="grid grid-cols-[minmax(0,1fr)] gap-4 p-5 overflow-auto",
        ),
        rx.el.footer(
            button("Cancel", on_click=TopicsState.close_placing),
            button(
                TopicsState.place_verb,
                variant="primary",
                on_click=TopicsState.place,
                disabled=TopicsState.num_to_place == 0,
            ),
            class_name="flex justify-end gap-2 px-5 pb-5",
        ),
        is_open=TopicsState.is_placing & IS_IN_FRONT,
        on_close=TopicsState.close_placing,
        title=TITLE,
        width="small",
    )


def _way(mode: str, words: rx.Var[str] | str, **props: Content) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="topics-mode",
            checked=TopicsState.mode == mode,
            on_change=TopicsState.choose_mode(mode),
            class_name="w-4 h-4 shrink-0 accent-[var(--accent)] cursor-pointer",
            **props,
        ),
        rx.el.span(words),
        class_name="flex items-center gap-2 cursor-pointer min-h-7 max-wide:min-h-11"
        " has-[:disabled]:text-ink-3 has-[:disabled]:cursor-not-allowed",
    )
