"""What is taken out of traces, in words and lines."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from rft_app.domain.scrubbing import Replacement, ScrubKind, ScrubPreview
from rft_app.ui.words import count

NAMES = {
    ScrubKind.EMAIL: "E-mail",
    ScrubKind.PHONE: "Phone",
    ScrubKind.CARD: "Card",
    ScrubKind.IBAN: "IBAN",
    ScrubKind.IP: "IP address",
    ScrubKind.KEY: "Keys and tokens",
}
NUM_SHOWN = 8


@dataclass(frozen=True)
class KindCount:
    """How often values of one kind were found."""

    name: str
    number: str


@dataclass(frozen=True)
class ReplacedLine:
    """One value, before and after."""

    before: str
    after: str
    times: str
    """Empty where it stands there once."""
    place: str


@dataclass(frozen=True)
class PreviewView:
    """What rules would do; `words` is empty before anybody asked."""

    words: str = ""
    counts: list[KindCount] = field(default_factory=list)
    lines: list[ReplacedLine] = field(default_factory=list)

    @classmethod
    def of(cls, found: ScrubPreview, unit: str) -> "PreviewView":
        """Describe what was found in so many traces or rows (`unit`)."""
        shown = choose_shown(found.replacements)
        return cls(
            words=_describe(found, unit),
            counts=count_kinds(found.counts),
            lines=[_line(each) for each in shown],
        )


def count_kinds(counts: Mapping[str, int]) -> list[KindCount]:
    """Lines of a count by kind, in its order; one's own patterns keep their names."""
    names = {kind.value: name for kind, name in NAMES.items()}
    return [
        KindCount(names.get(kind, kind.upper()), f"{number:,}") for kind, number in counts.items()
    ]


def choose_shown(found: tuple[Replacement, ...]) -> list[Replacement]:
    """A few values: the first of each kind, then the second of each, and so on.

    A value that stands in several traces is shown once.
    """
    first: dict[tuple[str, str], Replacement] = {}
    for each in found:
        first.setdefault((_kind(each), each.value), each)
    distinct = list(first.values())
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int]] = []
    for place, each in enumerate(distinct):
        seen[_kind(each)] += 1
        ranked.append((seen[_kind(each)], place))
    return [distinct[place] for _, place in sorted(ranked)[:NUM_SHOWN]]


def _kind(found: Replacement) -> str:
    return found.placeholder.rpartition("_")[0]


def _line(found: Replacement) -> ReplacedLine:
    times = f"×{found.number:,}" if found.number > 1 else ""
    return ReplacedLine(found.value, found.placeholder, times, found.trace_id)


def _describe(found: ScrubPreview, unit: str) -> str:
    if not found.num_traces:
        return f"There is no {unit} to look at yet."
    if not found.num_touched:
        return f"Nothing was found in {count(found.num_traces, unit)}."
    return f"{found.num_touched:,} of {count(found.num_traces, unit)} would change."
