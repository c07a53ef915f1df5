"""The treemap of a topic tree: one rectangle a leaf, as large as its share of the records.

Plotly's own treemap needs its full bundle, four times the size of the basic one; the layout is
Bruls, Huizing and van Wijk's squarified one, drawn as filled lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap

import plotly.graph_objects as go

from rft_app.ui.charts.palette import Palette, base_layout

WIDTH, HEIGHT = 1000.0, 480.0
"""Of the drawing, in its own unit."""
HEADER = 26.0
"""Height of a branch's name above its leaves."""
_LETTER, _LINE = 9.0, 20.0
"""Width of a letter and height of a line, about; what does not fit is left out."""


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
    ratio: float
    """Share ÷ target."""
    figures: tuple[str, ...]
    """What stands below its name, as far as there is room."""
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
    """Draw it; the colour says on which side of its target a topic is, its strength how far.

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
        _write(figure, fit_lines(name, (), box.width, HEADER), box, palette.text)
    figure.update_layout(base_layout(palette, x_title="", y_title=""))
    figure.update_layout(height=320, margin={"l": 0, "r": 0, "t": 0, "b": 0}, hovermode="closest")
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[0, WIDTH], **hidden)
    figure.update_yaxes(range=[HEIGHT, 0], rangemode="normal", **hidden)
    return figure


def _draw(figure: go.Figure, tile: Tile, box: Box, palette: Palette) -> None:
    right, bottom = box.x + box.width, box.y + box.height
    colors = {"under": palette.caution, "over": palette.over}
    color = colors.get(tile.status, palette.ours)
    figure.add_trace(
        go.Scatter(
            x=[box.x, right, right, box.x, box.x],
            y=[box.y, box.y, bottom, bottom, box.y],
            mode="lines",
            fill="toself",
            fillcolor=_faded(color, _strength(tile.ratio)),
            line={"color": color, "width": 1},
            hoveron="fills",
            hoverinfo="text",
            text=tile.words,
            name=tile.words,
        )
    )
    name = tile.key.rpartition("/")[2]
    _write(figure, fit_lines(name, tile.figures, box.width, box.height), box, palette.text)


def fit_lines(name: str, figures: Sequence[str], width: float, height: float) -> list[str]:
    """What a box has room for: its name on as many lines as it needs, then the figures.

    Example:
        >>> fit_lines("Flight status", ("34 · 12%", "target 8%"), 100, 90)
        ['Flight', 'status', '34 · 12%', 'target 8%']
        >>> fit_lines("Flight status", ("34 · 12%",), 100, 50), fit_lines("Bags", (), 30, 90)
        (['Flight st…', '34 · 12%'], [])
    """
    letters, num_lines = int((width - 10) / _LETTER), int((height - 4) / _LINE)
    if letters < 4 or num_lines < 1:
        return []
    first = next((line for line in figures[:1] if len(line) <= letters and num_lines > 1), None)
    lines = wrap(name, letters)
    room = num_lines - (first is not None)
    if len(lines) > room:
        lines = [*lines[: room - 1], " ".join(lines[room - 1 :])]
    cut = [line if len(line) <= letters else f"{line[: letters - 1]}…" for line in lines]
    more = [line for line in figures if len(line) <= letters] if first is not None else []
    return [*cut, *more[: num_lines - len(cut)]]


def _write(figure: go.Figure, lines: Sequence[str], box: Box, color: str) -> None:
    """Lines at the top left of a box."""
    if lines:
        figure.add_annotation(
            x=box.x,
            y=box.y,
            text="<br>".join(line.replace("<", "&lt;") for line in lines),
            showarrow=False,
            align="left",
            xanchor="left",
            yanchor="top",
            xshift=5,
            yshift=-2,
            font={"size": 11, "color": color},
        )


def _strength(ratio: float) -> float:
    """How strong the colour of a topic is: the further from its target, the stronger.

    Example:
        >>> [_strength(ratio) for ratio in (1.0, 0.5, 0.0, 2.0, 5.0)]
        [0.15, 0.35, 0.55, 0.55, 0.55]
    """
    return round(0.15 + 0.4 * min(1.0, abs(ratio - 1)), 2)


def _faded(color: str, strength: float) -> str:
    """The colour at a part of its strength.

    Example:
        >>> _faded("#10b981", 0.25)
        'rgba(16,185,129,0.25)'
    """
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"
