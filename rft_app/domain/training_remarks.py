"""What the held-out records say of a training so far, in words; what warns is `training_watch`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from rft_app.domain.entity import Entity

RISE: Final = 0.03
"""Change of the validation reward that is worth a word."""

Series = Sequence[tuple[int, float]]
"""Training step and value, in the order of the steps; steps without a value are left out."""


class Tone(StrEnum):
    """How a remark is meant."""

    GOOD = "good"
    PLAIN = "plain"
    ALERT = "alert"


class Remark(Entity):
    """One sentence about a training."""

    tone: Tone
    text: str


def remark_on(validation: Series) -> Remark | None:
    """Whether held-out records are answered better; `None` before they were answered twice.

    Step 0 is the base model, which is no checkpoint.

    Example:
        >>> remark_on([(0, 0.33), (11, 0.59)]).text
        'The reward on held-out records rose from 0.33 to 0.59.'
    """
    if len(validation) < 2:
        return None
    (_, first), (step, last) = validation[0], validation[-1]
    best_step, best = max(validation[1:], key=lambda point: point[1])
    if first - best > RISE:
        text = (
            f"The base model was better: {first:.2f} on held-out records, since then {best:.2f} "
            f"at best, at step {best_step:,}."
        )
        return Remark(tone=Tone.ALERT, text=text)
    if best - last > RISE:
        text = (
            f"The reward on held-out records was best at step {best_step:,}, {best:.2f}, and fell "
            f"to {last:.2f}. The checkpoint of step {best_step:,} is the one that is kept."
        )
        return Remark(tone=Tone.ALERT, text=text)
    if last - first > RISE:
        text = f"The reward on held-out records rose from {first:.2f} to {last:.2f}."
        return Remark(tone=Tone.GOOD, text=text)
    text = f"The reward on held-out records is where it began: {first:.2f}, {last:.2f} at {step:,}."
    return Remark(tone=Tone.PLAIN, text=text)
