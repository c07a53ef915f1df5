"""What the deployment dialog shows: figures beside each other, evidence, history."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from rft_app.domain.deployment import (
    Deployment,
    DeploymentAction,
    DeploymentEvent,
    DeployMode,
    Variant,
)
from rft_app.services.deployment_figures import DeploymentReport, VariantFigures
from rft_app.ui.words import ago, count, reward, share

_ACTIONS = {
    DeploymentAction.DEPLOYED: "deployed",
    DeploymentAction.ADJUSTED: "adjusted",
    DeploymentAction.PROMOTED: "promoted",
    DeploymentAction.ROLLED_BACK: "rolled back",
}


@dataclass(frozen=True)
class Cell:
    """One figure and, where there is more to say of it, small print."""

    value: str = "–"
    note: str = ""


@dataclass(frozen=True)
class FigureRow:
    """One figure of both models."""

    name: str
    base: Cell
    tuned: Cell


@dataclass(frozen=True)
class HistoryLine:
    """Who did what, when and why."""

    when: str
    told: str
    reason: str


@dataclass(frozen=True)
class DeploymentChoice:
    """One of several deployments of a dataset, in a menu."""

    id: str
    words: str

    @classmethod
    def of(cls, one: Deployment) -> "DeploymentChoice":
        """Name it."""
        return cls(one.id, f"{one.alias} · {one.mode.label}, {one.summary}")


@dataclass(frozen=True)
class DeploymentView:
    """A deployment and its figures, ready to show."""

    id: str = ""
    alias: str = ""
    mode: str = ""
    share: str = ""
    percent: str = ""
    """The share of the tuned model as a form has it."""
    graded_percent: str = ""
    since: str = ""
    base: str = ""
    tuned: str = ""
    is_active: bool = False
    is_ab_test: bool = False
    can_promote: bool = False
    can_share: bool = False
    rows: list[FigureRow] = field(default_factory=list[FigureRow])
    evidence: str = ""
    tone: str = "info"
    difference: str = ""
    notes: list[str] = field(default_factory=list[str])
    history: list[HistoryLine] = field(default_factory=list[HistoryLine])
    next_href: str = ""
    """Where the next dataset is made of this traffic."""

    @classmethod
    def of(cls, report: DeploymentReport) -> "DeploymentView":
        """Lay a report out."""
        one = report.deployment
        figures = {each.variant: each for each in report.variants}
        query = urlencode({"source": "traces", "with_tag": f"alias:{one.alias}"})
        return cls(
            id=one.id,
            alias=one.alias,
            mode=one.mode.label,
            share=one.summary,
            percent=f"{100 * one.tuned_share:.3g}",
            graded_percent=f"{100 * one.graded_share:.3g}",
            since=ago(one.created_at),
            base=one.base_model or "",
            tuned=one.tuned_model,
            is_active=one.is_active,
            is_ab_test=one.mode is DeployMode.AB_TEST,
            can_promote=one.is_active and one.tuned_share < 1,
            can_share=one.is_active and one.base_model is not None,
            rows=_lay_out(figures.get(Variant.BASE), figures[Variant.TUNED]),
            evidence="" if one.base_model is None else report.evidence,
            tone=_find_tone(report),
            difference=_describe_difference(report),
            notes=[*report.notes, *_list_errors(report)],
            history=[_to_line(event) for event in report.history],
            next_href=f"/optimization/new?{query}",
        )


def _find_tone(report: DeploymentReport) -> str:
    if not report.is_enough:
        return "info"
    return "ok" if (report.difference_low or 0) > 0 else "warn"


def _describe_difference(report: DeploymentReport) -> str:
    if report.difference is None:
        return ""
    how = (
        "over pairs of the same requests" if report.is_paired else "between two groups of requests"
    )
    low, high = report.difference_low or 0.0, report.difference_high or 0.0
    return (
        f"Difference {report.difference:+.2f}, {low:+.2f} to {high:+.2f} {how}. It is wrong "
        f"with a chance of at most {share(report.alpha)}, however often you look."
    )


def _lay_out(base: VariantFigures | None, tuned: VariantFigures) -> list[FigureRow]:
    def row(name: str, show: Callable[[VariantFigures], Cell]) -> FigureRow:
        return FigureRow(name, Cell() if base is None else show(base), show(tuned))

    return [
        row("Requests", _requests),
        row("Errors", _errors),
        row("Latency p50", lambda one: Cell(_ms(one.latency_p50_ms))),
        row("Latency p95", lambda one: Cell(_ms(one.latency_p95_ms))),
        row("Tokens in", lambda one: _tokens(one, one.input_tokens)),
        row("Tokens out", lambda one: _tokens(one, one.output_tokens)),
        row("Feedback", _feedback),
        row("Mean reward", _reward),
        row("Graded", _graded),
    ]


def _requests(one: VariantFigures) -> Cell:
    told: list[str] = []
    if one.num_shadow:
        told.append(f"{one.num_shadow:,} as shadow")
    if one.num_fallbacks:
        told.append(count(one.num_fallbacks, "fallback"))
    if one.num_cancelled:
        told.append(f"{one.num_cancelled:,} cancelled")
    if one.num_left_waiting:
        told.append(f"{one.num_left_waiting:,} left while waiting")
    return Cell(f"{one.num_requests:,}", " · ".join(told))


def _errors(one: VariantFigures) -> Cell:
    rate = "" if one.error_rate is None or not one.num_errors else share(one.error_rate)
    return Cell("–" if one.error_rate is None else f"{one.num_errors:,}", rate)


def _tokens(one: VariantFigures, number: int | None) -> Cell:
    is_part = number is not None and one.num_counted < one.num_requests
    note = f"of {one.num_counted:,} requests" if is_part else ""
    return Cell("–" if number is None else f"{number:,}", note)


def _feedback(one: VariantFigures) -> Cell:
    note = f"n = {one.num_feedback:,}" if one.num_feedback else ""
    return Cell(reward(one.mean_feedback), note)


def _reward(one: VariantFigures) -> Cell:
    if one.reward_low is None or one.reward_high is None:
        return Cell()
    return Cell(reward(one.mean_reward), f"{one.reward_low:.2f} to {one.reward_high:.2f}")


def _graded(one: VariantFigures) -> Cell:
    others = {
        "waiting": one.num_waiting,
        "failed": one.num_failed,
        "abstained": one.num_abstained,
        "skipped": one.num_skipped,
    }
    note = " · ".join(f"{number:,} {word}" for word, number in others.items() if number)
    return Cell(f"{one.num_graded:,}", note)


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def _list_errors(report: DeploymentReport) -> list[str]:
    return [
        f"{count(one.number, 'error')} of the {one.variant} model: {one.kind}."
        for one in report.errors
    ]


def _to_line(event: DeploymentEvent) -> HistoryLine:
    settings = event.settings
    told = f"{event.actor} {_ACTIONS[event.action]}"
    if event.action is not DeploymentAction.ROLLED_BACK:
        mode = DeployMode(settings["mode"])
        amount = f", {100 * settings['tuned_share']:.3g}%" if mode is DeployMode.AB_TEST else ""
        told += f" · {mode.label}{amount}"
    return HistoryLine(ago(event.at), told, event.reason)
