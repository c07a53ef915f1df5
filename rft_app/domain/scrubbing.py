"""What is taken out of traces before they are stored, and what for."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import Field, field_validator

from rft_app.domain.entity import Entity

MAX_PATTERNS: Final = 50
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,31}")


class ScrubKind(StrEnum):
    """What is known without being told."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    IP = "ip"
    KEY = "key"
    """Keys of services, tokens, passwords and private keys."""


class ScrubPattern(Entity):
    """Something of one's own."""

    name: str
    """What the placeholder says: `CUSTOMER` gives `<CUSTOMER_1>`."""
    pattern: str = Field(min_length=1, max_length=1_000)
    """A regular expression in the syntax of RE2, which takes time in proportion to the text."""

    @field_validator("name")
    @classmethod
    def _require_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a name has capital letters, digits and _, e.g. CUSTOMER_ID")
        return name


class ScrubRules(Entity):
    """What is replaced; nothing by default."""

    kinds: tuple[ScrubKind, ...] = ()
    patterns: tuple[ScrubPattern, ...] = Field(default=(), max_length=MAX_PATTERNS)
    region: str = Field(default="US", pattern="^[A-Z]{2}$")
    """Where numbers without a country's code are called from."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is replaced."""
        return not self.kinds and not self.patterns

    def join(self, other: "ScrubRules") -> "ScrubRules":
        """What either replaces, with this one's region unless it is empty.

        Example:
            >>> ScrubRules(kinds=("key",)).join(ScrubRules(kinds=("email",))).kinds
            (<ScrubKind.EMAIL: 'email'>, <ScrubKind.KEY: 'key'>)
        """
        kinds = tuple(kind for kind in ScrubKind if kind in {*self.kinds, *other.kinds})
        patterns = tuple(dict.fromkeys((*self.patterns, *other.patterns)))
        region = other.region if self.is_empty else self.region
        return self.model_copy(update={"kinds": kinds, "patterns": patterns, "region": region})


NOTHING: Final = ScrubRules()


class Replacement(Entity):
    """One value that would be replaced."""

    trace_id: str
    """Of a file that is no trace yet, the line."""
    placeholder: str
    value: str
    """As it stands in the trace."""
    number: int
    """How often."""


class ScrubPreview(Entity):
    """What rules would do to some traces; nothing is changed."""

    num_traces: int
    """Traces that were looked at, the newest first."""
    num_touched: int
    counts: Mapping[str, int]
    """Replacements by what they are."""
    replacements: tuple[Replacement, ...]
    """The first ones."""
