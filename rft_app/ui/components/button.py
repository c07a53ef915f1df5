"""Buttons and links that look like them."""

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from rft_app.ui.components.icon import icon as draw_icon
from rft_app.ui.content import Content
from rft_app.ui.theme import BUTTON, BUTTON_SIZES, BUTTON_VARIANTS, ICON_BUTTON_SIZES, classes

ICON_SIZES = {"sm": 13, "md": 15, "lg": 15}


def _look(variant: str, size: str, extra: str) -> str:
    return classes(BUTTON, BUTTON_VARIANTS[variant], BUTTON_SIZES[size], extra)


def _content(children: tuple[Content, ...], icon: str, size: str) -> list[Content]:
    mark = [draw_icon(icon, ICON_SIZES[size])] if icon else []
    return [*mark, *children]


def button(
    *children: Content,
    variant: str = "default",
    size: str = "md",
    icon: str = "",
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A button; at most one `primary` per view.

    Args:
        *children: The words: verb, object and, where it helps, the count.
        variant: `default`, `primary`, `ghost`, `danger`, or `destroy` inside a confirm dialog.
        size: `sm`, `md` or `lg`.
        icon: Lucide name, left of the words.
        class_name: Layout only.
        **props: Passed on, e.g. `on_click`, `disabled`.
    """
    props.setdefault("type", "button")
    return rx.el.button(
        *_content(children, icon, size), class_name=_look(variant, size, class_name), **props
    )


def button_link(
    *children: Content,
    href: str | rx.Var[str],
    variant: str = "default",
    size: str = "md",
    icon: str = "",
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A link inside the app that looks like a button."""
    return ReactRouterLink.create(
        *_content(children, icon, size),
        to=href,
        class_name=_look(variant, size, class_name),
        **props,
    )


def icon_button(
    name: str,
    label: str | rx.Var[str],
    *,
    variant: str = "ghost",
    size: str = "md",
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A square button; `label` is its name for screen readers and its tooltip."""
    props.setdefault("type", "button")
    return rx.el.button(
        draw_icon(name, ICON_SIZES[size]),
        title=label,
        aria_label=label,
        class_name=classes(BUTTON, BUTTON_VARIANTS[variant], ICON_BUTTON_SIZES[size], class_name),
        **props,
    )


def link(
    *children: Content,
    href: str | rx.Var[str],
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A link inside the app, without a look of its own."""
    return ReactRouterLink.create(*children, to=href, class_name=class_name, **props)


def text_button(
    *children: Content,
    class_name: str = "",
    **props: Content,
) -> rx.Component:
    """A button that reads like a link, for small actions in running text."""
    props.setdefault("type", "button")
    return rx.el.button(
        *children,
        class_name=f"text-accent-text font-medium hover:underline underline-offset-[3px]"
        f" cursor-pointer disabled:opacity-45 {class_name}",
        **props,
    )
