"""The grader as it is edited: from fields to a spec and back."""

import difflib
from dataclasses import dataclass

from rft_app.domain.grader import GraderSpec, GraderVersion, ScriptSpec, StringCheckSpec, parse_spec
from rft_app.ui.words import ago

SCRIPT, STRING_CHECK = "script", "string_check"
STARTER = '''"""Grade one answer. Return a number from 0 to 1."""


def grade(sample, item):
    """Compare the answer with the reference, word by word.

    sample: output_text, output_json, output_tools, messages (the answer)
    item:   reference, topic, messages, tools, reward where recorded, and the record's metadata
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
    field: str = "{{sample.output_text}}"
    reference: str = "{{item.reference}}"
    timeout_s: float = 2.0
    memory_mb: int = 512

    @classmethod
    def of(cls, spec: GraderSpec) -> "Draft":
        """The form of a stored spec; the other kind keeps its defaults."""
        if isinstance(spec, ScriptSpec):
            return cls(source=spec.source, timeout_s=spec.timeout_s, memory_mb=spec.memory_mb)
        return cls(
            kind=STRING_CHECK,
            operation=spec.operation.value,
            field=spec.field,
            reference=spec.reference,
        )

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
                "timeout_s": self.timeout_s,
                "memory_mb": self.memory_mb,
            }
        return parse_spec({"kind": self.kind, **values})


@dataclass(frozen=True)
class VersionRow:
    """One version of the list."""

    id: str
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
    noun = "line" if added == 1 else "lines"
    return f"{added} {noun} added, {removed} removed"


def version_rows(versions: list[GraderVersion]) -> list[VersionRow]:
    """Versions, newest first, each against the one before it.

    Example:
        >>> version_rows([])
        []
    """
    before: list[GraderVersion | None] = [*versions, None][1:]
    return [
        VersionRow(
            id=version.id,
            version=version.version,
            label=version.label.replace("_", " "),
            made=ago(version.created_at),
            change=describe_change(version.spec, earlier.spec if earlier else None)
            if earlier or version.version == 1
            else "",
            is_current=at == 0,
        )
        for at, (version, earlier) in enumerate(zip(versions, before, strict=True))
    ]
