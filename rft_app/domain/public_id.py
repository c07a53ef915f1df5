"""Public ids of numbered rows: a kind and the database key in lower-case hexadecimal."""

_DIGITS = "0123456789abcdef"
_MAX_DIGITS = 15
"""More would not fit the 64 bits of a key."""


def make_id(kind: str, seq: int) -> str:
    """The public id of the row with database key `seq`.

    Example:
        >>> make_id("rec", 255)
        'rec_ff'
    """
    return f"{kind}_{seq:x}"


def parse_id(kind: str, text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one of this kind.

    Example:
        >>> parse_id("rec", "rec_ff"), parse_id("rec", "rec_"), parse_id("fb", "rec_ff")
        (255, None, None)
    """
    prefix, _, digits = text.partition("_")
    if prefix != kind or not digits or digits.strip(_DIGITS) or len(digits) > _MAX_DIGITS:
        return None
    return int(digits, 16)
