"""TRL takes two training steps on each of its formats."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.consumers.files import Exported, each, load_consumer
from tests.consumers.tiny import make_model, make_tokenizer

pytestmark = pytest.mark.consumers
NUM_STEPS = 2
NUM_ROWS = 40
"""Enough for the steps; the others are loaded and not tokenized."""


class Trial:
    """One trainer on the training side of one export."""

    def __init__(self, exported: Exported, folder: Path) -> None:
        self.trl = load_consumer("trl")
        self.exported = exported
        self.rows = load_consumer("datasets").load_dataset(
            "json", data_files=str(exported.train), split="train"
        )
        templates = Path(self.trl.__file__).parent / "chat_templates"
        self.tokenizer = make_tokenizer(
            exported.train.read_text(encoding="utf-8"),
            (templates / "qwen3.jinja").read_text(encoding="utf-8"),
        )
        self.model = make_model(self.tokenizer, folder / "model")
        self.options: dict[str, Any] = {
            "output_dir": str(folder / "out"),
            "max_steps": NUM_STEPS,
            "per_device_train_batch_size": 2,
            "report_to": [],
            "use_cpu": True,
            "bf16": False,
            "logging_steps": 1,
            "save_strategy": "no",
            "disable_tqdm": True,
        }

    def train(self, kind: str, config: dict[str, Any] | None = None, **more: Any) -> Any:
        """Take the steps with `<kind>Trainer`; returns the trainer."""
        trainer = getattr(self.trl, f"{kind}Trainer")(
            model=self.model,
            args=getattr(self.trl, f"{kind}Config")(**self.options, **(config or {})),
            train_dataset=self.rows.select(range(min(NUM_ROWS, len(self.rows)))),
            processing_class=self.tokenizer,
            **more,
        )
        outcome = trainer.train()
        assert len(self.rows) == self.exported.num_train
        assert trainer.state.global_step == NUM_STEPS
        assert math.isfinite(outcome.metrics["train_loss"])
        return trainer


@pytest.fixture
def trial(exported: Exported, tmp_path: Path) -> Trial:
    """The trainer's rows, tokenizer and model."""
    return Trial(exported, tmp_path)


@each("trl_sft", "trips", "airline")
def test_sft_on_messages(trial: Trial) -> None:
    trial.train("SFT")
    for row in trial.rows:
        text = trial.tokenizer.apply_chat_template(
            row["messages"], tools=row["tools"], tokenize=False
        )
        num_calls = sum(len(turn.get("tool_calls") or ()) for turn in row["messages"])
        assert text.count('"arguments": {') == num_calls


@each("trl_sft_completion", "trips")
def test_sft_on_prompts_and_completions(trial: Trial) -> None:
    learnt = trial.train("SFT").train_dataset
    for row in learnt:
        num_masked = sum(label == -100 for label in row["labels"])
        assert 0 < num_masked < len(row["labels"])


@each("trl_dpo", "trips", "school")
def test_dpo(trial: Trial) -> None:
    assert len(trial.train("DPO").train_dataset) == min(NUM_ROWS, len(trial.rows))


@each("trl_kto", "trips", "school", "airline")
def test_kto(trial: Trial) -> None:
    assert set(trial.rows["label"]) == {True, False}
    trial.train("KTO", {"max_length": 4096})


@each("trl_grpo", "trips", "school", "airline")
def test_grpo_with_a_reward_that_reads_a_column(trial: Trial) -> None:
    references = set(trial.rows.to_dict().get("reference_answer", [None]))
    seen: list[str | None] = []

    def reward(completions: list[Any], **columns: Any) -> list[float]:
        seen.extend(columns.get("reference_answer", [None]))
        return [float(len(completion[0]["content"]) % 3) for completion in completions]

    trial.train("GRPO", {"num_generations": 2, "max_completion_length": 8}, reward_funcs=reward)
    assert seen
    assert references.issuperset(seen)
    assert all(one is None or isinstance(one, str) for one in references)
