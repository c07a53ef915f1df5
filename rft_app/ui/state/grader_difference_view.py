"""What changed between two graders, ready to show: side by side and as one column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rft_app.domain.grader_difference import DiffLine, GraderDifference, LineKind
from rft_app.ui.words import count

CONTEXT = 3
"""Unchanged lines shown around a change; the others fold."""
MOST_ROWS = 600
SETTINGS = {
    "kind": "Kind",
    "timeout_s": "Seconds per call",
    "memory_mb": "Memory in MB",
    "operation": "Operation",
    "metric": "Metric",
    "json_schema": "JSON schema",
    "arguments": "Arguments",
    "is_loose": "Texts loosely",
    "is_ordered": "In order",
    "is_partial": "Partial credit",
    "combine": "Combine",
    "formula": "Formula",
    "gates": "Gates",
    "field": "Compare",
    "reference": "With",
    "system_prompt": "System prompt",
    "output_schema": "Output schema",
    "label_rewards": "Rewards of labels",
    "score_field": "Score field",
    "min_score": "Lowest score",
    "max_score": "Highest score",
    "model": "Model",
    "temperature": "Temperature",
    "max_tokens": "Longest reply",
    "allow_abstain": "May abstain",
    "num_votes": "Votes",
    "vote_rule": "Votes become",
    "pass_threshold": "Passed from",
    "one_call_each": "One call each",
    "weight": "Weight",
}
_SIGNS = {LineKind.ADDED: "+", LineKind.REMOVED: "−", LineKind.SAME: ""}


@dataclass(frozen=True)
class SettingRow:
    """One setting that differs; a dash where a grader has no such setting."""

    name: str
    first: str
    second: str


@dataclass(frozen=True)
class CodeLine:
    """One line of one column."""

    kind: str
    """`same`, `added`, `removed`, `fold` for folded lines, `none` beside a line of the other."""
    number: str = ""
    sign: str = ""
    text: str = ""


@dataclass(frozen=True)
class CodeRow:
    """One row of the two columns."""

    first: CodeLine
    second: CodeLine
    is_fold: bool = False


@dataclass(frozen=True)
class DifferenceView:
    """Everything the comparison shows."""

    is_equal: bool = False
    summary: str = ""
    settings: list[SettingRow] = field(default_factory=list)
    rows: list[CodeRow] = field(default_factory=list)
    """Side by side."""
    lines: list[CodeLine] = field(default_factory=list)
    """The same in one column."""
    is_cut: bool = False
    """Whether there is more than `MOST_ROWS`."""


def view_difference(found: GraderDifference) -> DifferenceView:
    """Lay out a comparison."""
    folded = list(_fold(found.lines))
    rows = list(_pair(folded))
    return DifferenceView(
        is_equal=found.is_equal,
        summary=_summary(found),
        settings=[
            SettingRow(
                SETTINGS[one.name],
                _show(one.name, one.first),
                _show(one.name, one.second),
            )
            for one in found.settings
        ],
        rows=rows[:MOST_ROWS],
        lines=[_to_line(each, each.first_number) for each in folded[:MOST_ROWS]],
        is_cut=len(folded) > MOST_ROWS,
    )


def _show(name: str, value: str | None) -> str:
    if value is None:
        return "–"
    return value.replace("_", " ") if name == "kind" else value


def _summary(found: GraderDifference) -> str:
    parts = [
        count(found.num_added, "line") + " added" if found.num_added else "",
        count(found.num_removed, "line") + " removed" if found.num_removed else "",
        count(len(found.settings), "setting") + " changed" if found.settings else "",
    ]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class _Fold:
    num_lines: int
    first_number: int | None = None

    @property
    def text(self) -> str:
        return count(self.num_lines, "unchanged line")


def _fold(lines: Sequence[DiffLine]) -> Iterator[DiffLine | _Fold]:
    """The lines near a change; each run of others becomes one fold."""
    changed = [at for at, line in enumerate(lines) if line.kind is not LineKind.SAME]
    shown: set[int] = set()
    for at in changed:
        shown.update(range(at - CONTEXT, at + CONTEXT + 1))
    num_hidden = 0
    for at, line in enumerate(lines):
        if at not in shown:
            num_hidden += 1
            continue
        if num_hidden:
            yield _Fold(num_hidden)
            num_hidden = 0
        yield line
    if num_hidden:
        yield _Fold(num_hidden)


def _pair(lines: Sequence[DiffLine | _Fold]) -> Iterator[CodeRow]:
    """Removed lines beside the added ones that took their place."""
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for line in lines:
        if isinstance(line, DiffLine) and line.kind is LineKind.REMOVED:
            removed.append(line)
        elif isinstance(line, DiffLine) and line.kind is LineKind.ADDED:
            added.append(line)
        else:
            yield from _changes(removed, added)
            removed, added = [], []
            yield _unchanged(line)
    yield from _changes(removed, added)


def _changes(removed: Sequence[DiffLine], added: Sequence[DiffLine]) -> Iterator[CodeRow]:
    for old, new in zip_longest(removed, added):
        yield CodeRow(
            CodeLine("none") if old is None else _to_line(old, old.first_number),
            CodeLine("none") if new is None else _to_line(new, new.second_number),
        )


def _unchanged(line: DiffLine | _Fold) -> CodeRow:
    if isinstance(line, _Fold):
        fold = _to_line(line, None)
        return CodeRow(fold, fold, is_fold=True)
    return CodeRow(_to_line(line, line.first_number), _to_line(line, line.second_number))


def _to_line(line: DiffLine | _Fold, number: int | None) -> CodeLine:
    if isinstance(line, _Fold):
        return CodeLine("fold", text=line.text)
    if number is None:
        number = line.second_number
    return CodeLine(line.kind.value, str(number or ""), _SIGNS[line.kind], line.text)
