"""Cards: one border, an optional header with a witness."""

import reflex as rx

from rft_app.ui.content import Content
from rft_app.ui.theme import CARD, CARD_BODY, CARD_HEADER, SECTION_TITLE, WITNESS, classes


def card(
    *children: Content,
    title: str | rx.Var[str] = "",
    witness: Content = None,
    action: rx.Component | None = None,
    class_name: str = "",
    body_class: str = CARD_BODY,
    **props: Content,
) -> rx.Component:
    """A card.

    Args:
        *children: The body.
        title: Words of the header; without it there is no header.
        witness: Small print beside the title: unit, n, rule.
        action: Control at the right of the header.
        class_name: Layout of the card.
        body_class: Padding and layout of the body.
        **props: Passed on.
    """
    header = rx.fragment()
    if isinstance(title, rx.Var) or title:
        header = rx.el.div(
            rx.el.h3(title, class_name=f"{SECTION_TITLE} whitespace-nowrap"),
            rx.el.span(
                witness,
                title=witness if isinstance(witness, str | rx.Var) else "",
                class_name=f"{WITNESS} truncate min-w-0",
            )
            if witness is not None
            else rx.fragment(),
            rx.el.div(action, class_name="ml-auto shrink-0")
            if action is not None
            else rx.fragment(),
            class_name=CARD_HEADER,
        )
    return rx.el.section(
        header,
        rx.el.div(*children, class_name=body_class),
        class_name=classes(CARD, class_name),
        **props,
    )
