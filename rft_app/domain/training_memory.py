"""How much memory a training takes."""

from typing import NamedTuple

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.training_place import BF16, TrainingPlace
from rft_app.domain.training_run import TrainingSettings

CPU_FORMULA = (
    "parameters × 4 bytes, tokens of a step × hidden size × layers × 32, and tokens of its answers "
    "× vocabulary × 16"
)
ANSWERS_AT_ONCE = 32
"""Answers of one pass, as the trainer cuts a step."""
CHECKED_AT_ONCE = 16
"""Validated answers over which the distance from the base model is measured."""
LORA_WIDTHS = 21
"""In- and outputs of the matrices of a layer together, in hidden sizes: about, and at most."""
CUDA_BYTES = 1_000_000_000
"""What torch takes for itself on a GPU."""


class MemoryEstimate(NamedTuple):
    """What a training takes, and how that is reckoned."""

    num_bytes: int
    formula: str
    is_gpu: bool


def estimate_memory(
    facts: BaseFacts, settings: TrainingSettings, prompt_tokens: int, place: TrainingPlace
) -> MemoryEstimate:
    """Bytes of the processor's memory or of the GPU's."""
    if place.is_gpu:
        return _estimate_on_gpu(facts, settings, prompt_tokens, place)
    num_answers = settings.prompts_per_step * settings.rollouts_per_prompt
    tokens = num_answers * settings.max_completion_tokens
    weights = facts.num_parameters * 4
    prompts = settings.prompts_per_step * prompt_tokens
    kept = (prompts + tokens) * facts.hidden_size * facts.num_layers * 32
    words = tokens * facts.vocabulary * 4 * 4
    return MemoryEstimate(weights + kept + words, CPU_FORMULA, is_gpu=False)


def _estimate_on_gpu(
    facts: BaseFacts, settings: TrainingSettings, prompt_tokens: int, place: TrainingPlace
) -> MemoryEstimate:
    """Weights, adapter with its optimizer, what a pass keeps, and what generation keeps."""
    size = 2 if place.precision == BF16 else 4
    answer = settings.max_completion_tokens
    num_answers = settings.prompts_per_step * settings.rollouts_per_prompt
    layers = min(settings.lora_layers or facts.num_layers, facts.num_layers)
    adapter = settings.lora_rank * LORA_WIDTHS * facts.hidden_size * layers * 4 * size
    at_once = min(num_answers, ANSWERS_AT_ONCE)
    num_prompts = -(-at_once // settings.rollouts_per_prompt)
    tokens = num_prompts * prompt_tokens + at_once * answer
    kept = tokens * facts.hidden_size * facts.num_layers * 17 * size
    words = min(CHECKED_AT_ONCE, settings.num_validated) * answer * facts.vocabulary * 16
    weights = facts.num_parameters * size
    kept_for_answers = num_answers * (prompt_tokens + answer)
    written, how = _estimate_generation(facts, settings.vllm_share, kept_for_answers, place)
    formula = (
        f"{facts.num_parameters / 1e6:,.0f} M parameters × {size} bytes, adapter with gradient and "
        f"optimizer {adapter / 1e9:.1f} GB, {tokens:,} tokens of a pass × hidden size × layers × "
        f"{17 * size}, {answer} tokens of {CHECKED_AT_ONCE} validated answers × vocabulary × 16, "
        f"{how} {written / 1e9:.1f} GB, and {CUDA_BYTES / 1e9:.0f} GB of torch's own"
    )
    total = weights + adapter + kept + words + written + CUDA_BYTES
    return MemoryEstimate(total, formula, is_gpu=True)


def _estimate_generation(
    facts: BaseFacts, share: float, tokens: int, place: TrainingPlace
) -> tuple[int, str]:
    """Keys and values of all answers of a step; vLLM takes its share, whatever it needs of it."""
    if place.generation == "vllm":
        return round(share * place.memory_bytes), f"vLLM's share of {share:.0%}"
    each = 2 * facts.num_layers * (facts.key_value_size or facts.hidden_size)
    size = 2 if place.precision == BF16 else 4
    return tokens * each * size, f"keys and values of {tokens:,} tokens of generation"
