"""A trained LoRA adapter as the embedded engine reads it, converted once.

Adapters come as the trainer writes them, `adapter_model.safetensors` beside `adapter_config.json`;
the engine reads GGUF.  Both formats are a header and raw numbers, so neither needs a library.  The
engine turns the parts of a rotated head otherwise: the rows of `q` and `k` are put in its order.
"""

import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from rft_app.errors import NotAvailableError

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
NUM_LAYERS, NUM_HEADS, NUM_KEY_HEADS = 30, 9, 3
"""Of the embedded model."""
_WIDTH, _KEY_WIDTH, _INNER_WIDTH = 576, 192, 1_536
_ALIGNMENT = 32
_MAX_HEADER = 10_000_000
_STRING, _FLOAT = 8, 6
"""Kinds of values in a GGUF header."""
_F32 = 0

Tensor = NDArray[np.float32]


class _Part(NamedTuple):
    """A weight of a layer that an adapter may change."""

    name: str
    num_in: int
    num_out: int
    num_heads: int = 0
    """Of which the rows are put in the engine's order; 0 for none."""


_PARTS: Final[Mapping[str, _Part]] = {
    "self_attn.q_proj": _Part("attn_q", _WIDTH, _WIDTH, NUM_HEADS),
    "self_attn.k_proj": _Part("attn_k", _WIDTH, _KEY_WIDTH, NUM_KEY_HEADS),
    "self_attn.v_proj": _Part("attn_v", _WIDTH, _KEY_WIDTH),
    "self_attn.o_proj": _Part("attn_output", _WIDTH, _WIDTH),
    "mlp.gate_proj": _Part("ffn_gate", _WIDTH, _INNER_WIDTH),
    "mlp.up_proj": _Part("ffn_up", _WIDTH, _INNER_WIDTH),
    "mlp.down_proj": _Part("ffn_down", _INNER_WIDTH, _WIDTH),
}
_NAME = re.compile(r"layers\.(\d+)\.(.+)\.lora_([AB])(?:\.default)?\.weight")
_DTYPES: Final[Mapping[str, str]] = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def convert(folder: Path) -> Path:
    """The adapter of a folder as GGUF; written beside it at the first call.

    The name of the file tells which weights it was made of, so that other ones are converted anew.

    Raises:
        NotAvailableError: The adapter is gone, is no adapter of the embedded model or is damaged.
    """
    try:
        state = (folder / WEIGHTS).stat()
    except OSError:
        raise NotAvailableError(
            "The adapter's files are gone: its training was deleted, or never kept one."
        ) from None
    made = folder / f"adapter-{state.st_size:x}-{state.st_mtime_ns:x}.gguf"
    if made.exists():
        return made
    try:
        raw = write_gguf(*read_adapter(folder))
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise NotAvailableError(
            f"The adapter cannot be read: {error}. Train again, or resume the training."
        ) from error
    written = folder / f".{made.name}.{os.getpid()}"
    try:
        written.write_bytes(raw)
        written.replace(made)
    except OSError as error:
        written.unlink(missing_ok=True)
        raise NotAvailableError(f"The adapter cannot be prepared: {error}.") from error
    return made


def read_adapter(folder: Path) -> tuple[dict[str, Tensor], float]:
    """Its tensors by the engine's names, and its alpha as the engine means it.

    Raises:
        ValueError: It is none of the embedded model, or of a kind that the engine lacks.
        OSError: It cannot be read.
    """
    config: dict[str, Any] = orjson.loads((folder / CONFIG).read_bytes())
    rank = int(config["r"])
    _require_plain(config)
    alpha = float(config["lora_alpha"]) * (rank**0.5 if config.get("use_rslora") else 1.0)
    found: dict[str, Tensor] = {}
    for name, tensor in read_safetensors((folder / WEIGHTS).read_bytes()).items():
        placed, part, side = _place(name)
        wanted = (rank, part.num_in) if side == "a" else (part.num_out, rank)
        if tensor.shape != wanted:
            raise ValueError(f"{name} has the shape {tensor.shape} in place of {wanted}")
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name} holds values that are no numbers")
        found[placed] = _reorder(tensor, part.num_heads) if side == "b" else tensor
    lonely = [name for name in found if f"{name[:-1]}{'ab'[name[-1] == 'a']}" not in found]
    if lonely or not found:
        raise ValueError(f"{lonely[0]} stands alone" if lonely else "it holds no weights")
    return found, alpha


def read_safetensors(raw: bytes) -> dict[str, Tensor]:
    """All tensors of a file, as 32-bit numbers.

    Raises:
        ValueError: It is none, or is cut off.
    """
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or length > min(_MAX_HEADER, len(raw) - 8):
        raise ValueError(f"{WEIGHTS} is cut off")
    header: dict[str, Any] = orjson.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    return {name: _decode(name, one, raw, 8 + length) for name, one in header.items()}


def _decode(name: str, described: dict[str, Any], raw: bytes, base: int) -> Tensor:
    kind, (begin, end) = described["dtype"], described["data_offsets"]
    if kind not in _DTYPES:
        raise ValueError(f"{name} holds {kind}; F32, F16 and BF16 are known")
    dtype, shape = np.dtype(_DTYPES[kind]), tuple(map(int, described["shape"]))
    if not 0 <= begin <= end <= len(raw) - base:
        raise ValueError(f"{WEIGHTS} is cut off")
    if int(np.prod(shape)) * dtype.itemsize != end - begin:
        raise ValueError(f"{name} does not fill its shape")
    values = np.frombuffer(raw[base + begin : base + end], dtype).reshape(shape)
    if kind == "BF16":  # the upper half of a 32-bit number
        return (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32)


def write_gguf(tensors: Mapping[str, Tensor], alpha: float) -> bytes:
    """An adapter of the `llama` architecture as the engine reads it."""
    values = [
        _text("general.architecture") + struct.pack("<I", _STRING) + _text("llama"),
        _text("general.type") + struct.pack("<I", _STRING) + _text("adapter"),
        _text("adapter.type") + struct.pack("<I", _STRING) + _text("lora"),
        _text("adapter.lora.alpha") + struct.pack("<If", _FLOAT, alpha),
    ]
    head = [b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)), *values]
    blocks: list[bytes] = []
    offset = 0
    for name, tensor in tensors.items():
        sizes = tensor.shape[::-1]  # the one that changes fastest comes first
        head.append(_text(name) + struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes))
        head.append(struct.pack("<IQ", _F32, offset))
        blocks.append(_pad(np.ascontiguousarray(tensor, "<f4").tobytes()))
        offset += len(blocks[-1])
    return _pad(b"".join(head)) + b"".join(blocks)


def _require_plain(config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        raise ValueError(f"it is of the kind {config.get('peft_type')!r}, not LORA")
    odd: Sequence[str] = [
        name
        for name in ("use_dora", "modules_to_save", "rank_pattern", "alpha_pattern", "lora_bias")
        if config.get(name)
    ]
    if odd or config.get("bias", "none") != "none":
        raise ValueError(f"the engine has no {' and '.join(odd) or 'bias'}")


def _place(name: str) -> tuple[str, _Part, str]:
    """The engine's name of a tensor, what it belongs to, and its side."""
    found = _NAME.search(name)
    if found is None or found[2] not in _PARTS or int(found[1]) >= NUM_LAYERS:
        raise ValueError(f"{name} is no weight of the embedded model")
    part, side = _PARTS[found[2]], found[3].lower()
    return f"blk.{found[1]}.{part.name}.weight.lora_{side}", part, side


def _reorder(tensor: Tensor, num_heads: int) -> Tensor:
    if not num_heads:
        return tensor
    rows, rank = tensor.shape
    halves = tensor.reshape(num_heads, 2, rows // num_heads // 2, rank)
    return halves.swapaxes(1, 2).reshape(rows, rank)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _pad(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % _ALIGNMENT)
