"""How alike two texts are, from 0 to 1."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from rft_app.graders.portable.lookup import (
    MissingFieldError,
    NotGradedError,
    require_field,
    require_reference,
)

MOST_PAIRS: Final = 10_000_000_000
"""Of letters or words that are compared: a quarter of a second."""
_WORD = re.compile(r"\w+")


class TooLongError(NotGradedError):
    """Comparing two texts would take seconds, in which nothing else goes on."""


def measure_edits(text: str, reference: str) -> float:
    """Share of letters that need neither be added nor removed.

    Example:
        >>> measure_edits("Paris.", "Paris")
        0.9090909090909091

    Raises:
        TooLongError: The texts are too long for it.
    """
    from rapidfuzz.distance import Indel

    _require_short(text, reference, "letters")
    return Indel.normalized_similarity(text, reference)


def measure_bleu(text: str, reference: str) -> float:
    """BLEU of one sentence; shorter runs of words count where there are no longer ones.

    Example:
        >>> round(measure_bleu("the cat sat on the mat", "the cat sat on a mat"), 3)
        0.537
    """
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

    score = _bleu().sentence_score(text, [reference]).score
    for tokenizer in (Tokenizer13a, TokenizerRegexp):  # each keeps 65,536 texts otherwise
        tokenizer.__call__.cache_clear()
    return min(score / 100, 1.0)


@cache
def _bleu() -> Any:  # noqa: ANN401  # loaded when it is first needed
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(effective_order=True)


def measure_runs(text: str, reference: str, length: int) -> float:
    """F1 of the runs of `length` words that both have.

    Example:
        >>> measure_runs("The mat, the cat", "the cat", 1)
        0.6666666666666666
    """
    ours, theirs = (Counter(_runs(_words(one), length)) for one in (text, reference))
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def measure_subsequence(text: str, reference: str) -> float:
    """F1 of the longest sequence of words that both have, gaps allowed.

    Example:
        >>> measure_subsequence("the old cat", "the cat")
        0.8

    Raises:
        TooLongError: The texts are too long for it.
    """
    from rapidfuzz.distance import LCSseq

    ours, theirs = _words(text), _words(reference)
    _require_short(ours, theirs, "words")
    return _f1(LCSseq.similarity(ours, theirs), len(ours), len(theirs))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _runs(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]


def _f1(num_common: int, num_ours: int, num_theirs: int) -> float:
    """0 where neither has anything to compare, e.g. one word each where pairs count."""
    return 2 * num_common / (num_ours + num_theirs) if num_common else 0.0


def _require_short(ours: Sequence[str], theirs: Sequence[str], unit: str) -> None:
    if len(ours) * len(theirs) > MOST_PAIRS:
        raise TooLongError(
            f"The texts have {len(ours):,} and {len(theirs):,} {unit}, too many to be compared "
            "with each other. Compare a shorter part, or take rouge_1."
        )


MEASURES: Mapping[str, Callable[[str, str], float]] = {
    "fuzzy_match": measure_edits,
    "bleu": measure_bleu,
    "rouge_1": lambda text, reference: measure_runs(text, reference, 1),
    "rouge_2": lambda text, reference: measure_runs(text, reference, 2),
    "rouge_l": measure_subsequence,
}
"""By the name of the metric."""


def measure(metric: str, text: str, reference: str) -> float:
    """How alike two texts are; 1 where they are equal.

    Raises:
        TooLongError: The texts are too long for the metric.
    """
    return 1.0 if text == reference else MEASURES[metric](text, reference)


def grade_text_similarity(
    spec: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> float:
    """How alike a text of the answer and the reference are; 0 for an answer without the field.

    Raises:
        NotGradedError: The record lacks something for the reference, or they are too long.
    """
    reference = require_reference(spec["reference"], sample, item)
    try:
        text = require_field(spec["field"], sample)
    except MissingFieldError:
        return 0.0
    return measure(spec["metric"], text, reference)
