"""What verl is told of a training."""

from typing import Any

import pytest

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.grader import parse_spec
from rft_app.domain.training_run import TrainingSettings
from rft_app.errors import InvalidInputError
from rft_app.trainers.verl_order import (
    VerlPlace,
    list_differences,
    list_overrides,
    list_packages,
    write_command,
    write_grader,
)

FACTS = BaseFacts(
    name="tiny",
    num_parameters=1_000,
    num_layers=2,
    hidden_size=8,
    vocabulary=100,
    context_tokens=40_000,
)
PLACE = VerlPlace(folder=".", outputs="/mnt/runs/1", base_model="org/tiny-0.5B", gpus_per_node=2)


def override(place: VerlPlace = PLACE, **settings: Any) -> dict[str, Any]:
    return dict(list_overrides(TrainingSettings(**settings), FACTS, place, 44))


def command(place: VerlPlace = PLACE, **settings: Any) -> list[str]:
    return write_command(TrainingSettings(**settings), FACTS, place, 44)


def test_the_settings_are_in_the_command() -> None:
    words = command(learning_rate=2e-5, prompts_per_step=3, rollouts_per_prompt=6, lora_rank=4)
    assert words[:3] == ["python", "-m", "verl.trainer.main_ppo"]
    assert {
        "algorithm.adv_estimator=grpo",
        "data.train_files=./train.parquet",
        "data.val_files=./validation.parquet",
        "data.train_batch_size=3",
        "data.max_prompt_length=1024",
        "data.max_response_length=64",
        "actor_rollout_ref.model.path=org/tiny-0.5B",
        "actor_rollout_ref.model.lora_rank=4",
        "actor_rollout_ref.model.lora_alpha=8",
        "actor_rollout_ref.actor.optim.lr=2e-05",
        "actor_rollout_ref.actor.ppo_mini_batch_size=3",
        "actor_rollout_ref.actor.use_kl_loss=false",
        "actor_rollout_ref.rollout.n=6",
        "actor_rollout_ref.rollout.temperature=1.0",
        "reward.custom_reward_function.path=./grader.py",
        "reward.custom_reward_function.name=compute_score",
        "trainer.total_training_steps=44",
        "trainer.total_epochs=44",
        "trainer.save_freq=20",
        "trainer.test_freq=20",
        "trainer.default_local_dir=/mnt/runs/1/checkpoints",
        "trainer.logger=[console]",
        "trainer.n_gpus_per_node=2",
    } <= set(words)
    assert len({word.partition("=")[0] for word in words}) == len(words)


def test_the_base_model_is_a_part_of_the_loss_where_that_is_set() -> None:
    found = override(beta=0.02)
    assert found["actor_rollout_ref.actor.use_kl_loss"] is True
    assert found["actor_rollout_ref.actor.kl_loss_coef"] == 0.02


def test_a_long_answer_raises_the_bound_of_a_gpu() -> None:
    name = "actor_rollout_ref.actor.ppo_max_token_len_per_gpu"
    assert override()[name] == 16_384
    assert override(max_completion_tokens=30_000)[name] == 31_024


def test_what_the_context_does_not_hold_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"41,024 tokens together, and tiny reads 40,000"):
        command(max_prompt_tokens=41_000, max_completion_tokens=24)


@pytest.mark.parametrize("folder", ["/mnt/run 1", "hdfs://host/run=1", "~/runs,all", "/mnt/läufe"])
def test_a_path_that_means_something_in_options_is_quoted(folder: str) -> None:
    words = command(PLACE._replace(folder=folder))
    assert f"data.train_files='{folder}/train.parquet'" in words


@pytest.mark.parametrize("folder", ["/it's", "/${oc.env:HOME}", "/a\nb", "c:\\runs"])
def test_a_path_that_cannot_be_quoted_is_refused(folder: str) -> None:
    with pytest.raises(InvalidInputError, match=r"option data\.train_files cannot be"):
        command(PLACE._replace(folder=folder))


def test_what_verl_has_no_option_for_is_said() -> None:
    assert len(list_differences(TrainingSettings())) == 4
    plain = TrainingSettings(lora_layers=0, entropy_floor=0, flat_patience=0)
    assert list_differences(plain) == ["Tools of a record are not shown to the model."]


READING = "def grade(sample, item):\n    return float(bool({}))\n"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"kind": "judge", "prompt": "{{sample.output_text}}"}, "it is a judge"),
        ({"kind": "tool_calls"}, r"reads sample\.output_tools"),
        ({"kind": "script", "source": READING.format("sample.output_tools")}, "output_tools"),
        ({"kind": "script", "source": READING.format("item['messages']")}, r"item\.messages"),
        ({"kind": "script", "source": READING.format("item.get('tools')")}, r"item\.tools"),
    ],
)
def test_a_grader_that_verl_cannot_serve_is_refused(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        write_grader(parse_spec(raw))


def test_a_grader_says_what_it_imports() -> None:
    script = {"kind": "script", "source": READING.format("sample.output_text")}
    assert list_packages(parse_spec(script)) == []
    similar = {"kind": "text_similarity", "metric": "rouge_l", "reference": "{{item.reference}}"}
    [package] = list_packages(parse_spec(similar))
    assert package.startswith("rapidfuzz==")
    assert f"# pip install {package}" in write_grader(parse_spec(similar))
