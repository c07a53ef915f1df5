"""What the curves of a training say: small lines with their thresholds, and remarks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rft_app.domain.training_remarks import Series, Tone, remark_on
from rft_app.domain.training_run import TrainingMetric
from rft_app.domain.training_watch import (
    CLIPPED_SHARE,
    FAILURE_SHARE,
    FAR_AHEAD,
    FAR_FROM_BASE,
    FLAT_SHARE,
    LONGER,
    LOW_ENTROPY,
    TrainingAlert,
    find_alerts,
)
from rft_app.ui.charts.training_curves import small_level, small_line

UNKNOWN = "–"
NOT_TOLD = "not told by the service"
REWARDS_SAID = (
    "Of the answers that it learns from (line) and of held-out records (squares); 1 is best. Alert "
    f"when training is more than {FAR_AHEAD:g} above held-out: it may learn by heart, or a trick "
    "of the grader."
)
_ICONS = {Tone.GOOD: "trending-up", Tone.PLAIN: "minus", Tone.ALERT: "triangle-alert"}


def _nats(value: float) -> str:
    return f"{value:.3f} nats"


def _tokens(value: float) -> str:
    return f"{value:,.0f} tokens"


def _loss(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def show_rate(value: float) -> str:
    """A learning rate as its setting is written.

    Example:
        >>> show_rate(2e-4), show_rate(1.5e-5), show_rate(0.0)
        ('2e-4', '1.5e-5', '0')
    """
    return f"{value:.1e}".replace("e-0", "e-").replace(".0e", "e") if value else "0"


def _percent(value: float) -> str:
    return f"{value:.0%}"


_SMALL: Sequence[tuple[str, str, Callable[[float], str], str]] = (
    (
        "kl",
        "KL to base",
        _nats,
        f"distance from the base model for each token; alert above {FAR_FROM_BASE:g}",
    ),
    (
        "entropy",
        "Entropy",
        _nats,
        f"how undecided it is; alert below {LOW_ENTROPY:g}",
    ),
    (
        "length",
        "Answer length",
        _tokens,
        f"mean of an answer; alert above {LONGER:g} times the start",
    ),
    (
        "clipped_share",
        "Cut off",
        _percent,
        f"answers at the longest length; alert from {CLIPPED_SHARE:.0%}",
    ),
    (
        "flat_share",
        "Groups without spread",
        _percent,
        f"nothing is learnt of them; alert from {FLAT_SHARE:.0%}",
    ),
    (
        "failure_share",
        "Grading failures",
        _percent,
        f"count for nothing; alert above {FAILURE_SHARE:.0%}",
    ),
    (
        "abstention_share",
        "Abstentions",
        _percent,
        "answers that the grader would not judge; no alert",
    ),
    ("loss", "Loss", _loss, "near 0 by nature; one that is no number ends the training"),
    ("learning_rate", "Learning rate", show_rate, "the same at each step, as it was set; no alert"),
)


@dataclass(frozen=True)
class SmallCurve:
    """One metric as a small line with its last value."""

    name: str
    value: str
    note: str
    path: str
    alert: str = ""
    """What is amiss; empty where its threshold is kept."""
    level: str = ""
    """The path of the threshold, where it is crossed."""

    @classmethod
    def list_of(
        cls,
        curves: Callable[[str], Series],
        alerts: Mapping[str, TrainingAlert] | None = None,
        *,
        is_service: bool = False,
    ) -> list["SmallCurve"]:
        """All of them, those without a value with a dash; of a service, with the reason.

        Abstentions are one more where there are some.
        """
        has_abstained = any(share for _, share in curves("abstention_share"))
        found: list[SmallCurve] = []
        for key, name, show, note in _SMALL:
            if key == "abstention_share" and not has_abstained:
                continue
            series, alert = curves(key), (alerts or {}).get(key)
            value = show(series[-1][1]) if series else UNKNOWN
            said = note if series or not is_service else NOT_TOLD
            limit = None if alert is None else alert.threshold
            found.append(
                cls(
                    name=name,
                    value=value,
                    note=said,
                    path=small_line(series, limit),
                    alert="" if alert is None else alert.finding,
                    level="" if limit is None else small_level(series, limit),
                )
            )
        return found


@dataclass(frozen=True)
class RemarkView:
    """One sentence about the curves."""

    tone: str
    icon: str
    text: str

    @classmethod
    def list_of(cls, metrics: Sequence[TrainingMetric], validation: Series) -> list["RemarkView"]:
        """Alerts with what to do first, then what the held-out records say."""
        found: list[RemarkView] = [
            cls(Tone.ALERT.value, _ICONS[Tone.ALERT], f"{alert.finding} {alert.remedy}")
            for alert in find_alerts(metrics)
        ]
        remark = remark_on(validation)
        if remark is not None:
            found.append(cls(remark.tone.value, _ICONS[remark.tone], remark.text))
        return found


def read_curves(metrics: Sequence[TrainingMetric]) -> Callable[[str], Series]:
    """The series of each metric by its name."""
    series: dict[str, list[tuple[int, float]]] = {}
    for metric in metrics:
        for name, value in metric.values.items():
            series.setdefault(name, []).append((metric.step, value))
    return lambda name: series.get(name, [])
