"""Colours and layout of all charts; plotly cannot read CSS variables, so they are resolved here."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Palette:
    """The chart colours of one theme, as in `assets/tokens.css`."""

    text: str
    label: str
    grid: str
    axis: str
    ground: str
    ours: str
    caution: str
    worse: str
    over: str
    """More than was aimed at."""


DARK = Palette(
    text="#edf1ef",
    label="#87918c",
    grid="#1e2321",
    axis="#363d3a",
    ground="#1c201e",
    ours="#10b981",
    caution="#f7cf5e",
    worse="#d9552f",
    over="#6cb0ff",
)
LIGHT = Palette(
    text="#0f1613",
    label="#5f6a65",
    grid="#e9edeb",
    axis="#c6cdc9",
    ground="#ffffff",
    ours="#059669",
    caution="#b98300",
    worse="#a83210",
    over="#2c74d6",
)
FONT = "Inter Variable, system-ui, sans-serif"
HEIGHT = 200


def base_layout(palette: Palette, *, x_title: str, y_title: str) -> dict[str, Any]:
    """The frame of every chart: no template, no ground, a thin y grid, one line at the floor."""
    axis: dict[str, Any] = {
        "zeroline": False,
        "fixedrange": True,
        "title": {"standoff": 8, "font": {"size": 11, "color": palette.label}},
        "tickfont": {"size": 11, "color": palette.label},
    }
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 11, "color": palette.label},
        "margin": {"l": 44, "r": 12, "t": 16, "b": 36},
        "height": HEIGHT,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": palette.ground,
            "bordercolor": palette.axis,
            "font": {"family": FONT, "size": 12, "color": palette.text},
        },
        "xaxis": {
            **axis,
            "title": {**axis["title"], "text": x_title},
            "showgrid": False,
            "linecolor": palette.axis,
            "linewidth": 1,
            "ticks": "",
        },
        "yaxis": {
            **axis,
            "title": {**axis["title"], "text": y_title},
            "gridcolor": palette.grid,
            "gridwidth": 1,
            "nticks": 5,
            "rangemode": "tozero",
        },
    }
