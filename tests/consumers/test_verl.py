"""verl's own dataset reads the questions and hands the ground truth to a reward function."""

import pytest

from tests.consumers.files import Exported, each, load_consumer
from tests.consumers.tiny import make_tokenizer

pytestmark = pytest.mark.consumers


@each("verl", "trips", "school")
def test_questions_and_ground_truth(exported: Exported) -> None:
    reader = load_consumer("verl.utils.dataset.rl_dataset")
    config = load_consumer("omegaconf").OmegaConf.create(
        {
            "cache_dir": str(exported.folder / "cache"),
            "prompt_key": "prompt",
            "max_prompt_length": 1024,
            "filter_overlong_prompts": True,
            "filter_overlong_prompts_workers": 1,
            "return_raw_chat": True,
        }
    )
    rows = reader.RLHFDataset(
        data_files=str(exported.train), tokenizer=make_tokenizer("x"), config=config
    )
    assert len(rows) == exported.num_train
    batch = reader.collate_fn([rows[number] for number in range(4)])
    assert all(turn["content"] for prompt in batch["raw_prompt"] for turn in prompt)
    assert {one["style"] for one in batch["reward_model"]} == {"rule"}
    assert all(isinstance(one["ground_truth"], str) for one in batch["reward_model"])
    assert list(batch["index"]) == [0, 1, 2, 3]
    assert set(batch["data_source"]) == {exported.metadata["dataset"]["name"]}
