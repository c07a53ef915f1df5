"""Tags that applications put on their calls: `"tags": ["checkout", "beta"]`."""

from typing import Final

import msgspec

from rft_app.traces.line import Row, as_text, starts_with

MAX_TAGS: Final = 32
MAX_LENGTH: Final = 100
_FIELDS: Final = ("tags", "request_tags")
_row_decoder = msgspec.json.Decoder(Row)


def find_tags(rest: Row) -> tuple[str, ...]:
    """Tags of a row, or of its metadata: a list, or names in one text with commas between them.

    Example:
        >>> find_tags({"tags": msgspec.Raw(b'["beta", " beta ", 7, ""]')})
        ('beta',)
        >>> find_tags({"metadata": msgspec.Raw(b'{"tags": "beta, checkout"}')})
        ('beta', 'checkout')
    """
    own = rest.get("metadata")
    fields = rest
    if own is not None and starts_with(own, b"{"):
        fields = {**_row_decoder.decode(own), **rest}
    found: dict[str, None] = {}
    for name in _FIELDS:
        if name in fields:
            found |= dict.fromkeys(_read(fields[name]))
    return tuple(found)[:MAX_TAGS]


def _read(raw: msgspec.Raw) -> list[str]:
    told: list[object] = []
    if starts_with(raw, b'"'):
        told += (as_text(raw) or "").split(",")
    elif starts_with(raw, b"["):
        told = msgspec.json.decode(raw, type=list[object])
    names = (each.replace("\0", "").strip() for each in told if isinstance(each, str))
    return [name for name in names if name and len(name) <= MAX_LENGTH]
