"""The configured models, for a select."""

import reflex as rx

from rft_app.ui.state.generation_view import ModelOption


def model_options(models: rx.Var[list[ModelOption]] | list[ModelOption]) -> rx.Component:
    """One option per model, with its prices."""
    return rx.foreach(models, lambda model: rx.el.option(model.label, value=model.name))
