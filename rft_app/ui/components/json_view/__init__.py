"""JSON with colours: previews of exports, tool calls, raw records."""

import reflex as rx

from rft_app.ui.content import Content
from rft_app.ui.theme import CODE

_JSX = rx.asset("json_view.jsx", shared=True)


class JsonView(rx.Component):
    """Rows of JSON; indenting only moves tokens, so that every number stays as it was written."""

    library = _JSX.importable_path
    tag = "JsonView"

    rows: rx.Var[list[str]]
    is_pretty: rx.Var[bool]
    is_numbered: rx.Var[bool]
    cut_above: rx.Var[int]
    label: rx.Var[str]


def json_view(
    rows: Content,
    *,
    label: str | rx.Var[str],
    is_pretty: rx.Var[bool] | bool = True,
    is_numbered: bool = False,
    cut_above: int = 0,
    class_name: str = "",
) -> rx.Component:
    """Show rows of JSON; text that is not JSON shows as it is.

    Args:
        rows: One JSON text each.
        label: What it is, for screen readers.
        is_pretty: Indent; otherwise each row is one line, exactly its bytes.
        is_numbered: Number the rows.
        cut_above: Characters above which an indented text is cut, with how much is left out; 0
            shows everything.
        class_name: Layout and padding.
    """
    return JsonView.create(
        rows=rows,
        is_pretty=is_pretty,
        is_numbered=is_numbered,
        cut_above=cut_above,
        label=label,
        class_name=f"{CODE} m-0 overflow-auto {class_name}",
    )
