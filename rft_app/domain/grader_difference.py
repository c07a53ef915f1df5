"""What changed between two graders: settings one by one, a script or prompt line by line."""

import difflib
from collections.abc import Iterator, Sequence
from enum import StrEnum

from pydantic_core import to_json

from rft_app.domain.entity import Entity
from rft_app.domain.grader import (
    Criterion,
    GraderSpec,
    JudgeSpec,
    MultiSpec,
    RubricSpec,
    ScriptSpec,
)


class LineKind(StrEnum):
    """What became of a line."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class DiffLine(Entity):
    """One line of either text."""

    kind: LineKind
    first_number: int | None
    """Counted from 1 in the first text; `None` for an added line."""
    second_number: int | None
    """The same in the second; `None` for a removed line."""
    text: str


class SettingDifference(Entity):
    """One setting that differs."""

    name: str
    """As in the spec, e.g. `timeout_s`."""
    first: str | None
    """`None` where a grader of this kind has no such setting."""
    second: str | None


class GraderDifference(Entity):
    """How the second grader differs from the first."""

    settings: tuple[SettingDifference, ...]
    """Those that differ, script and prompt left out."""
    lines: tuple[DiffLine, ...]
    """Every line of both texts, a changed one removed and added; empty where they are equal."""

    @property
    def is_equal(self) -> bool:
        """Whether both grade alike."""
        return not self.settings and not self.lines

    @property
    def num_added(self) -> int:
        """Lines that only the second text has."""
        return sum(line.kind is LineKind.ADDED for line in self.lines)

    @property
    def num_removed(self) -> int:
        """Lines that only the first one has."""
        return sum(line.kind is LineKind.REMOVED for line in self.lines)


def compare_graders(first: GraderSpec, second: GraderSpec) -> GraderDifference:
    r"""Find what `second` changed.

    Example:
        >>> found = compare_graders(ScriptSpec(source="a\nb"), ScriptSpec(source="a\nc"))
        >>> [(line.kind.value, line.text) for line in found.lines]
        [('same', 'a'), ('removed', 'b'), ('added', 'c')]
    """
    ours, theirs = _settings(first), _settings(second)
    names = [*ours, *(name for name in theirs if name not in ours)]
    return GraderDifference(
        settings=tuple(
            SettingDifference(name=name, first=ours.get(name), second=theirs.get(name))
            for name in names
            if ours.get(name) != theirs.get(name)
        ),
        lines=tuple(compare_lines(_lines(first), _lines(second))),
    )


def compare_lines(first: Sequence[str], second: Sequence[str]) -> Iterator[DiffLine]:
    """Every line of both texts in order, the removed ones before those in their place.

    Yields nothing where the texts are equal.
    """
    if list(first) == list(second):
        return
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=len(first) > 1_000)
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        if tag == "equal":
            for offset, text in enumerate(first[begin:end]):
                yield _line(LineKind.SAME, begin + offset, other_begin + offset, text)
            continue
        for number, text in enumerate(first[begin:end], begin):
            yield _line(LineKind.REMOVED, number, None, text)
        for number, text in enumerate(second[other_begin:other_end], other_begin):
            yield _line(LineKind.ADDED, None, number, text)


def _line(kind: LineKind, first: int | None, second: int | None, text: str) -> DiffLine:
    return DiffLine(
        kind=kind,
        first_number=None if first is None else first + 1,
        second_number=None if second is None else second + 1,
        text=text,
    )


def _settings(spec: GraderSpec) -> dict[str, str]:
    texts = {"source", "prompt", "graders", "criteria"}
    values = spec.model_dump(mode="json", exclude=texts, exclude_none=True)
    return {name: _show(value) for name, value in values.items()}


def _show(value: object) -> str:
    if isinstance(value, dict):
        return to_json(value).decode()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(spec: GraderSpec) -> list[str]:
    return _text(spec).splitlines()


def _write_criterion(criterion: Criterion) -> str:
    low, high, weight = criterion.min_score, criterion.max_score, criterion.weight
    head = f"{criterion.name} ({low:g} to {high:g}, weight {weight:g})"
    return f"{head}\n{criterion.description}"


def _text(spec: GraderSpec) -> str:
    """The text that is written line by line: a script, a prompt, the graders of a combination."""
    match spec:
        case ScriptSpec():
            return spec.source
        case JudgeSpec():
            return spec.prompt
        case RubricSpec():
            return "\n\n".join([spec.prompt, *map(_write_criterion, spec.criteria)])
        case MultiSpec():
            graders = spec.model_dump(mode="json", include={"graders"}, exclude_none=True)
            return to_json(graders, indent=2).decode()
        case _:
            return ""
