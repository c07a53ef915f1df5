"""Many ways to say one thing."""

import re
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def vary(rng: Random, pattern: str) -> str:
    """Choose one of each `[this|that]`, the inner ones first.

    Example:
        >>> vary(Random(1), "[Please c|C]ancel [my|our] [[whole|entire] trip|booking].")
        'Please cancel my entire trip.'
    """
    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), pattern)
    return " ".join(pattern.split())
