"""Adapters of the embedded model made by hand, as the trainer writes them."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

RANK, ALPHA = 4, 8
SHAPES = {
    "self_attn.q_proj": (576, 576),
    "self_attn.k_proj": (576, 192),
    "mlp.up_proj": (576, 1536),
}
"""In and out."""


def make_weights(strength: float = 0.05, layers: range = range(20, 30)) -> dict[str, NDArray[Any]]:
    """Random ones, always the same, by the trainer's names."""
    random = np.random.default_rng(7)
    made: dict[str, NDArray[Any]] = {}
    for layer in layers:
        for part, (num_in, num_out) in SHAPES.items():
            name = f"base_model.model.model.layers.{layer}.{part}"
            for side, shape in (("A", (RANK, num_in)), ("B", (num_out, RANK))):
                values = random.normal(0, strength, shape).astype(np.float32)
                made[f"{name}.lora_{side}.weight"] = values
    return made


def write_adapter(
    folder: Path, weights: Mapping[str, NDArray[Any]], kind: str = "F32", **more: Any
) -> Path:
    """Write weights and configuration; `more` replaces settings."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none", **more}
    (folder / "adapter_config.json").write_bytes(orjson.dumps(config))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    blocks: list[bytes] = []
    offset = 0
    for name, values in weights.items():
        raw = encode(values, kind)
        place = [offset, offset + len(raw)]
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": place}
        blocks.append(raw)
        offset += len(raw)
    packed = orjson.dumps(header)
    whole = struct.pack("<Q", len(packed)) + packed + b"".join(blocks)
    (folder / "adapter_model.safetensors").write_bytes(whole)
    return folder


def encode(values: NDArray[Any], kind: str) -> bytes:
    """As one of the three kinds of numbers; BF16 is cut, not rounded."""
    if kind == "BF16":
        return (values.astype(np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    return values.astype({"F32": "<f4", "F16": "<f2"}[kind]).tobytes()
