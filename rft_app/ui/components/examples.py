"""Lines of files, as examples."""

from collections.abc import Iterable

import reflex as rx

from rft_app.ui.theme import CODE, LABEL


def examples(named: Iterable[tuple[str, str]], class_name: str = "") -> rx.Component:
    """Each with its name; a long one scrolls, also by keys."""
    return rx.el.div(
        *(
            rx.el.div(
                rx.el.p(name, class_name=LABEL),
                rx.el.div(
                    rx.el.code(example, class_name="whitespace-pre"),
                    tab_index=0,
                    role="region",
                    aria_label=f"Example: {name}",
                    class_name=f"{CODE} mt-1 px-2.5 py-1.5 overflow-x-auto",
                ),
            )
            for name, example in named
        ),
        class_name=f"grid grid-cols-[minmax(0,1fr)] gap-2.5 {class_name}",
    )
