"""Route `/settings`: what holds for the whole installation."""

import reflex as rx

from rft_app.ui.components.provider_list import provider_list
from rft_app.ui.components.shell import SETTINGS, crumbs, page_body, shell
from rft_app.ui.theme import PAGE_TITLE


def app_settings_page() -> rx.Component:
    """The providers of models."""
    return shell(
        page_body(
            rx.el.h1("Settings", class_name=f"{PAGE_TITLE} mb-4"),
            provider_list(),
            class_name="max-w-[860px]",
        ),
        place=crumbs(current="Settings"),
        section=SETTINGS,
    )
