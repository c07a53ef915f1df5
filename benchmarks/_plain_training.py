"""TRL as its documentation shows it, with the settings of our quick preset: the yardstick.

    python _plain_training.py BASE_FOLDER ROWS.jsonl GRADER.py SETTINGS.json

Runs in the trainer's environment.  Prints the seconds of each step as JSON.
"""

import json
import runpy
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class Clock(TrainerCallback):
    """Takes the time of each step."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began_at = time.monotonic()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seconds.append(time.monotonic() - self._began_at)


def main() -> None:
    """Train some steps."""
    folder, rows_file, grader_file = map(Path, sys.argv[1:4])
    wanted = json.loads(Path(sys.argv[4]).read_text())
    rows = [json.loads(line) for line in rows_file.read_text().splitlines()]
    grade = runpy.run_path(str(grader_file))["grade"]
    torch.manual_seed(0)

    def grader(completions: list[Any], reference: list[str], **_: Any) -> list[float]:
        texts = [completion[0]["content"] for completion in completions]
        return [
            grade({"output_text": text}, {"reference": right})
            for text, right in zip(texts, reference, strict=True)
        ]

    num_layers = wanted["num_layers"]
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        use_cpu=True,
        bf16=False,
        max_steps=wanted["num_steps"],
        per_device_train_batch_size=wanted["prompts_per_step"] * wanted["rollouts_per_prompt"],
        num_generations=wanted["rollouts_per_prompt"],
        learning_rate=wanted["learning_rate"],
        lr_scheduler_type="constant",
        beta=0.0,
        max_completion_length=wanted["max_completion_tokens"],
        gradient_checkpointing=False,
        loss_type="dapo",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    clock = Clock()
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, wanted["dtype"])),
        reward_funcs=grader,
        args=config,
        train_dataset=Dataset.from_list(
            [{"prompt": row["messages"][:-1], "reference": row["reference"]} for row in rows]
        ),
        processing_class=AutoTokenizer.from_pretrained(folder, padding_side="left"),
        peft_config=LoraConfig(
            r=wanted["lora_rank"],
            lora_alpha=2 * wanted["lora_rank"],
            task_type="CAUSAL_LM",
            target_modules=[
                "q_proj",
                "k_proj",
                "v_proj",
                "o_proj",
                "gate_proj",
                "up_proj",
                "down_proj",
            ],
            layers_to_transform=list(range(num_layers - wanted["lora_layers"], num_layers)),
        ),
        callbacks=[clock],
    )
    trainer.train()
    sys.stdout.write("\n" + json.dumps(clock.seconds))


main()
