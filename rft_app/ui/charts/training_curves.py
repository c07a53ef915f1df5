"""The curves of a training: rewards with their band, and small lines for everything else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from statistics import fmean
from typing import Final, NamedTuple

import plotly.graph_objects as go

from rft_app.domain.training_remarks import Series
from rft_app.ui.charts.palette import Palette, base_layout

MAX_POINTS: Final = 300
"""More than a screen can show; longer curves are drawn from bins of neighbouring steps."""
FEW_STEPS: Final = 8
"""So few have a tick each; the library would put some between them."""
WIDTH, HEIGHT = 200, 36
"""Of a small line, in units of its own."""
_DIGITS: Final = 4
"""Of what is sent to the browser; nobody can see more."""


class Bin(NamedTuple):
    """Neighbouring steps that are one point of a curve."""

    place: int
    """Which one it is, the same for all curves that are cut by one width."""
    first: int
    last: int
    mean: float
    low: tuple[int, float]
    """The least value, with its step."""
    high: tuple[int, float]


def find_width(series: Series, most: int = MAX_POINTS) -> int:
    """How many steps a bin has, so that there are about `most` of them; 1 where all fit."""
    if len(series) <= most:
        return 1
    return -(-(series[-1][0] - series[0][0] + 1) // most)


def bin_steps(series: Series, width: int) -> list[Bin]:
    """Runs of neighbouring steps; the same width cuts every curve at the same steps.

    Step 0, which is before the training, stays by itself.

    Example:
        >>> [(one.last, one.mean) for one in bin_steps([(1, 0.0), (2, 1.0), (3, 0.5)], 2)]
        [(2, 0.5), (3, 0.5)]
    """
    runs = groupby(series, lambda point: (point[0] - 1) // width)
    return [
        Bin(
            place=place,
            first=run[0][0],
            last=run[-1][0],
            mean=fmean([value for _, value in run]),
            low=min(run, key=itemgetter(1)),
            high=max(run, key=itemgetter(1)),
        )
        for place, run in ((place, list(points)) for place, points in runs)
    ]


def keep_extremes(series: Series, most: int = MAX_POINTS) -> list[tuple[int, float]]:
    """The curve by the least and the largest value of each bin, so that no jump is lost.

    Example:
        >>> keep_extremes([(1, 0.5), (2, 0.1), (3, 0.4), (4, 0.9)], 2)
        [(2, 0.1), (4, 0.9)]
    """
    if len(series) <= most:
        return list(series)
    bins = bin_steps(series, find_width(series, most // 2))
    return [point for one in bins for point in sorted({one.low, one.high})]


@dataclass(frozen=True)
class RewardCurves:
    """What the chart of rewards shows, each as training step and value."""

    train: Series = ()
    spread: Series = ()
    """Standard deviation of the rewards of the same steps."""
    validation: Series = field(default=())
    validation_spread: Series = ()
    gap: float | None = None
    """How far training is above held-out, where that is too far."""
    num_steps: int = 0
    """Where the training ends; the axis reaches that far."""


def reward_curves(curves: RewardCurves, palette: Palette) -> go.Figure:
    """Mean rewards by step with bands of one standard deviation; held-out records are dotted."""
    width = find_width(curves.train)
    train = bin_steps(curves.train, width)
    figure = go.Figure()
    if curves.validation_spread:
        _add_validation_band(figure, curves, palette)
    if train:
        spreads = {one.place: one.mean for one in bin_steps(curves.spread, width)}
        _add_band(
            figure,
            [(one.last, one.mean, spreads[one.place]) for one in train if one.place in spreads],
            _fade(palette.ours, 0.18),
        )
        if width > 1:
            _add_extremes(figure, curves.train, palette)
        _add_means(figure, train, palette)
    if curves.validation:
        _add_validation(figure, curves.validation, curves.num_steps, palette)
    if curves.gap is not None and curves.train and curves.validation:
        _add_gap(figure, curves, curves.gap, palette)
    layout = base_layout(palette, x_title="training step", y_title="reward")
    figure.update_layout({**layout, "height": 300})
    figure.update_xaxes(range=[0, max(1, curves.num_steps)], tickformat=",d")
    if curves.num_steps < FEW_STEPS:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(range=[0, 1.02], tickformat=".1f")
    return figure


def _add_means(figure: go.Figure, train: Sequence[Bin], palette: Palette) -> None:
    """The line to read; where a point is several steps, the pointer says which, and their range."""
    figure.add_scatter(
        x=[one.last for one in train],
        y=[round(one.mean, _DIGITS) for one in train],
        text=[_describe_bin(one) for one in train],
        line={"color": palette.ours, "width": 1.5},
        hovertemplate="training %{y:.2f}%{text}<extra></extra>",
    )


def _describe_bin(one: Bin) -> str:
    if one.first == one.last:
        return ""
    return f", {one.low[1]:.2f} to {one.high[1]:.2f} since step {one.first:,}"


def _add_extremes(figure: go.Figure, train: Series, palette: Palette) -> None:
    points = keep_extremes(train, 2 * MAX_POINTS)
    figure.add_scatter(
        x=[step for step, _ in points],
        y=[round(value, _DIGITS) for _, value in points],
        line={"color": _fade(palette.ours, 0.45), "width": 0.75},
        hoverinfo="skip",
        mode="lines",
    )


def _add_band(figure: go.Figure, points: Sequence[tuple[int, float, float]], fill: str) -> None:
    """Between each mean less and plus its standard deviation, within what a reward can be."""
    steps = [step for step, _, _ in points]
    upper = [round(min(1.0, value + sd), _DIGITS) for _, value, sd in points]
    lower = [round(max(0.0, value - sd), _DIGITS) for _, value, sd in points]
    figure.add_scatter(
        x=steps + steps[::-1],
        y=upper + lower[::-1],
        fill="toself",
        fillcolor=fill,
        line={"width": 0},
        hoverinfo="skip",
        mode="lines",
    )


def _add_validation_band(figure: go.Figure, curves: RewardCurves, palette: Palette) -> None:
    spreads = dict(curves.validation_spread)
    points = [
        (step, value, spreads[step])
        for step, value in keep_extremes(curves.validation)
        if step in spreads
    ]
    _add_band(figure, points, _fade(palette.over, 0.1))


def _add_gap(figure: go.Figure, curves: RewardCurves, gap: float, palette: Palette) -> None:
    """A bar from the last held-out reward up to that of training."""
    step, low = curves.train[-1][0], curves.validation[-1][1]
    line = {"color": palette.caution, "width": 2}
    figure.add_shape(type="line", x0=step, x1=step, y0=low, y1=low + gap, line=line)
    figure.add_annotation(
        x=step,
        y=low + gap / 2,
        text=f"{gap:.2f} apart",
        showarrow=False,
        xanchor="right",
        xshift=-6,
        font={"size": 11, "color": palette.text},
        bgcolor=palette.ground,
    )


def _add_validation(figure: go.Figure, curve: Series, end: int, palette: Palette) -> None:
    points = keep_extremes(curve)
    figure.add_scatter(
        x=[step for step, _ in points],
        y=[round(value, _DIGITS) for _, value in points],
        mode="lines+markers",
        line={"color": palette.over, "width": 1.5, "dash": "dot"},
        marker={"symbol": "square-open", "size": 7, "color": palette.over},
        hovertemplate="held-out %{y:.2f}<extra></extra>",
    )
    step, base = curve[0]
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


def _fade(colour: str, opacity: float) -> str:
    """The colour, so faint that lines can be read on it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def describe_points(curves: RewardCurves) -> str:
    """What a point of the chart is."""
    width = find_width(curves.train)
    if width == 1:
        return "mean per step"
    number = len(bin_steps(curves.train, width))
    return (
        f"{len(curves.train):,} steps, shown as {number:,} means of {width} with a faint line "
        "through the least and the largest of each"
    )


def describe_rewards(curves: RewardCurves) -> str:
    """The chart in one sentence, for those who do not see it."""
    parts = [
        f"{name} from {points[0][1]:.2f} to {points[-1][1]:.2f}"
        for name, points in (("training", curves.train), ("held-out", curves.validation))
        if points
    ]
    return f"Mean reward by training step: {', '.join(parts)}." if parts else "No reward yet."


def small_line(series: Series, limit: float | None = None) -> str:
    """The path of a line in a box of `WIDTH` by `HEIGHT`, from its least to its largest value.

    Args:
        series: The curve.
        limit: A value that has to lie in the box, too.

    Example:
        >>> small_line([(1, 0.0), (2, 1.0)]), small_line([(1, 0.0), (2, 1.0)], limit=2.0)
        ('M0.0,34.0L200.0,2.0', 'M0.0,34.0L200.0,18.0')
    """
    points = keep_extremes(series, WIDTH)
    if len(points) < 2:
        return ""
    first, last = points[0][0], points[-1][0]
    places = (
        (WIDTH * (step - first) / max(1, last - first), _find_height(value, points, limit))
        for step, value in points
    )
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places)


def small_level(series: Series, limit: float) -> str:
    """The path of a threshold across the same box; none without a line.

    Example:
        >>> small_level([(1, 0.0), (2, 1.0)], 0.5)
        'M0,18.0H200'
    """
    points = keep_extremes(series, WIDTH)
    return f"M0,{_find_height(limit, points, limit):.1f}H{WIDTH}" if len(points) > 1 else ""


def _find_height(value: float, points: Series, limit: float | None) -> float:
    values = [*(one for _, one in points), *(() if limit is None else (limit,))]
    low, high = min(values), max(values)
    return HEIGHT - 2 - (HEIGHT - 4) * ((value - low) / (high - low) if high > low else 0.5)
