"""What a person wants, from what they said: the text by which records are grouped.

Left out is what would group records by anything else: greetings, thanks and bare agreement, stop
marks of simulated users, and everything that names one case (ids, numbers, mail and web addresses).
"""

import re
from collections.abc import Iterable, Iterator

from rft_app.text.words import FILLERS, iterate_words

MAX_MESSAGES = 3
"""So many messages that say something are read; later ones steer, they seldom ask."""
MAX_CHARACTERS = 600
MAX_SCANNED_CHARACTERS = 8_000
MAX_ASIDE = 90
"""A sentence up to this long that speaks of a missing number speaks of nothing else."""

_MASK = "\x00"
_STOP_MARKS = re.compile(r"#{2,}\s*[\w-]+\s*#{2,}|<\|[^|>]{1,40}\|>|\[/?[A-Z]{3,12}\]")
_NAMES_A_CASE = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w[\w.-]*"
    r"|\b(?=\w*\d)(?=\w*[^\W\d_])\w[\w-]*\b"
    r"|\b\w*[^\W\d_]_\w+\b"
    r"|[#$€£]?\d+(?:[.,:/%-]+\d+)*%?"
)
_GIVES_A_CASE = re.compile(
    r"(?:\b(?:and|with|under)\s+)?\b(?:it'?s|(?:my|the|our)\s+[\w' ]{0,40}?"
    r"\b(?:id|ids|number|numbers|code|codes|e-?mail|name|phone|zip|address)\b)\s*"
    rf"(?:is|are|was|:)?\s*{_MASK}(?:\s*(?:,|and|or|&)?\s*{_MASK})*"
    r"|\b(?:(?:booking|reservation|confirmation|reference|order|account|customer|user)\s+)?"
    rf"(?:id|number|code|reference)\s*:?\s*{_MASK}",
    re.IGNORECASE,
)
_THANKS = re.compile(r"(?:many |with )?(?:thanks?|thx|cheers)\b[^,:;]{0,40}", re.IGNORECASE)
"""A sentence that is nothing but thanks."""
_LACKS_A_CASE = re.compile(
    r"\b(?:have|remember|recall|find|know|knowing|provide|sure|handy|share)\b"
    r".*\b(?:id|ids|number|numbers|code)\b|\b(?:id|ids|number|code)\b.*\b(?:have|remember|handy)\b",
    re.IGNORECASE,
)
"""A sentence about whether somebody has a number at hand."""
_LETTER_CODE = re.compile(r"\b[A-Z]{6}\b")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")


def extract_intent(messages: Iterable[str]) -> str:
    """Join what the first telling messages say, one line, at most `MAX_CHARACTERS` long.

    Args:
        messages: Texts of the user messages, in order.

    Returns:
        Empty when none of them says anything.

    Example:
        >>> extract_intent(["Hi there!", "My user ID is mia_li_3668. Please cancel flight HAT136."])
        'Please cancel flight.'
    """
    said = list(messages)
    return _join(said, with_asides=False) or _join(said, with_asides=True)


def _join(messages: Iterable[str], *, with_asides: bool) -> str:
    parts: list[str] = []
    for message in messages:
        sentences = _telling_sentences(message[:MAX_SCANNED_CHARACTERS], with_asides)
        if part := " ".join(sentences):
            parts.append(part)
        if len(parts) == MAX_MESSAGES or sum(map(len, parts)) >= MAX_CHARACTERS:
            break
    joined = " ".join(parts)
    return joined if len(joined) <= MAX_CHARACTERS else joined[:MAX_CHARACTERS].rpartition(" ")[0]


def _telling_sentences(message: str, with_asides: bool) -> Iterator[str]:
    masked = _NAMES_A_CASE.sub(_MASK, _STOP_MARKS.sub(" ", message))
    if any(letter.islower() for letter in message):
        masked = _LETTER_CODE.sub(_MASK, masked)
    masked = _GIVES_A_CASE.sub(" ", masked)
    for sentence in _SENTENCE_ENDS.split(masked):
        is_aside = len(sentence) < MAX_ASIDE and _LACKS_A_CASE.search(sentence) is not None
        if is_aside and not with_asides:
            continue
        clean = re.sub(r"\s+([.,!?])", r"\1", " ".join(sentence.replace(_MASK, " ").split()))
        if _THANKS.fullmatch(clean):
            continue
        if any(word not in FILLERS for word in iterate_words(clean)):
            yield clean.lstrip(" ,.;:-")
