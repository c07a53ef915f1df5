"""An adapter of the trainer as the engine reads it."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rft_app.errors import NotAvailableError
from rft_app.llm.adapter_files import CONFIG, WEIGHTS, convert, read_adapter, write_gguf
from tests.llm.adapters import ALPHA, RANK, make_weights, write_adapter

LAYER = "base_model.model.model.layers.29"


def test_names_shapes_and_the_order_of_rotated_rows(tmp_path: Path) -> None:
    weights = make_weights(layers=range(29, 30))
    tensors, alpha = read_adapter(write_adapter(tmp_path, weights))
    assert alpha == ALPHA
    assert {name: one.shape for name, one in tensors.items()} == {
        "blk.29.attn_q.weight.lora_a": (RANK, 576),
        "blk.29.attn_q.weight.lora_b": (576, RANK),
        "blk.29.attn_k.weight.lora_a": (RANK, 576),
        "blk.29.attn_k.weight.lora_b": (192, RANK),
        "blk.29.ffn_up.weight.lora_a": (RANK, 576),
        "blk.29.ffn_up.weight.lora_b": (1536, RANK),
    }
    trained = weights[f"{LAYER}.self_attn.k_proj.lora_B.weight"]
    turned = tensors["blk.29.attn_k.weight.lora_b"]
    head = np.arange(64)
    pairs = head.reshape(2, 32).T.ravel()  # 0, 32, 1, 33, …: both numbers of a turn are neighbours
    for first in (0, 64, 128):
        assert np.array_equal(turned[first : first + 64], trained[first + pairs])
    untouched = weights[f"{LAYER}.mlp.up_proj.lora_B.weight"]
    assert np.array_equal(tensors["blk.29.ffn_up.weight.lora_b"], untouched)


@pytest.mark.parametrize(("kind", "within"), [("F32", 0.0), ("F16", 1e-3), ("BF16", 1e-2)])
def test_each_kind_of_number_is_read(tmp_path: Path, kind: str, within: float) -> None:
    weights = make_weights(layers=range(29, 30))
    tensors, _ = read_adapter(write_adapter(tmp_path, weights, kind))
    wanted = weights[f"{LAYER}.mlp.up_proj.lora_A.weight"]
    found = tensors["blk.29.ffn_up.weight.lora_a"]
    assert found.dtype == np.float32
    assert np.allclose(found, wanted, rtol=within, atol=0.0)


def test_a_rank_stabilised_adapter_keeps_its_strength(tmp_path: Path) -> None:
    weights = make_weights(layers=range(29, 30))
    _, alpha = read_adapter(write_adapter(tmp_path, weights, use_rslora=True))
    assert alpha / RANK == ALPHA / RANK**0.5


def test_the_file_tells_its_values_and_begins_each_tensor_at_a_multiple_of_32() -> None:
    small = {"a": np.array([[1, 2, 3]], np.float32), "b": np.array([[4], [5]], np.float32)}
    raw = write_gguf(small, 8.0)
    assert struct.unpack("<4sIQQ", raw[:24]) == (b"GGUF", 3, 2, 4)
    assert b"adapter.lora.alpha" + struct.pack("<If", 6, 8.0) in raw
    described = b"\x01" + bytes(7) + b"b" + struct.pack("<IQQIQ", 2, 1, 2, 0, 32)
    assert described in raw
    assert len(raw) % 32 == 0
    assert np.frombuffer(raw[-64:-52], "<f4").tolist() == [1, 2, 3]
    assert np.frombuffer(raw[-32:-24], "<f4").tolist() == [4, 5]


def test_it_is_converted_once_and_anew_for_other_weights(tmp_path: Path) -> None:
    write_adapter(tmp_path, make_weights(layers=range(29, 30)))
    first = convert(tmp_path)
    made_at = first.stat().st_mtime_ns
    assert convert(tmp_path) == first
    assert first.stat().st_mtime_ns == made_at
    write_adapter(tmp_path, make_weights(layers=range(28, 30)))
    assert convert(tmp_path) != first
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_adapter_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match="files are gone"):
        convert(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"use_dora": True}, "no use_dora"),
        ({"bias": "all"}, "no bias"),
        ({"peft_type": "IA3"}, "'IA3', not LORA"),
        ({"r": 8}, r"shape \(4, 576\) in place of \(8, 576\)"),
    ],
)
def test_what_the_engine_cannot_apply_is_refused_by_name(
    tmp_path: Path, setting: dict[str, Any], told: str
) -> None:
    write_adapter(tmp_path, make_weights(layers=range(29, 30)), **setting)
    with pytest.raises(NotAvailableError, match=told):
        convert(tmp_path)


@pytest.mark.parametrize("left", [0, 5, 60, -1])
def test_a_damaged_adapter_is_told_and_leaves_no_file(tmp_path: Path, left: int) -> None:
    write_adapter(tmp_path, make_weights(layers=range(29, 30)))
    whole = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(whole[:left])
    with pytest.raises(NotAvailableError, match=r"cannot be read: .*cut off.*[Tt]rain again"):
        convert(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {WEIGHTS, CONFIG}


def test_half_of_a_pair_another_model_and_no_numbers_are_refused(tmp_path: Path) -> None:
    weights = make_weights(layers=range(29, 30))
    half = {name: one for name, one in weights.items() if not name.endswith("q_proj.lora_B.weight")}
    odd = {name.replace("layers.29", "layers.31"): one for name, one in weights.items()}
    lost = {name: one * np.nan for name, one in weights.items()}
    for broken, told in ((half, "stands alone"), (odd, "no weight of the"), (lost, "no numbers")):
        write_adapter(tmp_path, broken)
        with pytest.raises(NotAvailableError, match=told):
            convert(tmp_path)
