"""Prompt and judged answers, as preference formats write them."""

from collections.abc import Callable, Sequence

from rft_app.domain.export import Lack

ToMessages = Callable[[Sequence[bytes]], bytes | None]
"""Messages as one JSON array in a format's shape; `None` when one cannot be."""


def convert(
    given: Sequence[bytes], *answers: Sequence[bytes], to_messages: ToMessages
) -> list[bytes] | Lack:
    """The prompt and each answer as a JSON array; what is missing where one cannot be written."""
    if not given:
        return Lack.NO_QUESTION
    arrays = [array for part in (given, *answers) if (array := to_messages(part)) is not None]
    return arrays if len(arrays) == 1 + len(answers) else Lack.UNSUPPORTED_CONTENT
