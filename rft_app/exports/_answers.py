"""Prompt and judged answers, as preference formats write them."""

from collections.abc import Sequence

from rft_app.domain.export import Lack
from rft_app.exports._messages import MessageStyle


def convert(
    given: Sequence[bytes], *answers: Sequence[bytes], style: MessageStyle
) -> list[bytes] | Lack:
    """The prompt and each answer as a JSON array; what is missing where one cannot be written."""
    if not given:
        return Lack.NO_QUESTION
    arrays: list[bytes] = []
    for part in (given, *answers):
        array = style.convert(part)
        if isinstance(array, Lack):
            return array
        arrays.append(array)
    return arrays
