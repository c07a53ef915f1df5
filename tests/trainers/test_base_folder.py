"""Base models in folders: what is known of a good one, and what a bad one lacks."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from rft_app.errors import InvalidInputError
from rft_app.trainers.base_folder import describe_folder

CONFIG = {
    **{"num_hidden_layers": 2, "hidden_size": 16, "vocab_size": 32},
    "max_position_embeddings": 512,
}
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A base model of 32 × 16 parameters."""
    header = orjson.dumps({"embed": {"dtype": "F32", "shape": [32, 16], "data_offsets": [0, 2048]}})
    raw = len(header).to_bytes(8, "little") + header + bytes(2048)
    (tmp_path / "model.safetensors").write_bytes(raw)
    (tmp_path / "config.json").write_bytes(orjson.dumps(CONFIG))
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "tokenizer_config.json").write_bytes(orjson.dumps({"chat_template": TEMPLATE}))
    return tmp_path


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def test_a_folder_is_described_without_being_loaded(folder: Path) -> None:
    found = describe_folder(folder)
    assert (found.num_parameters, found.num_layers, found.context_tokens) == (512, 2, 512)
    assert not found.shows_tools


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (remove("tokenizer.json"), r"it lacks a tokenizer \(tokenizer.json\)"),
        (remove("tokenizer_config.json"), r"it lacks a chat template \(chat_template.jinja\)"),
        (write("tokenizer_config.json", "{}"), "it lacks a chat template"),
        (remove("config.json"), "it lacks config.json"),
        (remove("model.safetensors"), r"it lacks weights \(\*.safetensors\)"),
        (write("config.json", "{"), "config.json cannot be read"),
        (write("tokenizer_config.json", "[]"), "tokenizer_config.json cannot be read"),
        (write("model.safetensors", "x" * 100), "damaged: it is shorter than it says"),
        (write("model.safetensors", "x"), "model.safetensors"),
    ],
)
def test_a_folder_that_cannot_be_trained_says_what_is_missing_or_broken(
    folder: Path, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(folder)
    with pytest.raises(InvalidInputError, match=told) as raised:
        describe_folder(folder)
    assert str(folder) in raised.value.message
