"""Text features without a model: which runs of three to five letters a text has."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# scikit-learn ships no types.

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from rft_app.text.words import FILLERS, iterate_words

DIMENSIONS = 64
MAX_TERMS = 50_000


class TfidfFeatures:
    """TF-IDF over letter 3- to 5-grams inside words, reduced by an SVD, scaled to length 1."""

    name = "tfidf"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._terms: TfidfVectorizer | None = None
        self._svd: TruncatedSVD | None = None

    def fit(self, texts: Sequence[str]) -> None:
        """Learn which letter runs matter, and the main directions in which texts differ.

        Texts without a single run of three letters leave nothing to learn; every vector is then
        zero.
        """
        self._terms, self._svd = None, None
        terms = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(3, 5),
            sublinear_tf=True,
            min_df=2 if len(texts) > 50 else 1,
            max_features=MAX_TERMS,
            preprocessor=_strip_fillers,
        )
        if not any(len(word) > 2 for text in texts for word in _strip_fillers(text).split()):
            return
        counts: Any = terms.fit_transform(texts)
        self._terms = terms
        num_dimensions = min(DIMENSIONS, min(counts.shape) - 1)
        if num_dimensions >= 2:
            svd = TruncatedSVD(num_dimensions, random_state=self._seed, n_iter=5)
            self._svd = svd.fit(counts)

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, in order; a text without a known letter run is all zeros."""
        if self._terms is None:
            return np.zeros((len(texts), 1), dtype=np.float32)
        counts: Any = self._terms.transform(texts)
        reduced = counts.toarray() if self._svd is None else self._svd.transform(counts)
        vectors = np.asarray(reduced, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.where(lengths > 1e-6, vectors / lengths.clip(min=1e-6), 0).astype(np.float32)


def _strip_fillers(text: str) -> str:
    """The words that say something; all words of a text without one."""
    words = list(iterate_words(text))
    return " ".join([word for word in words if word not in FILLERS] or words)
