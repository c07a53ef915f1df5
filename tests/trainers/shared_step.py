"""Runs in the trainer's environment: a step with shared prompts beside TRL's own.

    python shared_step.py WEIGHTS.gguf WORK_FOLDER

The tokenizer is that of the weights, the model a small one of random weights.  Prints how far the
two are from each other as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "rft_app" / "processes" / "training"))

import torch
from datasets import Dataset
from learning import add_adapter
from sharing import SharingTrainer, pad_left
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig, GRPOTrainer

QUESTIONS = ("Where?", "I have lost my card in the supermarket yesterday", "rate now")
NUM_EACH = 4


def make_trainer(weights: Path, work: Path) -> SharingTrainer:
    """With an adapter that is not the base model."""
    tokenizer = AutoTokenizer.from_pretrained(
        weights.parent, gguf_file=weights.name, padding_side="left"
    )
    small = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = add_adapter(LlamaForCausalLM(small), {"lora_layers": 2, "lora_rank": 4}, "float32")
    for name, weights in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.02)
    config = GRPOConfig(
        output_dir=str(work),
        use_cpu=True,
        bf16=False,
        per_device_train_batch_size=NUM_EACH * len(QUESTIONS),
        num_generations=NUM_EACH,
        max_completion_length=8,
        temperature=0.7,
        loss_type="dapo",
        report_to=[],
    )
    prompts = [{"prompt": [{"role": "user", "content": text}]} for text in QUESTIONS]
    return SharingTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=config,
        train_dataset=Dataset.from_list(prompts),
        processing_class=tokenizer,
    )


def generate(trainer: SharingTrainer, kind: type[GRPOTrainer], prompts: list[list[int]]) -> Any:
    """Answers by the same chance."""
    torch.manual_seed(1)
    return kind._generate_single_turn(trainer, prompts, None, {}, NUM_EACH)[0]


class Engine:
    """Stands for vLLM: writes the same two tokens to each prompt, and is told of new weights."""

    num_told = 0

    def sync_weights(self) -> None:
        """Take the weights."""
        self.num_told += 1

    def generate(self, prompts: list[Any], **_: Any) -> tuple[Any, Any, Any, Any]:
        """As TRL asks for it."""
        return prompts, [[5, 6] for _ in prompts], [[[-0.5], [-0.25]] for _ in prompts], None


def generate_by_engine(trainer: SharingTrainer, prompts: list[list[int]]) -> bool:
    """Whether TRL's own way is taken where vLLM writes."""
    trainer.use_vllm, trainer._last_loaded_step = True, -1
    trainer.vllm_generation = engine = Engine()
    found = trainer._generate_single_turn(prompts, None, {}, NUM_EACH)
    trainer.use_vllm = False
    wanted = ([[5, 6]] * len(prompts), [[-0.5, -0.25]] * len(prompts))
    return (found[0], found[1], engine.num_told) == (*wanted, 1)


def compute(trainer: SharingTrainer, kind: type[GRPOTrainer], batch: tuple[Any, ...]) -> Any:
    """Log probabilities and entropies of the answers, and the gradient of both."""
    ids, mask, num_last = batch
    trainer.model.zero_grad()
    chances, entropies, _ = kind._get_per_token_logps_and_entropies(
        trainer, trainer.model, ids, mask, num_last, compute_entropy=True
    )
    is_answer = mask[:, -num_last:]
    weights = torch.linspace(-1, 1, len(ids))[:, None]
    ((chances * weights - 0.1 * entropies) * is_answer).sum().backward()
    slopes = [one.grad.flatten() for one in trainer.model.parameters() if one.grad is not None]
    return chances.detach() * is_answer, entropies.detach() * is_answer, torch.cat(slopes)


def main() -> None:
    """Compare both."""
    torch.manual_seed(0)
    trainer = make_trainer(Path(sys.argv[1]), Path(sys.argv[2]))
    trainer.model.train()
    tokenizer = trainer.processing_class
    prompts = [tokenizer(text)["input_ids"] for text in QUESTIONS for _ in range(NUM_EACH)]
    ours, theirs = (generate(trainer, kind, prompts) for kind in (SharingTrainer, GRPOTrainer))
    ids, mask = pad_left(prompts, tokenizer.pad_token_id, "cpu")
    longest = max(map(len, ours))
    order = torch.randperm(len(prompts))
    answers = [one + [tokenizer.pad_token_id] * (longest - len(one)) for one in ours]
    masks = [[1] * len(one) + [0] * (longest - len(one)) for one in ours]
    ids = torch.cat([ids, torch.tensor(answers)], dim=1)[order]
    mask = torch.cat([mask, torch.tensor(masks)], dim=1)[order]
    batch = (ids, mask, longest)
    shared, plain = (compute(trainer, kind, batch) for kind in (SharingTrainer, GRPOTrainer))
    found = {
        "is_by_engine": generate_by_engine(trainer, prompts),
        "num_other_answers": sum(one != other for one, other in zip(ours, theirs, strict=True)),
        "log_probabilities": float((shared[0] - plain[0]).abs().max()),
        "entropies": float((shared[1] - plain[1]).abs().max()),
        "gradient": float((shared[2] - plain[2]).norm() / plain[2].norm()),
    }
    sys.stdout.write(json.dumps(found))


main()
