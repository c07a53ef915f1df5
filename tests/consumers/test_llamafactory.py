"""LLaMA-Factory finds the files by our `dataset_info.json` and drops no row."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from tests.consumers.files import Exported, each, load_consumer

pytestmark = pytest.mark.consumers


@pytest.fixture(autouse=True)
def no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """It imports torchaudio, which has no build for the CPU and is not needed for text."""
    module = ModuleType("torchaudio")
    module.__spec__ = ModuleSpec("torchaudio", None)
    monkeypatch.setitem(sys.modules, "torchaudio", module)


@each("sharegpt", "trips", "airline")
@pytest.mark.parametrize("side", ["train", "test"])
def test_every_conversation_is_usable(exported: Exported, side: str) -> None:
    parser = load_consumer("llamafactory.data.parser")
    loader = load_consumer("llamafactory.data.loader")
    settings = load_consumer("llamafactory.hparams")
    [described] = parser.get_dataset_list([side], str(exported.folder))
    rows = loader._load_single_dataset(
        described,
        SimpleNamespace(
            cache_dir=None,
            hf_hub_token=None,
            ms_hub_token=None,
            om_hub_token=None,
            trust_remote_code=False,
        ),
        settings.DataArguments(
            dataset_dir=str(exported.folder), dataset=side, preprocessing_num_workers=1
        ),
        SimpleNamespace(local_process_index=0, do_train=True, dataloader_num_workers=0, seed=0),
    )
    expected = exported.num_train if side == "train" else exported.num_test
    assert sum(bool(row["_prompt"] and row["_response"]) for row in rows) == expected
    assert any(row["_system"] for row in rows)
    assert any(row["_tools"] for row in rows)
