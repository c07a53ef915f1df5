"""Counts in words, everywhere the same."""


def count(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun, and with a verb where one follows.

    Example:
        >>> count(1, "record"), count(1240, "record"), count(0, "category", "categories")
        ('1 record', '1,240 records', '0 categories')
        >>> count(1, "record waits", "records wait")
        '1 record waits'
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
