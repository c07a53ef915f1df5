"""The configured models, for a select."""

import reflex as rx

from rft_app.ui.components.button import button_link, link
from rft_app.ui.state.generation_view import ModelOption


def model_options(models: rx.Var[list[ModelOption]] | list[ModelOption]) -> rx.Component:
    """One option per model, with its prices."""
    return rx.foreach(models, lambda model: rx.el.option(model.label, value=model.name))


def settings_button() -> rx.Component:
    """The way to a provider, where there is none."""
    return button_link("Open Settings", href="/settings", size="sm", icon="settings")


def settings_link() -> rx.Component:
    """The same in running text."""
    return link(
        "Open Settings",
        href="/settings",
        class_name="text-accent-text font-medium hover:underline underline-offset-[3px]",
    )
