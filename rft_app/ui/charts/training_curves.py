"""The curves of a training: rewards with their band, and small lines for everything else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import fmean
from typing import Final

import plotly.graph_objects as go

from rft_app.domain.training_remarks import Series
from rft_app.ui.charts.palette import Palette, base_layout

MAX_POINTS: Final = 400
"""More than a screen can show; longer curves are drawn from means of neighbouring steps."""
WIDTH, HEIGHT = 200, 36
"""Of a small line, in units of its own."""


@dataclass(frozen=True)
class RewardCurves:
    """What the chart of rewards shows, each as training step and value."""

    train: Series = ()
    spread: Series = ()
    """Standard deviation of the rewards of the same steps."""
    validation: Series = field(default=())
    num_steps: int = 0
    """Where the training ends; the axis reaches that far."""


def thin(series: Series, most: int = MAX_POINTS) -> list[tuple[int, float]]:
    """At most so many points: means of equal runs of neighbours, each at its last step.

    Example:
        >>> thin([(1, 0.0), (2, 1.0), (3, 0.5), (4, 0.7)], 2)
        [(2, 0.5), (4, 0.6)]
    """
    size = -(-len(series) // most)
    if size <= 1:
        return list(series)
    points = iter(series)
    runs = iter(lambda: list(islice(points, size)), [])
    return [(run[-1][0], fmean(value for _, value in run)) for run in runs]


def steps_per_point(series: Series) -> int:
    """How many steps a point of `thin` stands for."""
    return max(1, -(-len(series) // MAX_POINTS))


def reward_curves(curves: RewardCurves, palette: Palette) -> go.Figure:
    """Mean reward by step with a band of one standard deviation, and held-out records dashed."""
    train, spread = thin(curves.train), dict(thin(curves.spread))
    figure = go.Figure()
    if train:
        _add_band(figure, train, spread, palette)
        figure.add_scatter(
            x=[step for step, _ in train],
            y=[value for _, value in train],
            line={"color": palette.ours, "width": 1.5},
            hovertemplate="training %{y:.2f}<extra></extra>",
        )
    if curves.validation:
        _add_validation(figure, thin(curves.validation), curves.num_steps, palette)
    layout = base_layout(palette, x_title="training step", y_title="reward")
    figure.update_layout({**layout, "height": 300})
    figure.update_xaxes(range=[0, max(1, curves.num_steps)], tickformat=",d")
    figure.update_yaxes(range=[0, 1.02], tickformat=".1f")
    return figure


def _add_band(figure: go.Figure, train: Series, spread: dict[int, float], palette: Palette) -> None:
    known = [(step, value, spread[step]) for step, value in train if step in spread]
    steps = [step for step, _, _ in known]
    upper = [min(1.0, value + sd) for _, value, sd in known]
    lower = [max(0.0, value - sd) for _, value, sd in known]
    figure.add_scatter(
        x=steps + steps[::-1],
        y=upper + lower[::-1],
        fill="toself",
        fillcolor=_fade(palette.ours),
        line={"width": 0},
        hoverinfo="skip",
        mode="lines",
    )


def _add_validation(figure: go.Figure, points: Series, end: int, palette: Palette) -> None:
    figure.add_scatter(
        x=[step for step, _ in points],
        y=[value for _, value in points],
        mode="lines+markers",
        line={"color": palette.over, "width": 1.5, "dash": "dot"},
        marker={"symbol": "square-open", "size": 7, "color": palette.over},
        hovertemplate="held-out %{y:.2f}<extra></extra>",
    )
    step, base = points[0]
    if step == 0:
        line = {"color": palette.axis, "width": 1, "dash": "dash"}
        figure.add_shape(type="line", x0=0, x1=max(1, end), y0=base, y1=base, line=line)
        figure.add_annotation(
            x=max(1, end),
            y=base,
            text=f"base model {base:.2f}",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"size": 11, "color": palette.label},
        )


def _fade(colour: str) -> str:
    """The colour as a ground that lines can be read on."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def describe_rewards(curves: RewardCurves) -> str:
    """The chart in one sentence, for those who do not see it."""
    parts = [
        f"{name} from {points[0][1]:.2f} to {points[-1][1]:.2f}"
        for name, points in (("training", curves.train), ("held-out", curves.validation))
        if points
    ]
    return f"Mean reward by training step: {', '.join(parts)}." if parts else "No reward yet."


def small_line(series: Series) -> str:
    """The path of a line in a box of `WIDTH` by `HEIGHT`, from its least to its largest value.

    Example:
        >>> small_line([(1, 0.0), (2, 1.0)])
        'M0.0,34.0L200.0,2.0'
    """
    points = thin(series, WIDTH)
    if len(points) < 2:
        return ""
    values: Sequence[float] = [value for _, value in points]
    low, high = min(values), max(values)
    first, last = points[0][0], points[-1][0]
    places = (
        (
            WIDTH * (step - first) / max(1, last - first),
            HEIGHT - 2 - (HEIGHT - 4) * ((value - low) / (high - low) if high > low else 0.5),
        )
        for step, value in points
    )
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
