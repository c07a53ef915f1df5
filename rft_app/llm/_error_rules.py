"""What providers mean by an error status and by the words beside it: one table.

The same fault has many faces: a key that is not valid is a 401 at most providers, a 400 at Google's
compatible endpoint, and an answer of status 200 with an `error` in its body at some routers; a 403
is a key that may not do something, or a question that moderation stopped.
"""

import re
from collections.abc import Container
from contextlib import suppress
from typing import Any, NamedTuple, Self

import msgspec

from rft_app.llm.failures import CallFailureKind

_BEGINNING = 160
"""Characters in which a key is told to be wrong; what comes later may quote a record."""


class Told(NamedTuple):
    """What a provider says in the body of an error."""

    message: str
    code: str = ""
    type: str = ""

    @classmethod
    def of(cls, body: object) -> Self | None:
        """What the JSON of a body says; Google's is in a list, some say `detail`.

        Example:
            >>> Told.of([{"error": {"message": "No.", "code": 400}}])
            Told(message='No.', code='400', type='')
            >>> Told.of({"answer": 7})
        """
        found = _first(body)
        fields = _to_fields(found)
        if "error" in fields:
            found = fields["error"]
            fields = _to_fields(found)
        if isinstance(found, str):
            return cls(found)
        message = fields.get("message") or fields.get("detail")
        if not isinstance(message, str):
            return None
        return cls(message, str(fields.get("code") or ""), str(fields.get("type") or ""))

    @property
    def whole(self) -> str:
        """All of it in lower case, to find words in."""
        return f"{self.code} {self.type} {self.message}".lower()

    @property
    def beginning(self) -> str:
        """Its codes and the first words of its message, likewise."""
        return f"{self.code} {self.type} {self.message[:_BEGINNING]}".lower()


class _Rule(NamedTuple):
    """A kind of failure: one of these statuses, and one of these words where there are some."""

    kind: CallFailureKind
    statuses: Container[int]
    words: str = ""
    """A regular expression in lower case; empty where the status alone decides."""
    is_early: bool = False
    """Whether the words count at the beginning only."""

    def fits(self, status: int, told: Told) -> bool:
        """Whether it is this failure."""
        if status not in self.statuses:
            return False
        return re.search(self.words, told.beginning if self.is_early else told.whole) is not None


_ANY = range(400, 600)
_PLAIN = frozenset({401, 402, 403, 404, 408, 409, 413, 429, *range(500, 600)})
"""Statuses that say enough where no words are known."""
_OF_REQUEST = frozenset(_ANY) - _PLAIN
_KEY = "(?:api|access|secret)[ _-]?(?:key|token)"
_RULES = (
    _Rule(
        CallFailureKind.NO_CREDIT,
        _ANY,
        "insufficient_quota|billing_hard_limit_reached|billing_not_active|credit balance is too",
    ),
    _Rule(CallFailureKind.NO_CREDIT, {402}),
    _Rule(CallFailureKind.AUTH, {401}),
    _Rule(
        CallFailureKind.AUTH,
        _OF_REQUEST | {403},
        r"account_(?:deactivated|disabled|suspended)"
        r"|(?:account|organi[sz]ation|project)\b[^.]{0,30}(?:deactivated|disabled|suspended|banned)",
        is_early=True,
    ),
    _Rule(
        CallFailureKind.TOO_LONG,
        _OF_REQUEST,
        "context[_ ]length|context size|maximum context|too many tokens",
    ),
    _Rule(
        CallFailureKind.REFUSED,
        _OF_REQUEST | {403},
        "content[_ ]?(?:filter|policy|management policy)|responsible_?ai|moderation|flagged"
        "|usage polic|prohibited_content|safety (?:system|filter|polic|reasons)",
    ),
    _Rule(
        CallFailureKind.AUTH,
        _OF_REQUEST,
        rf"{_KEY}\b[^.]{{0,40}}\b(?:not valid|invalid|not found|expired|revoked|disabled)\b"
        rf"|(?:invalid|incorrect|expired|revoked|missing)\W[^.]{{0,20}}{_KEY}"
        "|invalid_api_key|authentication_?error|unauthenticated|invalid authentication",
        is_early=True,
    ),
    _Rule(CallFailureKind.AUTH, {403}),
    _Rule(CallFailureKind.NOT_FOUND, {404}),
    _Rule(CallFailureKind.TIMEOUT, {408, 504}),
    _Rule(CallFailureKind.TOO_LONG, {413}),
    _Rule(CallFailureKind.RATE_LIMITED, {429}),
    _Rule(CallFailureKind.SERVER_ERROR, {409, *range(500, 600)}),
)
"""The first that fits decides."""


def find_kind(status: int, told: Told) -> CallFailureKind:
    """The failure behind an error status and what was said.

    Example:
        >>> find_kind(400, Told("API key not valid. Please pass a valid API key.")).value
        'auth'
        >>> find_kind(400, Told("odd")).value
        'bad_request'
    """
    found = next((rule.kind for rule in _RULES if rule.fits(status, told)), None)
    return found or CallFailureKind.BAD_REQUEST


def find_kind_in(body: object) -> CallFailureKind | None:
    """The failure that the JSON of an answer with a good status tells of, if it does.

    Example:
        >>> find_kind_in({"error": {"message": "User not found.", "code": 401}}).value
        'auth'
        >>> find_kind_in({"error": "odd"}), find_kind_in({"answer": 7})
        (None, None)
    """
    told = Told.of(body) if "error" in _to_fields(_first(body)) else None
    if told is None:
        return None
    status = int(told.code) if told.code.isascii() and told.code.isdecimal() else 0
    kind = find_kind(status if status in _ANY else 400, told)
    return None if kind is CallFailureKind.BAD_REQUEST else kind


def _first(body: object) -> object:
    with suppress(msgspec.ValidationError, IndexError):
        return msgspec.convert(body, list[Any])[0]
    return body


def _to_fields(value: object) -> dict[str, Any]:
    with suppress(msgspec.ValidationError):
        return msgspec.convert(value, dict[str, Any])
    return {}
