"""Stable 64-bit fingerprints, small enough for an integer column of either database."""

from collections.abc import Iterable
from hashlib import blake2b


def content_hash(parts: Iterable[bytes]) -> int:
    """Fingerprint of several byte strings: BLAKE2b with 8 bytes, as a signed integer.

    Each part is hashed with its length, so moving bytes from one part to the next changes it.

    Example:
        >>> content_hash([b"ab", b"c"]) == content_hash([b"a", b"bc"])
        False
    """
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "big", signed=True)


def text_hash(text: str) -> int:
    """Fingerprint of one text, e.g. a group or an external id."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def question_hash(text: str) -> int:
    r"""Fingerprint of a question: the last user message's text, without space at its ends.

    Example:
        >>> question_hash("What is 2 + 2?\n") == question_hash("What is 2 + 2?")
        True
    """
    return text_hash(text.strip())
