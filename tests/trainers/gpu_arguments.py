"""Runs in the trainer's environment: what TRL is told for a GPU is what its configuration takes.

    python gpu_arguments.py WORK_FOLDER

There is no GPU: torch is made to say that there is one, for the configuration alone.  Prints what
TRL understood as JSON.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "rft_app" / "processes" / "training"))

import torch
from gpu import Place, choose_place
from learning import list_arguments
from transformers import training_args
from trl import GRPOConfig

SETTINGS = {
    **{"prompts_per_step": 8, "rollouts_per_prompt": 16, "learning_rate": 1e-4, "beta": 0.0},
    **{"temperature": 1.0, "max_completion_tokens": 256, "max_prompt_tokens": 4_096, "seed": 3},
    **{"entropy_floor": 0.15, "entropy_bonus": 0.0, "precision": "auto", "generation": "auto"},
    **{"vllm_share": 0.4},
}
TOLD = (
    *("use_vllm", "vllm_mode", "vllm_gpu_memory_utilization", "vllm_max_model_length", "bf16"),
    *("fp16", "use_cpu", "num_generations", "generation_batch_size", "max_completion_length"),
    "per_device_train_batch_size",
)


def understand(place: Place) -> dict[str, object]:
    """What TRL makes of the arguments for a place."""
    config = GRPOConfig(**list_arguments(SETTINGS, 10, Path(sys.argv[1]), place))
    return {name: getattr(config, name) for name in TOLD}


def main() -> None:
    """Print it for the processor of this machine and for a GPU that is not there."""
    found = {"here": understand(choose_place(SETTINGS, 135_000_000, torch))}
    training_args.is_torch_bf16_gpu_available = lambda: True
    torch.cuda.is_available = lambda: True
    torch.cuda.set_device = lambda _device: None
    for generation in ("plain", "vllm"):
        found[generation] = understand(Place("cuda", "bfloat16", generation, "H100", 85 * 10**9))
    sys.stdout.write(json.dumps(found) + "\n")


main()
