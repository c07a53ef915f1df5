"""What the curves of a training say, in words: each remark has its threshold.

A window is the last `WINDOW` training steps; one step alone is noise.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import fmean
from typing import Final

from rft_app.domain.entity import Entity

WINDOW: Final = 10
FLAT_SHARE: Final = 0.9
"""Groups without spread from which on next to nothing is learnt."""
COLLAPSED_SHARE: Final = 0.1
"""Entropy, as a share of what it was at first, below which the model has settled on answers."""
LENGTH_FACTOR: Final = 2.0
"""Growth of the answers that is no longer learning but padding."""
CLIPPED_SHARE: Final = 0.5
"""Answers cut off at the longest length from which on rewards are about the cut."""
GAP: Final = 0.2
"""Training reward above validation reward from which on the grader may be played."""
KL_NATS: Final = 0.5
"""Distance from the base model, for each token, at which other abilities suffer."""
FAILURE_SHARE: Final = 0.3
"""Answers that could not be graded from which on the rest says little."""
RISE: Final = 0.03
"""Change of the validation reward that is worth a word."""


class Chart(StrEnum):
    """Where a remark is seen."""

    REWARD = "reward"
    FLAT_SHARE = "flat_share"
    ENTROPY = "entropy"
    LENGTH = "length"
    KL = "kl"
    FAILURE_SHARE = "failure_share"


class Tone(StrEnum):
    """How a remark is meant."""

    GOOD = "good"
    PLAIN = "plain"
    ALERT = "alert"


class Remark(Entity):
    """One sentence about a training."""

    chart: Chart
    tone: Tone
    text: str


Series = Sequence[tuple[int, float]]
"""Training step and value, in the order of the steps; steps without a value are left out."""
Curves = Callable[[str], Series]
"""The series of a metric by its name; an unknown name gives none."""


def find_in(curves: Curves) -> list[Remark]:
    """What is to be said, alerts first.

    Example:
        >>> series = {"failure_share": [(step, 0.5) for step in range(10)]}
        >>> [remark.chart.value for remark in find_in(lambda name: series.get(name, []))]
        ['failure_share']
    """
    rules = (_failing, _no_signal, _collapsed, _growing, _clipped, _gap, _drifted, _validation)
    found = [remark for rule in rules if (remark := rule(curves)) is not None]
    return sorted(found, key=lambda remark: remark.tone is not Tone.ALERT)


def _failing(curves: Curves) -> Remark | None:
    share = _recent(curves("failure_share"))
    if share is None or share < FAILURE_SHARE:
        return None
    return _alert(
        Chart.FAILURE_SHARE,
        f"{share:.0%} of the answers of the last {WINDOW} steps could not be graded (alert from "
        f"{FAILURE_SHARE:.0%}). They teach nothing: look at the reasons below and mend the grader.",
    )


def _no_signal(curves: Curves) -> Remark | None:
    share = _recent(curves("flat_share"))
    if share is None or share < FLAT_SHARE:
        return None
    return _alert(
        Chart.FLAT_SHARE,
        f"{share:.0%} of the groups of the last {WINDOW} steps have one reward for all their "
        f"answers (alert from {FLAT_SHARE:.0%}): there is nothing left to learn from. Stop, or "
        "train on harder records.",
    )


def _collapsed(curves: Curves) -> Remark | None:
    series = curves("entropy")
    first, last = _early(series), _recent(series)
    if first is None or last is None or first <= 0 or last >= COLLAPSED_SHARE * first:
        return None
    return _alert(
        Chart.ENTROPY,
        f"The model hardly varies its answers any more: entropy fell from {first:.2f} to "
        f"{last:.2f} nats a token (alert below {COLLAPSED_SHARE:.0%} of the start). It may have "
        "settled on some answers whatever is asked.",
    )


def _growing(curves: Curves) -> Remark | None:
    series = curves("length")
    first, last = _early(series), _recent(series)
    if first is None or last is None or first <= 0 or last <= LENGTH_FACTOR * first:
        return None
    return _alert(
        Chart.LENGTH,
        f"Answers grew from {first:,.0f} to {last:,.0f} tokens (alert above "
        f"{LENGTH_FACTOR:.0f} times the start). Check that length itself is not rewarded.",
    )


def _clipped(curves: Curves) -> Remark | None:
    share = _recent(curves("clipped_share"))
    if share is None or share < CLIPPED_SHARE:
        return None
    return _alert(
        Chart.LENGTH,
        f"{share:.0%} of the answers were cut off at the longest length (alert from "
        f"{CLIPPED_SHARE:.0%}). Allow longer answers or ask for shorter ones.",
    )


def _gap(curves: Curves) -> Remark | None:
    trained, validated = _recent(curves("reward")), _last(curves("validation_reward"))
    if trained is None or validated is None or trained - validated <= GAP:
        return None
    return _alert(
        Chart.REWARD,
        f"The reward in training, {trained:.2f}, is far above that on held-out records, "
        f"{validated:.2f} (alert above {GAP}). The model may be learning records by heart or "
        "playing the grader: read some of its answers.",
    )


def _drifted(curves: Curves) -> Remark | None:
    distance = _last(curves("kl"))
    if distance is None or distance < KL_NATS:
        return None
    return _alert(
        Chart.KL,
        f"The model is {distance:.2f} nats a token away from its base (alert from {KL_NATS}). "
        "What it could do besides this task may have suffered.",
    )


def _validation(curves: Curves) -> Remark | None:
    series = curves("validation_reward")
    if len(series) < 2:
        return None
    (_, first), (step, last) = series[0], series[-1]
    best_step, best = max(series, key=lambda point: point[1])
    if best - last > RISE:
        return _alert(
            Chart.REWARD,
            f"The reward on held-out records was best at step {best_step:,}, {best:.2f}, and fell "
            f"to {last:.2f}. The checkpoint of step {best_step:,} is the one that is kept.",
        )
    if last - first > RISE:
        text = f"The reward on held-out records rose from {first:.2f} to {last:.2f}."
        return Remark(chart=Chart.REWARD, tone=Tone.GOOD, text=text)
    text = f"The reward on held-out records is where it began: {first:.2f}, {last:.2f} at {step:,}."
    return Remark(chart=Chart.REWARD, tone=Tone.PLAIN, text=text)


def _alert(chart: Chart, text: str) -> Remark:
    return Remark(chart=chart, tone=Tone.ALERT, text=text)


def _recent(series: Series) -> float | None:
    """Mean of the last window; `None` before there is a whole one."""
    return _mean(series[-WINDOW:])


def _early(series: Series) -> float | None:
    """Mean of the first window, where a second one follows it."""
    return _mean(series[:WINDOW]) if len(series) >= 2 * WINDOW else None


def _mean(points: Series) -> float | None:
    return fmean(value for _, value in points) if len(points) == WINDOW else None


def _last(series: Series) -> float | None:
    return series[-1][1] if series else None
