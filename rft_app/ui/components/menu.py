"""Menus: a button and the actions behind it, all by keyboard too."""

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from rft_app.ui.components.icon import icon
from rft_app.ui.content import Content
from rft_app.ui.theme import BUTTON, BUTTON_SIZES, BUTTON_VARIANTS, ICON_BUTTON_SIZES, classes

_JSX = rx.asset("menu.jsx", shared=True)
_CSS = rx.asset("overlay.css", shared=True)
_ITEM = (
    "flex items-center gap-2.5 w-full h-8 px-2.5 rounded-badge text-left text-body cursor-pointer"
    " hover:bg-hover focus-visible:bg-press focus-visible:shadow-none disabled:opacity-45"
    " [&>svg]:text-ink-3 max-wide:h-11"
)


class Menu(rx.Component):
    """The trigger's content is the first child, the items follow."""

    library = _JSX.importable_path
    tag = "Menu"

    label: rx.Var[str]
    trigger_class: rx.Var[str]

    def add_imports(self) -> rx.ImportDict:
        """Bring the style sheet of floating things."""
        return {"": _CSS.importable_path}


def menu_item(
    words: Content,
    *,
    icon_name: str,
    is_destructive: bool = False,
    **props: Content,
) -> rx.Component:
    """One action."""
    ink = "text-bad [&>svg]:text-bad" if is_destructive else "text-ink"
    return rx.el.button(
        icon(icon_name, 14),
        rx.el.span(words, class_name="grow truncate"),
        role="menuitem",
        type="button",
        tab_index=-1,
        class_name=classes(_ITEM, ink),
        **props,
    )


def menu_link(words: Content, *, icon_name: str, href: Content) -> rx.Component:
    """One place to go."""
    return ReactRouterLink.create(
        icon(icon_name, 14),
        rx.el.span(words, class_name="grow truncate"),
        to=href,
        role="menuitem",
        tab_index=-1,
        class_name=classes(_ITEM, "text-ink"),
    )


def menu_separator() -> rx.Component:
    """A line between groups of actions."""
    return rx.el.div(role="separator", class_name="h-px bg-line my-1 -mx-1")


def menu(
    *items: rx.Component,
    label: str | rx.Var[str],
    words: str = "",
    icon_name: str = "ellipsis",
    variant: str = "ghost",
    size: str = "sm",
) -> rx.Component:
    """A menu.

    Args:
        *items: Made by `menu_item`, `menu_link`, `menu_separator`.
        label: Name of the button, e.g. `More actions for airline-support`.
        words: Text of the button; without it only the icon shows.
        icon_name: Lucide name.
        variant: As in `button`.
        size: As in `button`.
    """
    sizes = BUTTON_SIZES if words else ICON_BUTTON_SIZES
    content = [icon(icon_name, 15)]
    if words:
        content += [rx.el.span(words), icon("chevron-down", 13)]
    return Menu.create(
        rx.el.span(*content, class_name="contents"),
        *items,
        label=label,
        trigger_class=classes(BUTTON, BUTTON_VARIANTS[variant], sizes[size]),
    )
