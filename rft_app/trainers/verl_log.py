r"""What verl prints of a training, read as the reports of a trainer (`run_folder`).

    (TaskRunnerV1 pid=8) step:20 - actor/entropy:0.31 - critic/score/mean:0.42 - actor/lr:1e-05

The line is that of verl's console logger: names and numbers as Python writes them, NumPy's as
`np.float64(0.5)`; Ray puts the process before it, with colours.  It comes once a training step,
and before the first where the base model was validated.

Source: `utils/logger/aggregate_logger.py` and `trainer/ppo/metric_utils.py` of verl 0.9.1.
"""

import math
import re
from collections.abc import Iterator
from typing import Final

from rft_app.trainers.run_folder import Event

_LINE = re.compile(r"(?:^|[\s)])step:(\d+) - (.+)$")
_PAIR = re.compile(r"(?:^| - )(\S+?):(?:np\.\w+\()?([-+.\w]+)\)?(?= - |\s*$)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SAVED: Final = "timing_s/save_checkpoint"
"""Is among the figures of a step after which a checkpoint was written."""
_NAMES: Final = {
    "critic/score/mean": "reward",
    "actor/pg_loss": "loss",
    "actor/grad_norm": "grad_norm",
    "actor/entropy": "entropy",
    "actor/kl_loss": "kl",
    "actor/lr": "learning_rate",
    "response_length/mean": "length",
    "response_length/clip_ratio": "clipped_share",
    "timing_s/step": "step_s",
}
_VALIDATION = re.compile(r"val-\w+/.+/reward/mean@\d+")
"""Mean of the validated answers that have a grade; `acc` would count the others as zeros."""
_LONGEST_LINE: Final = 1_000_000


class VerlLog:
    """Reads a log piece by piece, and knows its best checkpoint."""

    def __init__(self) -> None:
        self._rest = ""
        self._best: float | None = None
        self.best_step = 0
        """Training step of the checkpoint with the highest validation reward; of the last one
        where none was validated, and 0 where none was written."""
        self.num_steps = 0
        """Training steps so far."""

    def read(self, text: str, *, at: float) -> list[Event]:
        """The reports in what was printed since the last call; the last line may be unfinished.

        Args:
            text: Only what is new.
            at: When that was, in seconds since 1970.
        """
        *lines, self._rest = re.split(r"[\r\n]", self._rest + text)
        self._rest = self._rest[-_LONGEST_LINE:]
        return [event for line in lines for event in self._read_line(line, at)]

    def finish(self, *, at: float) -> list[Event]:
        """The reports of a last line that no line end follows."""
        return self.read("\n", at=at)

    def _read_line(self, line: str, at: float) -> Iterator[Event]:
        step, figures = parse_line(line)
        if step is None:
            return
        self.num_steps = max(self.num_steps, step)
        if values := rename(figures):
            yield {"type": "metrics", "at": at, "step": step, "values": values}
        if _SAVED in figures:
            yield self._note_checkpoint(step, values.get("validation_reward"), at)

    def _note_checkpoint(self, step: int, reward: float | None, at: float) -> Event:
        is_best = self._best is None or (reward is not None and reward > self._best)
        if is_best:
            self._best, self.best_step = reward, step
        return {"type": "checkpoint", "at": at, "step": step, "reward": reward, "is_best": is_best}


def parse_line(line: str) -> tuple[int | None, dict[str, float]]:
    """Step and figures of a line; no step where it is none of verl's figures.

    Figures that are no numbers, not finite, or cut off within the line are left out.

    Example:
        >>> parse_line("(TaskRunnerV1 pid=7) step:3 - actor/lr:1e-05 - critic/score/mean:nan")
        (3, {'actor/lr': 1e-05})
        >>> parse_line("step:3 of the setup")
        (None, {})
    """
    found = _LINE.search(_COLOURS.sub("", line))
    if found is None:
        return None, {}
    numbers = {pair[1]: _to_number(pair[2]) for pair in _PAIR.finditer(found[2])}
    return int(found[1]), {name: number for name, number in numbers.items() if number is not None}


def rename(figures: dict[str, float]) -> dict[str, float]:
    """What verl names otherwise, by our names (`METRICS`); what we have no name for is left out."""
    values = {ours: figures[name] for name, ours in _NAMES.items() if name in figures}
    validated = [value for name, value in figures.items() if _VALIDATION.fullmatch(name)]
    return values | ({"validation_reward": validated[0]} if len(validated) == 1 else {})


def _to_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
