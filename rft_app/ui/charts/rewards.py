"""The histogram of rewards, with its mean."""

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from rft_app.domain.words import count
from rft_app.ui.charts.palette import Palette, base_layout


def bin_labels(num_bins: int) -> list[str]:
    """The range of each bin of [0, 1].

    Example:
        >>> bin_labels(4)
        ['0.00–0.25', '0.25–0.50', '0.50–0.75', '0.75–1.00']
    """
    digits = 1 if 10 % num_bins == 0 else 2
    edges = [f"{n / num_bins:.{digits}f}" for n in range(num_bins + 1)]
    return [f"{low}–{high}" for low, high in pairwise(edges)]


def reward_histogram(counts: Sequence[int], mean: float | None, palette: Palette) -> go.Figure:
    """Bars for equal bins of [0, 1], and the mean as a dashed line with its value.

    Args:
        counts: Rollouts per bin, lowest bin first; empty gives an empty frame.
        mean: Mean reward; no line when unknown.
        palette: Resolved colours of the theme.
    """
    num_bins = max(1, len(counts))
    width = 1 / num_bins
    bars = go.Bar(
        x=[(n + 0.5) * width for n in range(len(counts))],
        y=list(counts),
        width=width * 0.9,
        marker={"color": palette.ours, "cornerradius": 2},
        customdata=bin_labels(num_bins)[: len(counts)],
        hovertemplate="%{y:,} rollouts with reward %{customdata}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(base_layout(palette, x_title="reward", y_title="rollouts"))
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1.0], tickformat=".1f")
    figure.update_yaxes(tickformat=",d")
    if mean is not None:
        _mark_mean(figure, mean, palette)
    return figure


def _mark_mean(figure: go.Figure, mean: float, palette: Palette) -> None:
    is_right = mean > 0.7
    figure.add_shape(
        type="line",
        x0=mean,
        x1=mean,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": palette.text, "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=mean,
        y=1,
        yref="paper",
        text=f"mean {mean:.2f}",
        showarrow=False,
        xanchor="right" if is_right else "left",
        yanchor="bottom",
        xshift=-4 if is_right else 4,
        font={"size": 11, "color": palette.text},
    )


def describe_histogram(counts: Sequence[int], mean: float | None) -> str:
    """The chart's finding in one sentence, for those who do not see it.

    Example:
        >>> describe_histogram([6, 0, 1, 3], 0.31)
        'Histogram of 10 rewards, mean 0.31; most common range 0.00–0.25 with 6 rollouts.'
    """
    total = sum(counts)
    if not total or mean is None:
        return "Histogram without rewards."
    top = max(range(len(counts)), key=lambda n: counts[n])
    return (
        f"Histogram of {count(total, 'reward')}, mean {mean:.2f}; most common range "
        f"{bin_labels(len(counts))[top]} with {count(counts[top], 'rollout')}."
    )
