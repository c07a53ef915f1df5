"""The files that a trainer reads: which records, and what the model is given of each."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
from sqlmodel import Session

from rft_app.domain.message import text_of
from rft_app.domain.rollout import Json, Rollout, RolloutKey
from rft_app.domain.split import Split
from rft_app.domain.training_comparison import APART_FROM
from rft_app.domain.training_plan import room_for_prompt
from rft_app.domain.training_run import TrainingRun
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.snapshots import load_members
from rft_app.trainers import TRAINERS, RunsScript
from rft_app.trainers.run_folder import RunFolder

PER_READ = 500
LONGEST_WANTED = 200
"""Characters of an answer that others may have, too."""
_ROLES = {"developer": "system"}
_KEPT = ("tool_calls", "tool_call_id", "name")


class HeldOut(NamedTuple):
    """The held-out records by what they are for."""

    validated: list[int]
    compared: list[int]
    is_apart: bool
    """Whether no record is in both."""


def write_order(session: Session, run: TrainingRun, folder: RunFolder) -> None:
    """Write everything that the trainer reads."""
    members = load_members(session, run.snapshot_id)
    draw = np.random.default_rng(run.settings.seed)
    train: list[int] = draw.permutation(members.of(Split.TRAIN)).tolist()
    held: list[int] = draw.permutation(members.of(Split.TEST)).tolist()
    needed = run.total_steps * run.settings.prompts_per_step
    part = part_held_out(held, run.settings.num_validated, run.settings.num_compared)
    trainer = TRAINERS.get(run.trainer)
    if not isinstance(trainer, RunsScript):
        raise TypeError(f"{trainer.name} runs no script of ours.")
    longest = room_for_prompt(run.settings, trainer.describe_base(run.base_model))
    settings = run.settings.model_copy(update={"max_prompt_tokens": longest})
    config = trainer.make_config(run.base_model, settings, run.total_steps)
    sides = {
        "train": fill(train[:needed], run.settings.prompts_per_step),
        "validation": part.validated,
        "compared": part.compared,
    }
    folder.order(
        {**config, "is_held_out": part.is_apart},
        {name: iterate_prompts(session, run.dataset_id, seqs) for name, seqs in sides.items()},
    )


def part_held_out(held: Sequence[int], num_validated: int, num_compared: int) -> HeldOut:
    """Give most held-out records to the comparison; of few, all are for both.

    Example:
        >>> found = part_held_out(range(90), 32, 500)
        >>> len(found.validated), len(found.compared), found.is_apart
        (30, 60, True)
        >>> part_held_out(range(5), 32, 64).is_apart
        False
    """
    if len(held) < APART_FROM:
        return HeldOut(list(held[:num_validated]), list(held[:num_compared]), is_apart=False)
    num_first = min(num_validated, len(held) // 3)
    rest = held[num_first : num_first + num_compared]
    return HeldOut(list(held[:num_first]), list(rest), is_apart=True)


def fill(seqs: list[int], least: int) -> list[int]:
    """So many that a step is full: fewer records come several times."""
    return seqs * -(-least // len(seqs)) if 0 < len(seqs) < least else seqs


def iterate_prompts(session: Session, dataset_id: str, seqs: Sequence[int]) -> Iterator[Json]:
    """What the model is given of each record, in this order."""
    for start in range(0, len(seqs), PER_READ):
        keys = [RolloutKey(seq, None, None) for seq in seqs[start : start + PER_READ]]
        for rollout in load_rollouts(session, dataset_id, keys):
            if messages := rollout.item.get("messages"):
                prompt = [_simplify(message) for message in messages]
                yield {
                    "key": rollout.key.record_seq,
                    "prompt": prompt,
                    "tools": _write_tools(rollout),
                    "wanted": _find_wanted(rollout),
                    "topic": rollout.item.get("topic"),
                }


def _write_tools(rollout: Rollout) -> str | None:
    """The record's tools as JSON; `None` without any."""
    tools = rollout.item.get("tools")
    return orjson.dumps(tools).decode() if tools else None


def _find_wanted(rollout: Rollout) -> str | None:
    """The reference, else the recorded answer; `None` where it is none or long."""
    wanted = rollout.item.get("reference") or rollout.sample.get("output_text")
    return wanted if isinstance(wanted, str) and len(wanted) <= LONGEST_WANTED else None


def _simplify(message: Json) -> dict[str, Any]:
    """A message as chat templates read it: content is text."""
    role = str(message.get("role"))
    kept = {name: message[name] for name in _KEPT if message.get(name)}
    return {"role": _ROLES.get(role, role), "content": text_of(message.get("content")), **kept}
