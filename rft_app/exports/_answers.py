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
    arrays = [array for part in (given, *answers) if (array := style.convert(part)) is not None]
    return arrays if len(arrays) == 1 + len(answers) else Lack.UNSUPPORTED_CONTENT
