"""GRPO with LoRA by TRL: the loop, what it reports, when it stops, what it keeps."""

import math
import time
from pathlib import Path
from typing import Any

import torch
from answering import Answerer, Answers
from datasets import Dataset
from endings import NOT_FINITE, describe_kept
from gpu import Place
from grading_client import GradingClient
from ordering import lay_in_order
from peft import LoraConfig, get_peft_model
from run_files import RunFiles, TrainingError
from sharing import SharingTrainer
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
MAX_UNGRADED_STEPS = 3
"""Steps in a row without one graded answer after which it stops."""
FLAT = 1e-9
BONUS_STEP, MOST_BONUS = 0.005, 0.1
"""Of staying undecided while the model is too sure of itself: more each step, at most."""
MICRO_BATCH = 32
"""Answers of one pass; more are passed in turn."""
_RENAMED = {
    "loss": "loss",
    "grad_norm": "grad_norm",
    "entropy": "entropy",
    "completions/mean_length": "length",
    "completions/clipped_ratio": "clipped_share",
    "learning_rate": "learning_rate",
}


def add_adapter(model: Any, settings: dict[str, Any], precision: str) -> Any:
    """The model with an adapter that adds nothing yet."""
    layers, num_layers = settings["lora_layers"], model.config.num_hidden_layers
    some = list(range(max(0, num_layers - layers), num_layers)) if layers else None
    present = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    targets = [name for name in TARGETS if name in present] or "all-linear"
    lora = LoraConfig(
        r=settings["lora_rank"],
        lora_alpha=2 * settings["lora_rank"],
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
        target_modules=targets,
        layers_to_transform=some,
    )
    return get_peft_model(model, lora, autocast_adapter_dtype=precision == "float32")


@torch.no_grad()
def measure_adapter(model: Any) -> float:
    """Length of what the adapter adds: the norm of each B A, scaled; 0 is the base model."""
    total = 0.0
    for module in model.modules():
        if hasattr(module, "lora_A") and "default" in module.lora_A:
            added = (
                module.lora_B["default"].weight.float() @ module.lora_A["default"].weight.float()
            )
            total += float((added * module.scaling["default"]).square().sum())
    return math.sqrt(total)


def require_finite(norm: float, step: int, then: str) -> None:
    """Refuse an adapter by its length (`measure_adapter`), in training or when it is compared.

    Args:
        norm: Its length.
        step: Of which training step it is.
        then: What follows from it, a sentence.

    Raises:
        TrainingError: It is infinite or no number.
    """
    if not math.isfinite(norm):
        raise TrainingError(
            NOT_FINITE,
            f"The adapter of step {step} holds no finite numbers. {then} Lower the learning "
            "rate, or set the precision to float32.",
        )


class Rewards:
    """The reward function: the worker's grader, and what it said of the last step."""

    __name__ = "grader"

    def __init__(self, client: GradingClient, tokenizer: Any, group_size: int) -> None:
        self._client = client
        self._tokenizer = tokenizer
        self._group_size = group_size
        self.last: list[float | None] = []
        self._num_ungraded = self._num_abstained = 0

    def __call__(
        self, completion_ids: list[Any], key: list[int], trainer_state: Any, **_: Any
    ) -> list[float | None]:
        """Rewards in order; `None` leaves an answer out of its group's comparison."""
        texts = self._tokenizer.batch_decode(completion_ids, skip_special_tokens=True)
        step = trainer_state.global_step + 1
        self.last = self._client.grade("train", step, 0, list(zip(key, texts, strict=True)))
        self._num_abstained = self._client.num_abstained
        is_graded = any(reward is not None for reward in self.last)
        self._num_ungraded = 0 if is_graded else self._num_ungraded + 1
        if self._num_ungraded >= MAX_UNGRADED_STEPS:
            raise TrainingError(
                "grader",
                f"The grader judged no answer of {MAX_UNGRADED_STEPS} steps in a row, so nothing "
                f"can be learnt. {self._client.message}",
            )
        return self.last

    def describe(self) -> dict[str, float]:
        """Figures of the last step."""
        graded = [reward for reward in self.last if reward is not None]
        num = max(len(self.last), 1)
        num_failed = len(self.last) - len(graded) - self._num_abstained
        figures = {
            "failure_share": num_failed / num,
            "abstention_share": self._num_abstained / num,
        }
        if graded:
            mean = math.fsum(graded) / len(graded)
            spread = math.fsum((reward - mean) ** 2 for reward in graded) / len(graded)
            figures |= {"reward": mean, "reward_sd": math.sqrt(spread)}
        if (flat := self._find_flat_share()) is not None:
            figures["flat_share"] = flat
        return figures

    def _find_flat_share(self) -> float | None:
        size, flat, num_groups = self._group_size, 0, 0
        for start in range(0, len(self.last), size):
            group = [one for one in self.last[start : start + size] if one is not None]
            if len(group) > 1:
                num_groups += 1
                flat += max(group) - min(group) <= FLAT
        return flat / num_groups if num_groups else None


class Watch(TrainerCallback):
    """Reports each step, validates each checkpoint, keeps the best, and says when to stop."""

    def __init__(
        self,
        files: RunFiles,
        settings: dict[str, Any],
        rewards: Rewards,
        answerer: Answerer,
        validation: list[dict[str, Any]],
    ) -> None:
        self.files = files
        self._settings = settings
        self.rewards = rewards
        self._answerer = answerer
        self._validation = validation
        self._step_began_at = 0.0
        self._num_flat = self._num_unjudged = self._num_no_better = 0
        self.stopped = ""
        self.is_cancelled = False

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take the time."""
        self._step_began_at = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Decide whether to save and whether to stop."""
        self._step_s = time.monotonic() - self._step_began_at
        every = self._settings["validate_every"]
        control.should_save = state.global_step % every == 0 or state.global_step == state.max_steps
        self._look_for_signal()
        if self.files.is_cancelled:
            self.is_cancelled, self.stopped = True, "somebody cancelled it"
        elif self.files.is_to_finish:
            self.stopped = "somebody ended it early"
        if self.stopped:
            control.should_save = control.should_training_stop = True

    def _look_for_signal(self) -> None:
        patience = self._settings["flat_patience"]
        flat_share = self.rewards.describe().get("flat_share")
        self._num_unjudged = self._num_unjudged + 1 if flat_share is None else 0
        if patience and self._num_unjudged >= patience:
            raise TrainingError(
                "grader",
                f"In {self._num_unjudged} steps in a row the grader judged no two answers of a "
                "group, so there was nothing to compare. Read why beside the answers, mend the "
                "grader or what it asks, then train anew.",
            )
        if flat_share is None:
            return
        self._num_flat = self._num_flat + 1 if flat_share == 1.0 else 0
        if patience and self._num_flat >= patience:
            self.stopped = (
                f"in {self._num_flat} steps all answers of each group had the same reward: there "
                "was nothing left to learn from"
            )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Report the step; a loss that is no number ends the training."""
        if not logs or "loss" not in logs:
            return
        figures = {ours: logs[theirs] for theirs, ours in _RENAMED.items() if theirs in logs}
        for name in ("loss", "grad_norm"):
            if not math.isfinite(figures.get(name, 0.0)):
                raise TrainingError(
                    NOT_FINITE,
                    f"The {name.replace('_', ' ')} of step {state.global_step} is not a finite "
                    f"number, so the training stopped. {describe_kept(self.files)} Lower the "
                    "learning rate, or set the precision to float32.",
                )
        figures |= {**self.rewards.describe(), "step_s": self._step_s}
        self.files.tell("metrics", step=state.global_step, values=_finite(figures))

    def on_save(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Seal the checkpoint, validate it, keep it where it is the best so far.

        Raises:
            TrainingError: Its weights are no finite numbers; nothing of it is kept.
        """
        step = state.global_step
        require_finite(measure_adapter(model), step, describe_kept(self.files))
        self.files.seal(Path(args.output_dir) / f"checkpoint-{step}")
        if self.is_cancelled:
            self._keep_unvalidated(model, step)
            return
        try:
            found = self._answerer.answer("validation", step, self._validation, is_tuned=True)
        except KeyboardInterrupt:
            self._keep_unvalidated(model, step)
            raise
        tell_validation(self.files, step, found)
        is_best = self.files.is_better(found.mean)
        self._keep(model, step, found.mean, len(found.graded), is_best=is_best)
        if found.mean is not None:
            self._num_no_better = 0 if is_best else self._num_no_better + 1
        patience = self._settings["patience"]
        if patience and self._num_no_better >= patience:
            self.stopped = f"{self._num_no_better} checkpoints in a row were no better"
            control.should_training_stop = True

    def _keep_unvalidated(self, model: Any, step: int) -> None:
        """Somebody cancelled it before any checkpoint was validated: the only one is the best."""
        if self.files.read_best() is None:
            self._keep(model, step, None, 0, is_best=True)

    def _keep(
        self, model: Any, step: int, reward: float | None, num_graded: int, *, is_best: bool
    ) -> None:
        if is_best:
            norm = measure_adapter(model)
            facts = {"step": step, "reward": reward, "norm": norm}
            self.files.keep_best(model.save_pretrained, facts)
        self.files.tell(
            "checkpoint", step=step, reward=reward, num_graded=num_graded, is_best=is_best
        )


def tell_validation(files: RunFiles, step: int, found: Answers) -> None:
    """Report how the validated records went."""
    figures = {
        "validation_reward": found.mean,
        "validation_sd": found.sd,
        "validation_graded": float(len(found.graded)),
        "kl": found.kl,
    }
    files.tell("metrics", step=step, values=_finite(figures))


def _finite(figures: dict[str, float | None]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in figures.items()
        if value is not None and math.isfinite(value)
    }


def bound_entropy(settings: dict[str, Any]) -> dict[str, Any]:
    """A bonus in every step, or one below the floor alone."""
    if not settings["entropy_floor"]:
        return {"entropy_coef": settings["entropy_bonus"]}
    return {
        "use_adaptive_entropy": True,
        "entropy_target": settings["entropy_floor"],
        "entropy_coef": settings["entropy_bonus"],
        "entropy_coef_min": settings["entropy_bonus"],
        "entropy_coef_delta": BONUS_STEP,
        "entropy_coef_max": MOST_BONUS,
    }


def list_arguments(
    settings: dict[str, Any], total_steps: int, folder: Path, place: Place
) -> dict[str, Any]:
    """What TRL is told."""
    num_answers = settings["prompts_per_step"] * settings["rollouts_per_prompt"]
    num_passes = max(1, math.ceil(num_answers / MICRO_BATCH))
    while num_answers % num_passes:
        num_passes += 1
    return {
        "output_dir": str(folder),
        "use_cpu": place.device == "cpu",
        "bf16": place.device == "cuda" and place.precision == "bfloat16",
        "fp16": False,
        "max_steps": total_steps,
        "per_device_train_batch_size": num_answers // num_passes,
        "gradient_accumulation_steps": num_passes,
        "num_generations": settings["rollouts_per_prompt"],
        "learning_rate": settings["learning_rate"],
        "lr_scheduler_type": "constant",
        "beta": settings["beta"],
        "temperature": settings["temperature"],
        "max_completion_length": settings["max_completion_tokens"],
        **bound_entropy(settings),
        "gradient_checkpointing": False,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "no",
        "save_total_limit": 2,
        "report_to": [],
        "shuffle_dataset": False,
        "seed": settings["seed"],
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": place.device == "cuda",
        "max_grad_norm": 1.0,
        "loss_type": "dapo",
        "scale_rewards": "group",
        **order_vllm(settings, place),
    }


def order_vllm(settings: dict[str, Any], place: Place) -> dict[str, Any]:
    """Let vLLM write in this process, with its share of the memory and no longer context."""
    if place.generation != "vllm":
        return {"use_vllm": False}
    longest = settings["max_prompt_tokens"] + settings["max_completion_tokens"]
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": settings["vllm_share"],
        "vllm_max_model_length": longest,
    }


def make_trainer(loaded: Any, config: dict[str, Any], watch: Watch, place: Place) -> GRPOTrainer:
    """TRL's trainer with the settings of the order."""
    settings, total_steps = config["settings"], config["total_steps"]
    prompts = lay_in_order(
        loaded.rows["train"], total_steps * settings["prompts_per_step"], settings["seed"]
    )
    return SharingTrainer(
        model=loaded.model,
        reward_funcs=watch.rewards,
        args=GRPOConfig(**list_arguments(settings, total_steps, watch.files.checkpoints, place)),
        train_dataset=Dataset.from_list(prompts),
        processing_class=loaded.tokenizer,
        callbacks=[watch],
    )
