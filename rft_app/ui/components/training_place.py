"""Where a training is done: on this machine, by a provider, or on a Ray cluster."""

import reflex as rx

from rft_app.ui.components.card import card
from rft_app.ui.components.choice import segment, segmented
from rft_app.ui.components.field import field, options, select
from rft_app.ui.components.model_options import settings_button
from rft_app.ui.components.notice import notice
from rft_app.ui.content import has_items
from rft_app.ui.state.training import TrainingState

_PLACES = (
    ("trl_local", "This machine"),
    ("openai_compatible", "Provider's fine-tuning API"),
    ("ray", "Ray cluster"),
    ("ray_verl", "Ray cluster, verl"),
)


def where_form() -> rx.Component:
    """The choice, and what only that place needs."""
    return card(
        segmented(
            *(
                segment(
                    words,
                    is_on=TrainingState.trainer == value,
                    on_click=TrainingState.set_trainer(value),
                )
                for value, words in _PLACES
            ),
            label="Where",
            class_name="max-wide:flex-wrap",
        ),
        rx.cond(
            TrainingState.notice != "",
            notice("Before you choose this:", TrainingState.notice, tone="warn", class_name="mt-4"),
        ),
        rx.cond(TrainingState.is_service, _service()),
        title="Where",
    )


def _service() -> rx.Component:
    return rx.el.div(
        rx.cond(
            has_items(TrainingState.providers),
            field(
                "Provider",
                select(
                    options(TrainingState.providers),
                    id="training-provider",
                    value=TrainingState.provider,
                    on_change=TrainingState.set_provider,
                    class_name="max-w-[420px]",
                ),
                html_for="training-provider",
                hint="address and key are those of Settings",
            ),
            settings_button(),
        ),
        class_name="mt-4",
    )
