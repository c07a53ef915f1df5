"""Route `/optimization`: the list of datasets."""

import reflex as rx

from rft_app.ui.components.shell import crumbs, page_body, shell
from rft_app.ui.theme import PAGE_TITLE


def datasets_page() -> rx.Component:
    """All datasets, with what each needs next."""
    return shell(
        page_body(rx.el.h1("Datasets", class_name=PAGE_TITLE)),
        place=crumbs(current="Datasets"),
    )
