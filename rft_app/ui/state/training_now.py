"""The training that runs now, in short: its rewards so far, what warns, the best checkpoint."""

from dataclasses import dataclass

import plotly.graph_objects as go
from sqlmodel import Session

from rft_app.domain.job import JobStatus
from rft_app.domain.training_remarks import remark_on
from rft_app.domain.training_run import Checkpoint, TrainingRun
from rft_app.domain.training_watch import find_alerts
from rft_app.services.training_runs import list_all_metrics
from rft_app.ui.charts.palette import DARK, LIGHT, Palette
from rft_app.ui.charts.training_curves import RewardCurves, describe_rewards, reward_curves
from rft_app.ui.state.training_curves_view import read_curves

HEIGHT = 170
"""Of the chart, in pixels."""


@dataclass(frozen=True)
class RunNow:
    """A training that waits or runs."""

    href: str = ""
    """Of its page; empty where none is under way."""
    name: str = ""
    alert: str = ""
    """What warns, else empty."""
    remark: str = ""
    """What the held-out records say, else empty."""
    best: str = ""
    curve_words: str = ""
    has_curve: bool = False


@dataclass(frozen=True)
class Now:
    """The same with its chart."""

    run: RunNow
    dark: go.Figure
    light: go.Figure


def is_under_way(run: TrainingRun) -> bool:
    """Whether it waits or runs."""
    return run.status in {JobStatus.QUEUED, JobStatus.RUNNING}


def read_now(session: Session, run: TrainingRun) -> Now:
    """What is known of it so far."""
    metrics = list_all_metrics(session, run.id)
    curves = read_curves(metrics)
    rewards = RewardCurves(
        train=curves("reward"),
        spread=curves("reward_sd"),
        validation=curves("validation_reward"),
        validation_spread=curves("validation_sd"),
        num_steps=run.total_steps,
    )
    alerts, remark = find_alerts(metrics), remark_on(rewards.validation)
    shown = RunNow(
        href=f"/optimization/{run.dataset_id}/training/{run.id}",
        name=f"Run {run.number}",
        alert=alerts[0].finding if alerts else "",
        remark="" if remark is None else remark.text,
        best=_describe_best(run.best),
        curve_words=describe_rewards(rewards),
        has_curve=bool(rewards.train or rewards.validation),
    )
    return Now(shown, _draw(rewards, DARK), _draw(rewards, LIGHT))


def _describe_best(best: Checkpoint | None) -> str:
    if best is None:
        return "none yet"
    if best.validation_reward is None:
        return f"step {best.step:,}, held-out reward unknown"
    return f"step {best.step:,}, {best.validation_reward:.2f} on held-out records"


def _draw(rewards: RewardCurves, palette: Palette) -> go.Figure:
    figure = reward_curves(rewards, palette)
    figure.update_layout(height=HEIGHT, margin={"l": 30, "r": 8, "t": 8, "b": 24})
    figure.update_xaxes(title=None)
    figure.update_yaxes(title=None)
    return figure
