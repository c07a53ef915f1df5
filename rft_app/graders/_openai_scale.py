"""Scores on their own scale, as OpenAI counts them, and rewards in [0, 1], as they count here.

A `score_model` with the range 0 to 10 gives 7, and formula and threshold around it say 7; the same
judge here gives 0.7, its place in the range.
"""

import re
from collections.abc import Mapping
from typing import Final

from rft_app.domain.grader import GraderSpec, JudgeSpec
from rft_app.errors import InvalidInputError
from rft_app.graders.portable.formula import Formula, FormulaError
from rft_app.graders.portable.multi import ROUNDING

Range = tuple[float, float]
_NAME: Final = r"(?<![\w.])([A-Za-z_]\w*)(?!\w|\s*\()"
"""One that is no function of the formula and no part of a number."""


def to_reward(score: float, ends: Range) -> float:
    """The place of a score in its range.

    Raises:
        InvalidInputError: It is outside.

    Example:
        >>> to_reward(7, (0, 10))
        0.7
    """
    low, high = ends
    if not low <= score <= high or low == high:
        raise InvalidInputError(
            f"`pass_threshold` is {score:g}, which is outside the `range` {low:g} to {high:g}. "
            "Give one that is in it.",
            field="pass_threshold",
        )
    return (score - low) / (high - low)


def to_score(reward: float, ends: Range) -> float:
    """The score at a place of a range.

    Example:
        >>> to_score(0.7, (1, 10))
        7.3
    """
    low, high = ends
    return float(f"{low + (high - low) * reward:.12g}")


def find_ranges(graders: Mapping[str, GraderSpec]) -> dict[str, Range]:
    """The ranges of the judges whose scores are no rewards yet."""
    ranges = {
        name: (one.min_score, one.max_score)
        for name, one in graders.items()
        if isinstance(one, JudgeSpec) and one.label_rewards is None
    }
    return {name: ends for name, ends in ranges.items() if ends != (0, 1)}


def write_formula(formula: str, ranges: Mapping[str, Range]) -> str:
    """A formula of rewards as one of scores.

    Example:
        >>> write_formula("min(tone, 0.5)", {"tone": (1, 5)})
        'min(((tone - 1) / 4), 0.5)'
    """
    return re.sub(
        _NAME, lambda found: _place(found[1], ranges) if found[1] in ranges else found[1], formula
    )


def read_formula(formula: str, ranges: Mapping[str, Range]) -> str:
    """A formula of scores as one of rewards.

    Raises:
        InvalidInputError: The highest scores would give no reward.

    Example:
        >>> ranges = {"tone": (1, 5)}
        >>> read_formula("tone / 5", ranges), read_formula("((tone - 1) / 4)", ranges)
        ('(1 + 4 * tone) / 5', 'tone')
    """
    places = {_place(name, ranges): name for name in ranges}
    pattern = "|".join([*map(re.escape, places), _NAME])

    def read(found: re.Match[str]) -> str:
        text = found[0]
        return places.get(text) or (_score(text, ranges) if text in ranges else text)

    read_as = re.sub(pattern, read, formula)
    if ranges:
        _require_reward(read_as)
    return read_as


def _require_reward(formula: str) -> None:
    try:
        compiled = Formula(formula)
        most = compiled.compute(dict.fromkeys(compiled.names, 1.0))
    except (FormulaError, ArithmeticError):
        return  # told where the combination is checked, or where an answer is graded
    if most > 1 + ROUNDING:
        raise InvalidInputError(
            f"`calculate_output` gives {most:g} for the highest scores; a reward here is from 0 to "
            "1. Divide each score by the end of its range.",
            field="calculate_output",
        )


def _place(name: str, ranges: Mapping[str, Range]) -> str:
    low, high = ranges[name]
    moved = f"({name} {'-' if low > 0 else '+'} {abs(low):.12g})" if low else name
    return f"({moved} / {high - low:.12g})"


def _score(name: str, ranges: Mapping[str, Range]) -> str:
    low, high = ranges[name]
    return f"({low:.12g} + {high - low:.12g} * {name})" if low else f"({high:.12g} * {name})"
