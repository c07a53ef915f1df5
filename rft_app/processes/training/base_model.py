"""The model that is trained: found, unpacked once, loaded."""

import fcntl
import shutil
from pathlib import Path
from typing import Any

import torch
from run_files import RunFiles, TrainingError, hash_file
from transformers import AutoModelForCausalLM, AutoTokenizer

_MARKS = ("hf_quantizer", "is_quantized", "quantization_method")


def prepare(files: RunFiles, config: dict[str, Any]) -> Path:
    """The model's folder; weights in a GGUF file are unpacked, once for all trainings."""
    if not config.get("gguf"):
        return Path(config["base_folder"])
    folder = Path(config["unpacked_folder"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "config.json").exists():
            files.tell("phase", words="unpacking the base model, once")
            _unpack(Path(config["gguf"]), folder)
    return folder


def _unpack(gguf: Path, folder: Path) -> None:
    """Write the weights as plain numbers; what marks them as packed is taken off first."""
    written = folder.with_suffix(".new")
    shutil.rmtree(written, ignore_errors=True)
    source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    tokenizer = AutoTokenizer.from_pretrained(**source)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    for mark in _MARKS:
        if mark in vars(model):
            delattr(model, mark)
    if hasattr(model, "is_quantized"):
        model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(written)
    tokenizer.save_pretrained(written)
    written.replace(folder)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer, which pads at the left.

    Raises:
        TrainingError: There is none, or it cannot lay out a conversation.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    except Exception as error:  # the tokenizers' library raises no other class
        raise TrainingError(
            "base_model", f"The base model's folder has no tokenizer that can be read: {error}"
        ) from error
    if not tokenizer.chat_template:
        raise TrainingError(
            "base_model",
            "The base model's tokenizer has no chat template. Take the variant that was made for "
            "conversations (often named “Instruct”), or add chat_template.jinja to the folder.",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(folder: Path, device: str, precision: str) -> Any:
    """The base model in memory."""
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, precision))
    except (OSError, ValueError) as error:
        raise TrainingError("base_model", f"The base model cannot be read: {error}") from error
    return model.to(device)


def hash_weights(folder: Path) -> str:
    """Names the weights in a folder."""
    weights = sorted((*folder.glob("*.safetensors"), *folder.glob("*.bin")))
    return ",".join(hash_file(path) for path in weights)
