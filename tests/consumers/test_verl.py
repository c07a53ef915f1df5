"""What verl reads of ours: rows by its own dataset, its options, and the grader.

`RFT_VERL` may name a folder with an unpacked `verl`, where the package itself is not installed.
"""

import os
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.consumers.files import FOLDER, Exported, each, load_consumer
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


@pytest.fixture
def order() -> Path:
    """The folder of a training's order."""
    folder = FOLDER / "verl_order"
    if not folder.is_dir():
        pytest.skip("The files are made by `make test-consumers`.")
    return folder


def read_told(order: Path) -> dict[str, Any]:
    return orjson.loads((order / "told.json").read_bytes())


def find_verl(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the package, which is not imported: its options need only Hydra."""
    if named := os.environ.get("RFT_VERL"):
        monkeypatch.syspath_prepend(named)
    for folder in sys.path:
        if (Path(folder) / "verl" / "trainer" / "config").is_dir():
            return Path(folder) / "verl"
    pytest.skip("verl is left out: `make test-consumers` runs it, or name a folder in RFT_VERL")


def compose(verl: Path, words: list[str]) -> Any:
    """The whole configuration as verl's entry point gets it; an unknown option is an error."""
    hydra = load_consumer("hydra")
    with hydra.initialize_config_dir(str(verl / "trainer" / "config"), version_base=None):
        return hydra.compose("ppo_trainer", overrides=words[3:])


def _kind(value: Any) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__


@pytest.mark.parametrize("name", ["quick", "all"])
def test_every_option_of_the_command_is_one_of_verl(
    order: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    select = load_consumer("omegaconf").OmegaConf.select
    verl = find_verl(monkeypatch)
    words = read_told(order)["commands"][name]
    assert words[:3] == ["python", "-m", "verl.trainer.main_ppo"]
    assert (verl / "trainer" / "main_ppo.py").is_file()
    plain = compose(verl, [*words[:3], "actor_rollout_ref.rollout.name=vllm"])
    config = compose(verl, words)
    for option in (word.partition("=")[0] for word in words[3:]):
        section, _, name_there = option.rpartition(".")
        assert name_there in select(plain, section), option
        kinds = [_kind(select(given, option)) for given in (plain, config)]
        assert kinds[0] in {kinds[1], "NoneType"}, option
    assert config.data.train_files == str(order.resolve() / "train.parquet")
    assert config.trainer.default_local_dir == "/out, shared/checkpoints"
    assert list(config.trainer.logger) == ["console"]
    assert config.actor_rollout_ref.actor.optim.lr == 2e-4
    assert config.actor_rollout_ref.rollout.response_length == config.data.max_response_length
    assert config.actor_rollout_ref.actor.use_kl_loss is (name == "all")


def test_an_option_that_verl_does_not_have_is_an_error(
    order: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verl = find_verl(monkeypatch)
    words = [*read_told(order)["commands"]["quick"], "trainer.total_steps=44"]
    errors = load_consumer("hydra.errors")
    with pytest.raises(errors.ConfigCompositionException):
        compose(verl, words)


def test_verl_loads_the_grader_which_gives_our_rewards(
    order: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verl = find_verl(monkeypatch)
    told = read_told(order)
    config = compose(verl, told["commands"]["quick"])
    score = load_consumer("verl.trainer.ppo.reward").get_custom_reward_fn(config)
    rows = load_consumer("pyarrow.parquet").read_table(config.data.train_files).to_pylist()
    rewards = [one["reward"] for one in told["answers"]]
    assert len(set(rewards)) > 2
    for answer, reward in zip(told["answers"], rewards, strict=True):
        row = rows[answer["row"]]
        found = score(
            data_source=row["data_source"],
            solution_str=answer["text"],
            ground_truth=row["reward_model"]["ground_truth"],
            extra_info=row["extra_info"],
        )
        assert found == reward


@pytest.mark.parametrize("side", ["train", "val"])
def test_verl_reads_the_rows_with_the_options_of_the_command(
    order: Path, side: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verl = find_verl(monkeypatch)
    config = compose(verl, read_told(order)["commands"]["quick"]).data
    config = load_consumer("omegaconf").OmegaConf.to_container(config, resolve=False)
    options = {name: value for name, value in config.items() if not name.endswith("_tool_path")}
    options = load_consumer("omegaconf").OmegaConf.create(
        {**options, "tool_config_path": None, "cache_dir": str(tmp_path)}
    )
    reader = load_consumer("verl.utils.dataset.rl_dataset")
    path = options[f"{side}_files"]
    rows = reader.RLHFDataset(data_files=path, tokenizer=make_tokenizer("x"), config=options)
    num_rows = load_consumer("pyarrow.parquet").read_metadata(path).num_rows
    assert len(rows) == num_rows > 0
    assert {rows[number]["index"] for number in range(num_rows)} == set(range(num_rows))
