"""Faults of places such as `{{item.reference}}` in a text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from rft_app.domain.rollout import Sample
from rft_app.graders.portable.lookup import PLACE

PATH = re.compile(r"(sample|item)(\.\w+)+")
"""What a place may name: a field of the answer or of the record, however deep."""
_BRACES = re.compile(rf"{PLACE.pattern}|\{{\{{")


class Fault(NamedTuple):
    """A place that nothing can fill in."""

    message: str
    line: int
    """Counted from 1, like the column."""
    column: int


def find_faults(text: str) -> Iterator[Fault]:
    """Places that are not closed, or name what no record and no answer can have.

    Example:
        >>> [fault.column for fault in find_faults("ok {{item.a}} {{answer}} {{sample.score}} {{")]
        [15, 26, 43]
    """
    for found in _BRACES.finditer(text):
        if (message := _find_fault(found[1])) is not None:
            before = text[: found.start()]
            line = before.count("\n") + 1
            yield Fault(message, line, found.start() - (before.rfind("\n") + 1) + 1)


def _find_fault(inside: str | None) -> str | None:
    if inside is None:
        return "`{{` is not closed by `}}` in its line"
    path = inside.strip()
    if not PATH.fullmatch(path):
        return f"there is no variable {{{{{path}}}}}; write {{{{item.…}}}} or {{{{sample.…}}}}"
    root, field = path.split(".")[:2]
    if root == "sample" and field not in Sample.__annotations__:
        known = ", ".join(Sample.__annotations__)
        return f"there is no variable {{{{{path}}}}}; of `sample` there are {known}"
    return None
