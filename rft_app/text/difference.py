"""What differs between two texts, word by word, for a person to read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MAX_PAIRS = 4_000_000
"""Most pairs of words that are compared; longer texts are compared line by line."""
REWRITTEN_BELOW = 0.3
"""Texts that share less than this are two texts, not one with changes."""
FOLD_ABOVE, EDGE = 400, 120
"""Longer stretches that are the same keep so many characters at either end."""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    FOLDED = "folded"
    """The same, and left out because it is long; the text says how much."""


@dataclass(frozen=True)
class Piece:
    """A stretch of one of the two texts."""

    change: Change
    text: str


@dataclass(frozen=True)
class Difference:
    """Both texts in pieces."""

    old: list[Piece]
    new: list[Piece]
    is_rewritten: bool = False
    """Whether so little is shared that marking words would only confuse."""


def compare_texts(old: str, new: str) -> Difference:
    """Compare two texts word by word.

    Example:
        >>> found = compare_texts("Move my trip to May", "Move my flight to May")
        >>> [(piece.change.value, piece.text) for piece in found.new]
        [('same', 'Move my '), ('added', 'flight'), ('same', ' to May')]
        >>> compare_texts("Hello there", "Where is my bag?").is_rewritten
        True
    """
    before, after = _cut(old, new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    found = [
        (tag == "equal", "".join(before[a:b]), "".join(after[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
    ]
    if old != new and _share_same(found) < REWRITTEN_BELOW:
        return Difference([Piece(Change.REMOVED, old)], [Piece(Change.ADDED, new)], True)
    blocks = _close_gaps(found)
    return Difference(
        old=[p for is_same, text, _ in blocks for p in _pieces(is_same, text, Change.REMOVED)],
        new=[p for is_same, _, text in blocks for p in _pieces(is_same, text, Change.ADDED)],
    )


def _cut(old: str, new: str) -> tuple[list[str], list[str]]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) <= MAX_PAIRS:
        return before, after
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return (before, after) if len(before) * len(after) <= MAX_PAIRS else ([old], [new])


def _share_same(blocks: Iterable[tuple[bool, str, str]]) -> float:
    """Share of the characters of both texts that are the same; blanks do not count."""
    same = total = 0
    for is_same, *texts in blocks:
        length = sum(len(word) for text in texts for word in text.split())
        total += length
        same += length if is_same else 0
    return same / total if total else 1.0


def _close_gaps(blocks: Iterable[tuple[bool, str, str]]) -> list[tuple[bool, str, str]]:
    """Blank space between two changes belongs to them, so that a changed phrase is one piece."""
    closed: list[tuple[bool, str, str]] = []
    for is_same, old, new in blocks:
        is_gap = is_same and bool(closed) and not old.strip()
        if closed and not closed[-1][0] and (not is_same or is_gap):
            _, before, after = closed.pop()
            is_same, old, new = False, before + old, after + new
        closed.append((is_same, old, new))
    return closed


def _pieces(is_same: bool, text: str, change: Change) -> list[Piece]:
    if not text:
        return []
    if not is_same:
        return [Piece(change, text)]
    if len(text) <= FOLD_ABOVE:
        return [Piece(Change.SAME, text)]
    left_out = f"{len(text) - 2 * EDGE:,} characters the same"
    return [
        Piece(Change.SAME, text[:EDGE]),
        Piece(Change.FOLDED, left_out),
        Piece(Change.SAME, text[-EDGE:]),
    ]
