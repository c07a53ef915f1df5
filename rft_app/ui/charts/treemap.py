"""The treemap of a topic tree: one rectangle a leaf, as large as its share of the records.

Plotly's own treemap needs its full bundle, four times the size of the basic one; the layout is
Bruls, Huizing and van Wijk's squarified one, drawn as filled lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import plotly.graph_objects as go

from rft_app.ui.charts.palette import Palette, base_layout

WIDTH, HEIGHT = 1000.0, 480.0
"""Of the drawing, in its own unit."""
HEADER = 26.0
"""Height of a branch's name above its leaves."""
_LETTER = 9.0
"""Width of a letter, about; names that do not fit are left out."""


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, gap: float) -> "Box":
        """A little smaller on all sides."""
        return Box(
            self.x + gap,
            self.y + gap,
            max(0.0, self.width - 2 * gap),
            max(0.0, self.height - 2 * gap),
        )


@dataclass(frozen=True)
class Tile:
    """One leaf."""

    key: str
    num_records: int
    status: str
    """`under`, `ok` or `over`."""
    words: str
    """Shown when pointed at."""


def squarify(sizes: Sequence[float], box: Box) -> list[Box]:
    """Split a box into parts as large as the sizes say, as square as can be.

    Args:
        sizes: Largest first; zeros give empty boxes.
        box: What to split.

    Example:
        >>> [(part.width, part.height) for part in squarify([1, 1], Box(0, 0, 4, 2))]
        [(2.0, 2.0), (2.0, 2.0)]
    """
    total = sum(sizes)
    scale = box.width * box.height / total if total else 0.0
    areas = [size * scale for size in sizes]
    placed: list[Box] = []
    while areas:
        side = min(box.width, box.height)
        num = _row_length(areas, side)
        row, areas = areas[:num], areas[num:]
        parts, box = _lay(row, box)
        placed += parts
    return placed


def _row_length(areas: Sequence[float], side: float) -> int:
    """How many of the areas make the squarest row along the side."""
    num = 1
    while num < len(areas) and _worst(areas[: num + 1], side) <= _worst(areas[:num], side):
        num += 1
    return num


def _worst(areas: Sequence[float], side: float) -> float:
    """The largest ratio of sides in a row."""
    total = sum(areas)
    if not total or not side or not min(areas):
        return float("inf")
    return max(side**2 * max(areas) / total**2, total**2 / (side**2 * min(areas)))


def _lay(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """Put a row along the shorter side; the parts and what is left of the box."""
    total = sum(row)
    is_wide = box.width >= box.height
    side = box.height if is_wide else box.width
    depth = total / side if side else 0.0
    parts: list[Box] = []
    at = 0.0
    for area in row:
        length = area / depth if depth else 0.0
        parts.append(
            Box(box.x, box.y + at, depth, length)
            if is_wide
            else Box(box.x + at, box.y, length, depth)
        )
        at += length
    if is_wide:
        return parts, Box(box.x + depth, box.y, max(0.0, box.width - depth), box.height)
    return parts, Box(box.x, box.y + depth, box.width, max(0.0, box.height - depth))


def place_tiles(tiles: Sequence[Tile]) -> tuple[list[tuple[Tile, Box]], list[tuple[str, Box]]]:
    """Leaves with their boxes, and the top-level branches with theirs."""
    by_top = sorted(tiles, key=lambda tile: tile.key.partition("/")[0])
    groups = [(top, list(found)) for top, found in groupby(by_top, lambda t: t.key.split("/")[0])]
    groups.sort(key=lambda group: -_size(group[1]))
    boxes = squarify([_size(found) for _, found in groups], Box(0, 0, WIDTH, HEIGHT))
    leaves: list[tuple[Tile, Box]] = []
    branches: list[tuple[str, Box]] = []
    for (top, found), box in zip(groups, boxes, strict=True):
        inner = box.inset(2)
        if found[0].key != top:
            branches.append((top, inner))
            inner = Box(inner.x, inner.y + HEADER, inner.width, max(0.0, inner.height - HEADER))
        found.sort(key=lambda tile: -tile.num_records)
        parts = squarify([tile.num_records for tile in found], inner)
        leaves += zip(found, parts, strict=True)
    return leaves, branches


def _size(tiles: Sequence[Tile]) -> int:
    return sum(tile.num_records for tile in tiles)


def topic_treemap(tiles: Sequence[Tile], palette: Palette) -> go.Figure:
    """Draw it; topics below their target are in the colour of caution.

    Args:
        tiles: The leaves; those without records are too small to see.
        palette: Resolved colours of the theme.
    """
    figure = go.Figure()
    leaves, branches = place_tiles(tiles)
    for tile, box in leaves:
        if tile.num_records:
            _draw(figure, tile, box.inset(1.5), palette)
    for name, box in branches:
        _write(figure, name, Box(box.x, box.y, box.width, HEADER), palette.text)
    figure.update_layout(base_layout(palette, x_title="", y_title=""))
    figure.update_layout(height=320, margin={"l": 0, "r": 0, "t": 0, "b": 0}, hovermode="closest")
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[0, WIDTH], **hidden)
    figure.update_yaxes(range=[HEIGHT, 0], rangemode="normal", **hidden)
    return figure


def _draw(figure: go.Figure, tile: Tile, box: Box, palette: Palette) -> None:
    right, bottom = box.x + box.width, box.y + box.height
    color = palette.caution if tile.status == "under" else palette.ours
    figure.add_trace(
        go.Scatter(
            x=[box.x, right, right, box.x, box.x],
            y=[box.y, box.y, bottom, bottom, box.y],
            mode="lines",
            fill="toself",
            fillcolor=_faded(color),
            line={"color": color, "width": 1},
            hoveron="fills",
            hoverinfo="text",
            text=tile.words,
            name=tile.words,
        )
    )
    _write(figure, tile.key.rpartition("/")[2], box, palette.text)


def _write(figure: go.Figure, name: str, box: Box, color: str) -> None:
    """A name at the top left of its box, where it fits."""
    room = int((box.width - 12) / _LETTER)
    if box.height < 24 or room < 4:
        return
    text = name if len(name) <= room else f"{name[: room - 1]}…"
    figure.add_annotation(
        x=box.x,
        y=box.y,
        text=text.replace("<", "&lt;"),
        showarrow=False,
        xanchor="left",
        yanchor="top",
        xshift=5,
        yshift=-2,
        font={"size": 11, "color": color},
    )


def _faded(color: str) -> str:
    """The colour at a quarter of its strength.

    Example:
        >>> _faded("#10b981")
        'rgba(16,185,129,0.25)'
    """
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.25)"
