"""Keys that come back: some servers answer with what they were sent, headers included."""

import re
from collections.abc import Iterable
from urllib.parse import quote

import msgspec
from pydantic import JsonValue

HIDDEN = "•••"
_MIN_SECRET = 6
"""Shorter keys are words such as `none`, which servers of one's own are given."""
_DEEPEST = 200
"""No body is nested deeper; one that is counts as none."""


class Secrets:
    """Takes keys out of what a provider says."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Know the keys that are long enough to be some, also as an address writes them."""
        long = [key for key in keys if len(key) >= _MIN_SECRET]
        forms = {form for key in long for form in (key, quote(key, safe=""))}
        words = sorted(forms, key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, words))) if words else None

    def hide(self, text: str) -> str:
        """The text without the keys.

        Example:
            >>> Secrets(["sk-secret", "none"]).hide("Bearer sk-secret, none")
            'Bearer •••, none'
        """
        return self._found.sub(HIDDEN, text) if self._found else text

    def hide_in_body(self, body: bytes) -> bytes:
        r"""The body of an answer without the keys, also where JSON writes them with escapes.

        Example:
            >>> secrets = Secrets(["sk-secret"])
            >>> secrets.hide_in_body(rb'{"a": "\u0073k-secret"}').decode()
            '{"a":"•••"}'
        """
        if self._found is None:
            return body
        text = body.decode(errors="surrogateescape")
        body = self.hide(text).encode(errors="surrogateescape")
        if b"\\" not in body:
            return body
        try:
            said: JsonValue = msgspec.json.decode(body)
            hidden = self._hide_all(said, _DEEPEST)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return body
        return body if hidden == said else msgspec.json.encode(hidden)

    def _hide_all(self, value: JsonValue, depth: int) -> JsonValue:
        if not depth:
            raise RecursionError
        match value:
            case str():
                return self.hide(value)
            case list():
                return [self._hide_all(each, depth - 1) for each in value]
            case dict():
                pairs = value.items()
                return {self.hide(name): self._hide_all(each, depth - 1) for name, each in pairs}
            case _:
                return value
