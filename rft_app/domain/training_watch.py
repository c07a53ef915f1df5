"""What the curves of a training warn of: one rule a curve, with its threshold."""

from collections.abc import Callable, Sequence

from rft_app.domain.entity import Entity
from rft_app.domain.training_run import TrainingMetric

WINDOW = 5
"""Steps over which a mean is taken: one step says little."""
MIN_STEPS = 8
"""Before so many steps nothing is warned of but failures."""
LOW_ENTROPY = 0.05
"""A third of the default `entropy_floor`: so low it falls only where that floor does not hold."""
FLAT_SHARE = 0.8
LONGER = 1.8
CLIPPED_SHARE = 0.5
FAILURE_SHARE = 0.1
FAR_AHEAD = 0.2
FAR_FROM_BASE = 1.0


class TrainingAlert(Entity):
    """A rule that is broken."""

    name: str
    metric: str
    """The curve it is about, as in `METRICS`."""
    value: float
    threshold: float
    finding: str
    remedy: str


def find_alerts(metrics: Sequence[TrainingMetric]) -> tuple[TrainingAlert, ...]:
    """Every rule that the last steps break.

    Example:
        >>> flat = [TrainingMetric(step=n, values={"flat_share": 1.0}) for n in range(1, 9)]
        >>> [alert.name for alert in find_alerts(flat)]
        ['no_signal']
    """
    found = (rule(metrics) for rule in _RULES)
    return tuple(alert for alert in found if alert is not None)


def _recent(metrics: Sequence[TrainingMetric], name: str) -> float | None:
    """Mean of the last steps; `None` before there are enough of them."""
    values = [one.values[name] for one in metrics if name in one.values]
    return sum(values[-WINDOW:]) / WINDOW if len(values) >= MIN_STEPS else None


def _collapse(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    value = _recent(metrics, "entropy")
    if value is None or value >= LOW_ENTROPY:
        return None
    return TrainingAlert(
        name="collapse",
        metric="entropy",
        value=value,
        threshold=LOW_ENTROPY,
        finding=f"The model hardly hesitates any more (entropy {value:.2f} nats): it may give the "
        "same answer to everything.",
        remedy="Read the answers of the last step. If they are all alike, raise entropy_floor or "
        "entropy_bonus, or lower the learning rate, and train anew.",
    )


def _no_signal(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    value = _recent(metrics, "flat_share")
    if value is None or value < FLAT_SHARE:
        return None
    return TrainingAlert(
        name="no_signal",
        metric="flat_share",
        value=value,
        threshold=FLAT_SHARE,
        finding=f"In {value:.0%} of the groups all answers have the same reward: nothing is learnt "
        "of them.",
        remedy="Where the reward is high, it is done. Else give the grader finer steps, or raise "
        "the temperature.",
    )


def _longer(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    lengths = [one.values["length"] for one in metrics if "length" in one.values]
    value = _recent(metrics, "length")
    first = sum(lengths[:WINDOW]) / WINDOW
    if value is None or value <= LONGER * first:
        return None
    return TrainingAlert(
        name="length",
        metric="length",
        value=value,
        threshold=LONGER * first,
        finding=f"Answers grew from {first:.0f} to {value:.0f} tokens.",
        remedy="Look whether the grader likes length; allow shorter answers only.",
    )


def _clipped(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    value = _recent(metrics, "clipped_share")
    if value is None or value < CLIPPED_SHARE:
        return None
    return TrainingAlert(
        name="clipped",
        metric="clipped_share",
        value=value,
        threshold=CLIPPED_SHARE,
        finding=f"{value:.0%} of the answers are cut off at the longest length.",
        remedy="Raise max_completion_tokens, or ask for shorter answers in the prompt.",
    )


def _failures(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    values = [one.values["failure_share"] for one in metrics if "failure_share" in one.values]
    if not values or (value := sum(values[-WINDOW:]) / len(values[-WINDOW:])) <= FAILURE_SHARE:
        return None
    return TrainingAlert(
        name="failures",
        metric="failure_share",
        value=value,
        threshold=FAILURE_SHARE,
        finding=f"The grader could not judge {value:.0%} of the answers; they count for nothing.",
        remedy="Read why beside the answers: mend the grader where it broke; where its model did "
        "not answer, lower the provider's concurrency or choose another judge.",
    )


def _far_ahead(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    """Both are of sampled and of greedy answers, so only a wide gap means something."""
    held_out = [
        one.values["validation_reward"] for one in metrics if "validation_reward" in one.values
    ]
    reward = _recent(metrics, "reward")
    if reward is None or len(held_out) < 2 or reward - held_out[-1] <= FAR_AHEAD:
        return None
    return TrainingAlert(
        name="far_ahead",
        metric="reward",
        value=reward - held_out[-1],
        threshold=FAR_AHEAD,
        finding=f"The reward is {reward:.2f} on what it trains on and {held_out[-1]:.2f} on "
        "held-out records: it may learn by heart, or a trick of the grader.",
        remedy="Read answers with high rewards; attack the grader; add records.",
    )


def _far_from_base(metrics: Sequence[TrainingMetric]) -> TrainingAlert | None:
    values = [one.values["kl"] for one in metrics if "kl" in one.values]
    if not values or values[-1] <= FAR_FROM_BASE:
        return None
    return TrainingAlert(
        name="far_from_base",
        metric="kl",
        value=values[-1],
        threshold=FAR_FROM_BASE,
        finding=f"The model is {values[-1]:.2f} nats a token from its base: it may have forgotten "
        "what it could.",
        remedy="Set beta above 0, or a lower learning rate.",
    )


_RULES: tuple[Callable[[Sequence[TrainingMetric]], TrainingAlert | None], ...] = (
    _failures,
    _no_signal,
    _collapse,
    _longer,
    _clipped,
    _far_ahead,
    _far_from_base,
)
