"""Public ids: a kind and sixteen characters that sort by time of creation."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(kind: str) -> str:
    """A fresh id such as `ds_01k3vz8q9m4t7xw2`: 9 characters of milliseconds, 7 of chance."""
    value = (time.time_ns() // 1_000_000) << 35 | secrets.randbits(35)
    digits = [_ALPHABET[(value >> shift) & 31] for shift in range(75, -1, -5)]
    return f"{kind}_{''.join(digits)}"
