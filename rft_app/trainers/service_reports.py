"""What a fine-tuning service reports, as the reports of a training here.

A metrics event of reinforcement fine-tuning, shortened:

    {"id": "ftevent-1", "object": "fine_tuning.job.event", "created_at": 1750000000,
     "level": "info", "type": "metrics", "message": "Step 3/20",
     "data": {"step": 3, "total_steps": 20, "train_mean_reward": 0.42,
              "full_valid_mean_reward": 0.67, "completion_tokens_mean": 3376.0,
              "timing": {"step": {"full_iteration": 731.5}}}}
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rft_app.graders.portable.lookup import find_value
from rft_app.llm.fine_tuning import FineTuningCheckpoint, FineTuningEvent
from rft_app.trainers.run_folder import Event

_REWARD: Final = ("train_mean_reward", "train_reward_mean", "scores.train_reward_mean")
_VALIDATION: Final = (
    *("full_valid_mean_reward", "valid_reward_mean", "valid_mean_reward"),
    "scores.valid_reward_mean",
)
_FIGURES: Final[Mapping[str, Sequence[str]]] = {
    "reward": _REWARD,
    "validation_reward": _VALIDATION,
    "length": ("completion_tokens_mean", "train_completion_tokens_mean"),
    "loss": ("train_loss",),
    "step_s": ("timing.step.full_iteration",),
}
"""Our names, and where services write that; the first place with a number counts."""


def read_metrics(event: FineTuningEvent) -> list[Event]:
    """Figures of a step; nothing where it has none.

    Example:
        >>> data = {"step": 3, "total_steps": 20, "train_mean_reward": 0.5, "usage": {}}
        >>> one = FineTuningEvent(id="a", created_at=0, type="metrics", data=data)
        >>> read_metrics(one)[0]["total_steps"], read_metrics(one)[1]["values"]
        (20, {'reward': 0.5})
    """
    if not isinstance(event.data, dict):
        return []
    data = event.data
    step, total = find_number(data, "step"), find_number(data, "total_steps")
    found: list[Event] = []
    if total:
        found.append({"type": "planned", "total_steps": int(total)})
    values = {name: value for name in _FIGURES if (value := _find(data, name)) is not None}
    if step is not None and values:
        found.append({"type": "metrics", "step": int(step), "values": values})
    return found


def read_checkpoints(found: Sequence[FineTuningCheckpoint]) -> list[Event]:
    """Saved models; the one with the highest validation reward is the best.

    Example:
        >>> low = FineTuningCheckpoint("a", 0, 5, "m:5", {"full_valid_mean_reward": 0.2})
        >>> high = FineTuningCheckpoint("b", 0, 9, "m:9", {"full_valid_mean_reward": 0.4})
        >>> [(one["step"], one["is_best"]) for one in read_checkpoints([low, high])]
        [(5, False), (9, True)]
    """
    rewards = [_find(one.metrics or {}, "validation_reward") for one in found]
    known = [reward for reward in rewards if reward is not None]
    best = rewards.index(max(known)) if known else None
    return [
        {
            "type": "checkpoint",
            "step": one.step_number,
            "reward": reward,
            "num_graded": None,
            "is_best": place == best,
            "model": one.fine_tuned_model_checkpoint,
            "at": one.created_at,
        }
        for place, (one, reward) in enumerate(zip(found, rewards, strict=True))
    ]


def write_line(event: FineTuningEvent) -> str:
    """An event as a line of the log."""
    at = datetime.fromtimestamp(event.created_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    level = "" if event.level == "info" else f"{event.level}: "
    return f"{at}  {level}{event.message}\n"


def _find(data: Mapping[str, Any], name: str) -> float | None:
    numbers = (find_number(data, path) for path in _FIGURES[name])
    return next((number for number in numbers if number is not None), None)


def find_number(data: Mapping[str, Any], path: str) -> float | None:
    """The finite number at a dotted path; `None` where there is none."""
    found = find_value(data, path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None
