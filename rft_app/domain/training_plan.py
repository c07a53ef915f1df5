"""Before a training starts: what it will take, and what would make it pointless."""

from typing import Literal, NamedTuple

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.entity import Entity
from rft_app.domain.training import Effort
from rft_app.domain.training_memory import MemoryEstimate, estimate_memory
from rft_app.domain.training_place import BF16, TrainingPlace
from rft_app.domain.training_run import TrainingSettings

EFFORT_FACTORS = {Effort.LOW: 1.0, Effort.MEDIUM: 1.5, Effort.HIGH: 3.0}
"""Room for an answer, as a multiple of what nearly all known answers take."""
KNOWN_SHARE = 95
"""Percentile of the known answers' lengths."""
UNKNOWN_ANSWER_TOKENS = 64
"""Where no answer is known."""
LEAST_TOKENS, MOST_TOKENS = 16, 1_024
ROOM_ON_LARGE_GPU = 4
"""How many times longer the longest answer, and one of unknown length, may be there."""
FAST, SLOW = 0.6, 2.0
"""How far a time may lie from the estimate."""
GPU_GUESS_FAST, GPU_GUESS_SLOW = 0.25, 4.0
"""The same, of a guess for a GPU."""
LEARNING_FLOPS, ANSWERING_FLOPS = 4, 2
"""Multiply-adds a parameter and token, times two: back and forth without the frozen gradients."""
GPU_FLOPS, GPU_FLOPS_FP32 = 100e12, 10e12
"""Operations a second of a GPU in bfloat16 and in float32: guesses."""
LAYER_S = {"plain": 1e-3, "vllm": 0.15e-3}
"""Seconds of a GPU for each layer and token of an answer, however many are written at once."""


class TrainingCheck(Entity):
    """One thing that was looked at before a start."""

    name: str
    level: Literal["ok", "note", "caution", "stop"]
    """`stop` keeps the training from starting."""
    finding: str
    remedy: str = ""


class Speed(NamedTuple):
    """How fast a training is."""

    flops_per_s: float
    source: str
    """How it is known."""
    is_measured: bool = False
    fast: float = FAST
    slow: float = SLOW


class TrainingEstimate(Entity):
    """What a training will take; times are ranges."""

    num_steps: int
    num_answers: int
    """Of all training steps, validations and the comparison."""
    tokens_per_step: int
    step_s: float
    low_s: float
    high_s: float
    memory_bytes: int
    flops_per_s: float
    """Operations a second that the times were reckoned with."""
    formula: str
    is_measured: bool
    """Whether the speed is that of an earlier training at such a place; else a guess."""
    place: TrainingPlace | None = None
    """What it is reckoned for; `None` in estimates that are older than this knowledge."""


def plan_steps(settings: TrainingSettings, num_train: int, num_epochs: int) -> int:
    """Training steps: as many as set, but no more than the epochs hold.

    Example:
        >>> plan_steps(TrainingSettings(num_steps=44, prompts_per_step=4), 60, 2)
        30
    """
    return max(1, min(settings.num_steps, -(-num_train * num_epochs // settings.prompts_per_step)))


def room_for_prompt(settings: TrainingSettings, base: BaseFacts) -> int:
    """Most tokens of a prompt that leave room for an answer in the model's context; 0 for none.

    Example:
        >>> facts = BaseFacts(name="m", num_parameters=1, num_layers=1, hidden_size=1,
        ...                   vocabulary=1, context_tokens=256)
        >>> room_for_prompt(TrainingSettings(max_completion_tokens=56), facts)
        200
    """
    room = base.context_tokens - settings.max_completion_tokens
    return max(0, min(settings.max_prompt_tokens, room))


def plan_answer_tokens(
    num_known: int | None, effort: Effort, *, has_large_gpu: bool = False
) -> int:
    """Most tokens of an answer.

    Args:
        num_known: What nearly all known answers take; `None` where none is known.
        effort: How much longer new ones may be.
        has_large_gpu: Whether the longest may be longer.

    Example:
        >>> plan_answer_tokens(10, Effort.MEDIUM), plan_answer_tokens(None, Effort.LOW)
        (16, 64)
        >>> plan_answer_tokens(None, Effort.LOW, has_large_gpu=True)
        256
    """
    room = ROOM_ON_LARGE_GPU if has_large_gpu else 1
    known = UNKNOWN_ANSWER_TOKENS * room if num_known is None else num_known
    return max(LEAST_TOKENS, min(MOST_TOKENS * room, round(known * EFFORT_FACTORS[effort])))


def estimate_training(
    facts: BaseFacts,
    settings: TrainingSettings,
    *,
    num_steps: int,
    prompt_tokens: int,
    speed: Speed,
    place: TrainingPlace,
) -> TrainingEstimate:
    """Time and memory by the size of the model and the number of tokens.

    A step reads each prompt once, however many answers it gets.

    Args:
        facts: Of the base model.
        settings: Of the training.
        num_steps: Training steps.
        prompt_tokens: Mean length of a prompt.
        speed: Of such a training at that place.
        place: What computes.
    """
    answer = settings.max_completion_tokens
    rollouts = settings.prompts_per_step * settings.rollouts_per_prompt
    tokens = count_tokens(settings, prompt_tokens)
    num_validations = num_steps // settings.validate_every
    num_checked = num_validations * settings.num_validated + 2 * settings.num_compared
    per_token = facts.num_parameters / speed.flops_per_s
    step_s = tokens * per_token * (ANSWERING_FLOPS + LEARNING_FLOPS)
    checked_tokens = num_checked * (prompt_tokens + answer)
    total_s = num_steps * step_s + checked_tokens * per_token * ANSWERING_FLOPS
    memory = estimate_memory(facts, settings, prompt_tokens, place)
    return TrainingEstimate(
        num_steps=num_steps,
        num_answers=num_steps * rollouts + num_checked,
        tokens_per_step=tokens,
        step_s=step_s,
        low_s=total_s * speed.fast,
        high_s=total_s * speed.slow,
        memory_bytes=memory.num_bytes,
        flops_per_s=speed.flops_per_s,
        formula=(
            f"{num_steps} steps × ({settings.prompts_per_step} prompts × {prompt_tokens} + "
            f"{rollouts} answers × {answer}) tokens × "
            f"{facts.num_parameters / 1e6:,.0f} M parameters × "
            f"{ANSWERING_FLOPS + LEARNING_FLOPS} operations, and {num_checked:,} answers to "
            f"held-out records × {ANSWERING_FLOPS}, at {speed.flops_per_s / 1e9:,.0f} G "
            f"operations/s ({speed.source}). {_name(memory)}: {memory.formula}."
        ),
        is_measured=speed.is_measured,
        place=place,
    )


def _name(memory: MemoryEstimate) -> str:
    return "Memory of the GPU" if memory.is_gpu else "Memory"


def count_tokens(settings: TrainingSettings, prompt_tokens: int) -> int:
    """Tokens of a step."""
    num_answers = settings.prompts_per_step * settings.rollouts_per_prompt
    return settings.prompts_per_step * prompt_tokens + num_answers * settings.max_completion_tokens


def guess_gpu_speed(
    facts: BaseFacts, settings: TrainingSettings, prompt_tokens: int, place: TrainingPlace
) -> Speed:
    """How fast a GPU may be that trained nothing yet; none was ever measured by us.

    Answers are written token by token, which takes a time for each layer however fast the GPU is;
    what is read and learnt from takes its operations.
    """
    operations = count_tokens(settings, prompt_tokens) * facts.num_parameters
    operations *= ANSWERING_FLOPS + LEARNING_FLOPS
    each_s = LAYER_S[place.generation]
    peak = GPU_FLOPS if place.precision == BF16 else GPU_FLOPS_FP32
    step_s = settings.max_completion_tokens * facts.num_layers * each_s + operations / peak
    return Speed(
        operations / step_s,
        f"a guess for a GPU, with {each_s * 1e3:g} ms for each layer and token of an answer and "
        f"{peak / 1e12:.0f} T operations/s; the next estimate takes this training's own speed",
        fast=GPU_GUESS_FAST,
        slow=GPU_GUESS_SLOW,
    )
