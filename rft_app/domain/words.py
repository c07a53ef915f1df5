"""Counts, shares and amounts in words, everywhere the same."""

MINUTE, HOUR = 60, 3600


def count(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun, and with a verb where one follows.

    Example:
        >>> count(1, "record"), count(1240, "record"), count(0, "category", "categories")
        ('1 record', '1,240 records', '0 categories')
        >>> count(1, "record waits", "records wait")
        '1 record waits'
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(part: float) -> str:
    """A share in [0, 1] as percent; what is not nothing never reads as 0%, what lacks a little
    never as 100%.

    Example:
        >>> share(0.031), share(0.004), share(0.0), share(0.999), share(1.0), share(0.0004)
        ('3%', '0.4%', '0%', '99.9%', '100%', '<0.1%')
    """
    percent = part * 100
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    needs_decimal = 0 < percent < 1 or 99 < percent < 100
    return f"{percent:.1f}".removesuffix(".0") + "%" if needs_decimal else f"{percent:.0f}%"


def amount(usd: float) -> str:
    """Money; little of it with the two digits that count, so that it never reads as nothing.

    Example:
        >>> amount(1234.5), amount(0.0042), amount(0.0)
        ('$1,234.50', '$0.0042', '$0.00')
    """
    return f"${usd:,.2f}" if usd >= 0.01 or not usd else f"${usd:.2g}"


def duration(seconds: float) -> str:
    """How long something took.

    Example:
        >>> duration(0.2), duration(48.3), duration(112), duration(7_500)
        ('0.2 s', '48 s', '1 min 52 s', '2 h 5 min')
    """
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s".removesuffix(" 0 s")
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min".removesuffix(" 0 min")
