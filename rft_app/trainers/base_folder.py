"""A base model in a local folder, as Hugging Face's libraries write them."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rft_app.domain.base_facts import BaseFacts
from rft_app.errors import InvalidInputError

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_HEADER_BYTES = 8


def describe_folder(folder: Path) -> BaseFacts:
    """What is known of the model in a folder, without loading it.

    Raises:
        InvalidInputError: Something is missing; the message names all that is.
    """
    if not folder.is_dir():
        raise InvalidInputError(
            f"There is no folder {folder}. The base model is a local folder in the layout of "
            "Hugging Face, or the embedded model; nothing is downloaded.",
            field="base_model",
        )
    weights = sorted((*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")))
    lacks = {
        "config.json": (folder / "config.json").is_file(),
        "weights (*.safetensors)": bool(weights),
        "a tokenizer (tokenizer.json)": any((folder / name).is_file() for name in _TOKENIZERS),
        "a chat template (chat_template.jinja)": bool(template := _read_chat_template(folder)),
    }
    missing = [name for name, is_there in lacks.items() if not is_there]
    if missing:
        raise InvalidInputError(
            f"The folder {folder} is no base model that can be trained: it lacks "
            f"{', '.join(missing)}. Take the variant that was made for conversations.",
            field="base_model",
        )
    config = _read(folder / "config.json")
    return BaseFacts(
        name=folder.name,
        num_parameters=sum(map(_count_parameters, weights)),
        num_layers=int(config.get("num_hidden_layers") or 1),
        hidden_size=int(config.get("hidden_size") or 1),
        vocabulary=int(config.get("vocab_size") or 1),
        context_tokens=int(config.get("max_position_embeddings") or 0) or 2_048,
        key_value_size=_find_key_value_size(config),
        shows_tools="tools" in template,
    )


def _find_key_value_size(config: dict[str, Any]) -> int:
    """Of all heads of keys together; 0 where the configuration does not tell."""
    heads = int(config.get("num_attention_heads") or 0)
    if not heads:
        return 0
    width = int(config.get("head_dim") or int(config.get("hidden_size") or 0) // heads)
    return width * int(config.get("num_key_value_heads") or heads)


def _read_chat_template(folder: Path) -> str:
    """Empty where there is none."""
    if (own := folder / "chat_template.jinja").is_file():
        return own.read_text(errors="replace")
    config = folder / "tokenizer_config.json"
    return str(_read(config).get("chat_template") or "") if config.is_file() else ""


def _count_parameters(weights: Path) -> int:
    """By the file's header; another format's by its size, two bytes each."""
    if weights.suffix != ".safetensors":
        return weights.stat().st_size // 2
    with weights.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER_BYTES), "little")
        if length > weights.stat().st_size:
            raise InvalidInputError(f"{weights} is damaged: it is shorter than it says.")
        header: dict[str, Any] = _parse(file.read(length), weights)
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            size = 1
            for length in tensor["shape"]:
                size *= length
            total += size
    return total


def _read(path: Path) -> dict[str, Any]:
    return _parse(path.read_bytes(), path)


_OBJECT = TypeAdapter(dict[str, Any])


def _parse(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        return _OBJECT.validate_json(raw)
    except ValidationError as error:
        fault = error.errors()[0]["msg"]
        raise InvalidInputError(f"{path} cannot be read: {fault}.", field="base_model") from error
