"""The grader as it is edited: from fields to a spec and back."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from rft_app.domain.grader import GraderSpec, GraderVersion, ScriptSpec, StringCheckSpec, parse_spec
from rft_app.errors import InvalidInputError
from rft_app.ui.words import ago, count

SCRIPT, STRING_CHECK = "script", "string_check"
STARTER = '''"""Grade one answer. Return a number from 0 to 1."""


def grade(sample, item):
    """Compare the answer with the reference, word by word.

    sample: output_text, output_json, output_tools, messages (the answer)
    item:   reference, topic, messages, tools, reward where recorded,
            and the record's metadata
    """
    if item.get("reward") is not None:
        return item["reward"]
    answer = set(sample["output_text"].lower().split())
    reference = set((item.get("reference") or "").lower().split())
    if not reference:
        raise ValueError("no reference to compare with")
    return len(answer & reference) / len(reference)
'''


@dataclass(frozen=True)
class Draft:
    """What the form holds."""

    kind: str = SCRIPT
    source: str = STARTER
    operation: str = "eq"
    field: str = "output_text"
    reference: str = "{{item.reference}}"
    timeout_s: str = "2"
    """As it is typed."""
    memory_mb: str = "512"
    weight: float | None = None
    """Kept as it is stored; the form does not show it."""

    @classmethod
    def of(cls, spec: GraderSpec) -> "Draft":
        """The form of a stored spec; the other kind keeps its defaults."""
        if isinstance(spec, ScriptSpec):
            return cls(
                source=spec.source,
                timeout_s=f"{spec.timeout_s:g}",
                memory_mb=str(spec.memory_mb),
                weight=spec.weight,
            )
        return cls(
            kind=STRING_CHECK,
            operation=spec.operation.value,
            field=spec.field,
            reference=spec.reference,
            weight=spec.weight,
        )

    def is_like(self, other: "Draft") -> bool:
        """Whether both grade alike; what the other kind's fields hold does not matter."""
        return self._relevant() == other._relevant()

    def _relevant(self) -> tuple[object, ...]:
        if self.kind == STRING_CHECK:
            return self.kind, self.operation, self.field, self.reference
        return self.kind, self.source, _normal(self.timeout_s), _normal(self.memory_mb)

    def to_spec(self) -> ScriptSpec | StringCheckSpec:
        """The spec of the form.

        Raises:
            InvalidInputError: A field is empty or impossible.
        """
        if self.kind == STRING_CHECK:
            values = {
                "operation": self.operation,
                "field": self.field,
                "reference": self.reference,
            }
        else:
            values = {
                "source": self.source,
                "timeout_s": _read_limit(self.timeout_s, "time limit", "60 s"),
                "memory_mb": _read_limit(self.memory_mb, "memory limit", "8192 MB"),
            }
        return parse_spec({"kind": self.kind, "weight": self.weight, **values})


def _read_limit(text: str, name: str, most: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError as error:
        raise InvalidInputError(
            f"The {name} must be a number, at most {most}, not {text!r}."
        ) from error


def _normal(number: str) -> float | str:
    try:
        return float(number)
    except ValueError:
        return number


@dataclass(frozen=True)
class VersionRow:
    """One version of the list."""

    version: int
    label: str
    made: str
    change: str
    """What it changed against the one before."""
    is_current: bool


def describe_change(spec: GraderSpec, before: GraderSpec | None) -> str:
    r"""What a version changed, in a few words.

    Example:
        >>> old, new = ScriptSpec(source="a\nb"), ScriptSpec(source="a\nc\nd")
        >>> describe_change(new, old), describe_change(old, None)
        ('2 lines added, 1 removed', 'first version')
    """
    if before is None:
        return "first version"
    if isinstance(spec, ScriptSpec) and isinstance(before, ScriptSpec):
        return _describe_lines(spec, before)
    if isinstance(spec, StringCheckSpec) and isinstance(before, StringCheckSpec):
        names = ("operation", "field", "reference")
        changed = [name for name in names if getattr(spec, name) != getattr(before, name)]
        return f"{' and '.join(changed)} changed"
    return f"from {before.kind.replace('_', ' ')} to {spec.kind.replace('_', ' ')}"


def _describe_lines(spec: ScriptSpec, before: ScriptSpec) -> str:
    lines = list(difflib.unified_diff(before.source.splitlines(), spec.source.splitlines(), n=0))
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    if not added and not removed:
        return "limits changed"
    return f"{count(added, 'line')} added, {removed:,} removed"


def version_rows(versions: Sequence[GraderVersion], num_shown: int) -> list[VersionRow]:
    """The first `num_shown` of versions, newest first, each against the one before it.

    Example:
        >>> version_rows([], 20)
        []
    """
    before: list[GraderVersion | None] = [*versions, None][1:]
    pairs = list(zip(versions, before, strict=True))[:num_shown]
    return [
        VersionRow(
            version=version.version,
            label=version.label.replace("_", " "),
            made=ago(version.created_at),
            change=describe_change(version.spec, earlier.spec if earlier else None)
            if earlier or version.version == 1
            else "",
            is_current=at == 0,
        )
        for at, (version, earlier) in enumerate(pairs)
    ]
