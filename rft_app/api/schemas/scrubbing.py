"""What is taken out of traces, on the wire."""

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import scrubbing as domain


class ScrubPattern(WireRequest):
    """Something of one's own."""

    name: str = Field(pattern="^[A-Z][A-Z0-9_]{0,31}$")
    """What the placeholder says: `CUSTOMER` gives `<CUSTOMER_1>`."""
    pattern: str = Field(min_length=1, max_length=1_000)
    """A regular expression in the syntax of RE2."""


class ScrubRules(WireRequest):
    """What is replaced by placeholders."""

    kinds: list[domain.ScrubKind] = Field(default=[], max_length=len(domain.ScrubKind))
    patterns: list[ScrubPattern] = Field(default=[], max_length=domain.MAX_PATTERNS)
    region: str = Field(default="US", pattern="^[A-Z]{2}$")
    """Of phone numbers without a country's code."""

    def to_domain(self) -> domain.ScrubRules:
        """Convert to the domain."""
        return domain.ScrubRules(
            kinds=tuple(self.kinds),
            patterns=tuple(
                domain.ScrubPattern(name=each.name, pattern=each.pattern) for each in self.patterns
            ),
            region=self.region,
        )


class Scrubbing(Wire):
    """What is replaced in traces that arrive, and what was."""

    kinds: list[domain.ScrubKind]
    patterns: list[ScrubPattern]
    region: str
    days: int
    replaced: dict[str, int]
    """Values that were replaced in these days, by kind."""

    @classmethod
    def of(cls, rules: domain.ScrubRules, days: int, replaced: dict[str, int]) -> "Scrubbing":
        """Convert from the domain."""
        return cls(
            kinds=list(rules.kinds),
            patterns=[ScrubPattern(name=p.name, pattern=p.pattern) for p in rules.patterns],
            region=rules.region,
            days=days,
            replaced=replaced,
        )
