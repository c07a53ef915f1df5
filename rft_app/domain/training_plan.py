"""Before a training starts: what it will take, and what would make it pointless."""

from typing import Literal

from rft_app.domain.entity import Entity
from rft_app.domain.training import Effort
from rft_app.domain.training_run import TrainingSettings

EFFORT_FACTORS = {Effort.LOW: 1.0, Effort.MEDIUM: 1.5, Effort.HIGH: 3.0}
"""Room for an answer, as a multiple of what nearly all known answers take."""
KNOWN_SHARE = 95
"""Percentile of the known answers' lengths."""
UNKNOWN_ANSWER_TOKENS = 64
"""Where no answer is known."""
LEAST_TOKENS, MOST_TOKENS = 16, 1_024
MEMORY_FORMULA = (
    "parameters × 4 bytes, tokens of a step × hidden size × layers × 32, and tokens of its answers "
    "× vocabulary × 16"
)
FAST, SLOW = 0.6, 2.0
"""How far a time may lie from the estimate."""
LEARNING_FLOPS, ANSWERING_FLOPS = 4, 2
"""Multiply-adds a parameter and token, times two: back and forth without the frozen gradients."""


class BaseFacts(Entity):
    """What is known of a base model without loading it."""

    name: str
    num_parameters: int
    num_layers: int
    hidden_size: int
    vocabulary: int
    context_tokens: int
    shows_tools: bool = False
    """Whether its chat template shows the model the tools of a record."""


class TrainingCheck(Entity):
    """One thing that was looked at before a start."""

    name: str
    level: Literal["ok", "note", "caution", "stop"]
    """`stop` keeps the training from starting."""
    finding: str
    remedy: str = ""


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
    """Whether the speed is that of an earlier training here; else a guess by the processor."""


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


def plan_answer_tokens(num_known: int | None, effort: Effort) -> int:
    """Most tokens of an answer.

    Args:
        num_known: What nearly all known answers take; `None` where none is known.
        effort: How much longer new ones may be.

    Example:
        >>> plan_answer_tokens(10, Effort.MEDIUM), plan_answer_tokens(None, Effort.LOW)
        (16, 64)
    """
    known = UNKNOWN_ANSWER_TOKENS if num_known is None else num_known
    return max(LEAST_TOKENS, min(MOST_TOKENS, round(known * EFFORT_FACTORS[effort])))


def estimate_training(
    facts: BaseFacts,
    settings: TrainingSettings,
    *,
    num_steps: int,
    prompt_tokens: int,
    flops_per_s: float,
    is_measured: bool,
) -> TrainingEstimate:
    """Time and memory by the size of the model and the number of tokens.

    A step reads each prompt once, however many answers it gets.

    Args:
        facts: Of the base model.
        settings: Of the training.
        num_steps: Training steps.
        prompt_tokens: Mean length of a prompt.
        flops_per_s: What the processor does.
        is_measured: Whether that was measured.
    """
    answer = settings.max_completion_tokens
    rollouts = settings.prompts_per_step * settings.rollouts_per_prompt
    tokens = settings.prompts_per_step * prompt_tokens + rollouts * answer
    num_validations = num_steps // settings.validate_every
    num_checked = num_validations * settings.num_validated + 2 * settings.num_compared
    per_token = facts.num_parameters / flops_per_s
    step_s = tokens * per_token * (ANSWERING_FLOPS + LEARNING_FLOPS)
    checked_tokens = num_checked * (prompt_tokens + answer)
    total_s = num_steps * step_s + checked_tokens * per_token * ANSWERING_FLOPS
    return TrainingEstimate(
        num_steps=num_steps,
        num_answers=num_steps * rollouts + num_checked,
        tokens_per_step=tokens,
        step_s=step_s,
        low_s=total_s * FAST,
        high_s=total_s * SLOW,
        memory_bytes=estimate_memory(facts, settings, tokens),
        flops_per_s=flops_per_s,
        formula=(
            f"{num_steps} steps × ({settings.prompts_per_step} prompts × {prompt_tokens} + "
            f"{rollouts} answers × {answer}) tokens × "
            f"{facts.num_parameters / 1e6:,.0f} M parameters × "
            f"{ANSWERING_FLOPS + LEARNING_FLOPS} operations, and {num_checked:,} answers to "
            f"held-out records × {ANSWERING_FLOPS}, at {flops_per_s / 1e9:,.0f} G operations/s "
            f"({'measured here' if is_measured else 'a guess by the processor'}). Memory: "
            f"{MEMORY_FORMULA}."
        ),
        is_measured=is_measured,
    )


def estimate_memory(facts: BaseFacts, settings: TrainingSettings, num_tokens: int) -> int:
    """Bytes: weights, what the backward pass keeps of each token, and the words' probabilities."""
    weights = facts.num_parameters * 4
    kept = num_tokens * facts.hidden_size * facts.num_layers * 32
    num_answers = settings.prompts_per_step * settings.rollouts_per_prompt
    words = num_answers * settings.max_completion_tokens * facts.vocabulary * 4 * 4
    return weights + kept + words
