"""The grader as it is edited: from fields to a spec and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from pydantic_core import to_json

from rft_app.domain.grader import (
    GraderSpec,
    GraderVersion,
    default_output_schema,
    parse_spec,
)
from rft_app.domain.grader_difference import compare_graders
from rft_app.errors import InvalidInputError
from rft_app.ui.state import rubric_draft
from rft_app.ui.state.grader_difference_view import SETTINGS
from rft_app.ui.words import ago, count

SCRIPT, STRING_CHECK, TEXT_SIMILARITY = "script", "string_check", "text_similarity"
JSON_SCHEMA, TOOL_CALLS, MULTI = "json_schema", "tool_calls", "multi"
JUDGE, RUBRIC = "judge", "rubric"
MOST_NAMED = 2
"""Changed settings that are named; more are counted."""
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


JUDGE_STARTER = """You judge an answer of an assistant.

Conversation so far:
{{item.messages}}

Answer to judge:
{{sample.output_text}}
Tools it called: {{sample.output_tools}}

Does the answer do what the user asked for, completely and correctly?
Give a score from 0 (useless) to 1 (perfect). Say why in one or two sentences first.
"""


RUBRIC_STARTER = """You judge an answer of an assistant.

Conversation so far:
{{item.messages}}

Answer to judge:
{{sample.output_text}}
Tools it called: {{sample.output_tools}}
"""


MULTI_STARTER = """{
  "combine": "weighted_mean",
  "graders": {
    "answered": {"kind": "string_check", "operation": "regex", "reference": "\\\\S"},
    "correct": {"kind": "text_similarity", "metric": "rouge_l", "weight": 2}
  },
  "gates": {"answered": 1}
}"""


@dataclass(frozen=True)
class Draft:
    """What the form holds; numbers as they are typed."""

    kind: str = SCRIPT
    source: str = STARTER
    operation: str = "eq"
    field: str = "output_text"
    reference: str = "{{item.reference}}"
    metric: str = "fuzzy_match"
    json_schema: str = '{\n  "type": "object",\n  "required": []\n}'
    schema_field: str = "output_json"
    """What `json_schema` checks; other kinds compare a text."""
    arguments: str = "exact"
    is_loose: str = "false"
    is_ordered: str = "false"
    is_partial: str = "true"
    combination: str = MULTI_STARTER
    """All of a `multi` but its weight, as JSON."""
    timeout_s: str = "2"
    memory_mb: str = "512"
    prompt: str = JUDGE_STARTER
    system_prompt: str = ""
    """Empty for none."""
    label_rewards: str = ""
    """As JSON; empty where the judge gives a score."""
    output_schema: str = to_json(default_output_schema(), indent=2).decode()
    score_field: str = "score"
    min_score: str = "0"
    max_score: str = "1"
    model: str = ""
    """Empty for the provider's first."""
    temperature: str = "0"
    max_tokens: str = "512"
    allow_abstain: str = "false"
    rubric_prompt: str = RUBRIC_STARTER
    criteria: str = rubric_draft.STARTER
    """Rows of a rubric (`rubric_draft`)."""
    one_call_each: str = "false"
    rubric_tokens: str = "1024"
    num_votes: str = "1"
    vote_rule: str = "mean"
    pass_threshold: str = ""
    """Empty where none is set."""
    weight: str = ""
    """Empty where none is set."""

    @classmethod
    def of(cls, spec: GraderSpec) -> "Draft":
        """The form of a stored spec; the other kinds keep their defaults."""
        values = spec.model_dump(mode="json", exclude_none=True)
        if spec.kind == MULTI:
            own = {name: values.pop(name) for name in COMBINED if name in values}
            values["combination"] = own
        if spec.kind == RUBRIC:
            values["criteria"] = rubric_draft.write_criteria(values["criteria"])
        names = {(kind, target): name for (kind, name), target in RENAMED.items()}
        return cls(
            **{names.get((spec.kind, name), name): _show(value) for name, value in values.items()}
        )

    def is_like(self, other: "Draft") -> bool:
        """Whether both make the same spec; what other kinds' fields hold does not matter."""
        return self._relevant() == other._relevant()

    @property
    def mark(self) -> str:
        """Short, and equal for drafts that make the same spec."""
        return sha256(repr(self._relevant()).encode()).hexdigest()[:16]

    def _relevant(self) -> tuple[object, ...]:
        names = ("kind", *FIELDS[self.kind])
        return tuple(
            _normal(getattr(self, name))
            if name in NUMBERS
            else _meaning(getattr(self, name))
            if name in JSON_TEXTS
            else getattr(self, name)
            for name in names
        )

    def to_spec(self) -> GraderSpec:
        """The spec of the form.

        Raises:
            InvalidInputError: A field is empty or impossible; details name it as `field`, with
                `line` and `column` where known.
        """
        values: dict[str, object] = {"kind": self.kind}
        for name in FIELDS[self.kind]:
            text: str = getattr(self, name)
            target = RENAMED.get((self.kind, name), name)
            if name == "combination":
                values |= read_combination(text)
            elif name == "criteria":
                values[target] = rubric_draft.to_criteria(text)
            elif name in NUMBERS and (text.strip() or name not in OPTIONAL):
                values[target] = _read_number(name, text)
            elif name in SCHEMAS and (text.strip() or name not in OPTIONAL):
                values[target] = read_schema(name, text)
            elif text.strip() or name not in OPTIONAL:
                values[target] = text
        return parse_spec(values)


FIELDS = {
    SCRIPT: ("source", "timeout_s", "memory_mb", "weight"),
    STRING_CHECK: ("operation", "field", "reference", "weight"),
    TEXT_SIMILARITY: ("metric", "field", "reference", "weight"),
    JSON_SCHEMA: ("json_schema", "schema_field", "weight"),
    TOOL_CALLS: ("reference", "arguments", "is_loose", "is_ordered", "is_partial", "weight"),
    MULTI: ("combination", "weight"),
    RUBRIC: (
        *("rubric_prompt", "criteria", "one_call_each", "model", "temperature", "rubric_tokens"),
        *("allow_abstain", "pass_threshold", "weight"),
    ),
    JUDGE: (
        *("prompt", "system_prompt", "output_schema", "score_field", "label_rewards"),
        *("min_score", "max_score"),
        *("model", "temperature", "max_tokens", "allow_abstain"),
        *("num_votes", "vote_rule", "pass_threshold", "weight"),
    ),
}
"""The fields of each kind."""
RENAMED: Mapping[tuple[str, str], str] = {
    (JSON_SCHEMA, "schema_field"): "field",
    (RUBRIC, "rubric_prompt"): "prompt",
    (RUBRIC, "rubric_tokens"): "max_tokens",
}
"""Names in the spec of a kind, where they differ."""
SCHEMAS = {
    "output_schema": "output schema",
    "json_schema": "JSON schema",
    "label_rewards": "table of labels",
}
"""Fields that are typed as JSON, and what each is called."""
COMBINED = ("combine", "formula", "graders", "gates")
"""What the text of a combination holds."""
JSON_TEXTS = frozenset({"label_rewards", "output_schema"})
"""Written anew when they are saved: blanks and `1` for `1.0` make no other spec."""
OPTIONAL = frozenset({"model", "weight", "pass_threshold", "system_prompt", "label_rewards"})
NUMBERS = {
    "timeout_s": "time limit must be a number, at most 60 s",
    "memory_mb": "memory limit must be a number, at most 8192 MB",
    "min_score": "lowest score must be a number",
    "max_score": "highest score must be a number",
    "temperature": "temperature must be a number from 0 to 2",
    "rubric_tokens": "longest reply must be a whole number of tokens from 16 to 16000",
    "max_tokens": "longest reply must be a whole number of tokens from 16 to 16000",
    "num_votes": "number of votes must be a whole number from 1 to 15",
    "pass_threshold": "reward from which an answer passes must be from 0 to 1, or empty",
    "weight": "weight must be a number from 0 on, or empty",
}
"""Fields that are typed as numbers, and what each takes."""


def _read_number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError as error:
        raise InvalidInputError(f"The {NUMBERS[name]}, not {text!r}.", field=name) from error


def _show(value: object) -> str:
    """A setting as it is typed."""
    if isinstance(value, dict):
        return to_json(value, indent=2).decode()
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def read_schema(name: str, text: str) -> object:
    """The JSON that a person typed as one of `SCHEMAS`.

    Raises:
        InvalidInputError: It is none; details have `line` and `column`.
    """
    return _read_json(name, SCHEMAS[name], text)


def read_combination(text: str) -> dict[str, object]:
    """The settings that a person typed as a combination.

    Raises:
        InvalidInputError: It is no JSON object, or has other settings than a combination.
    """
    found = _read_json("combination", "combination", text)
    if not isinstance(found, dict) or not found.keys() <= set(COMBINED):
        raise InvalidInputError(
            f"A combination is a JSON object with {', '.join(COMBINED)} and nothing else.",
            field="combination",
        )
    return found


def _read_json(field: str, what: str, text: str) -> Any:  # noqa: ANN401  # any JSON
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"The {what} is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            field=field,
            line=error.lineno,
            column=error.colno,
        ) from error


def _normal(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


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
        >>> from rft_app.domain.grader import ScriptSpec
        >>> old, new = ScriptSpec(source="a\nb"), ScriptSpec(source="a\nc\nd")
        >>> describe_change(new, old), describe_change(old, None)
        ('2 lines added, 1 removed', 'first version')
    """
    if before is None:
        return "first version"
    if spec.kind != before.kind:
        return f"from {before.kind.replace('_', ' ')} to {spec.kind.replace('_', ' ')}"
    found = compare_graders(before, spec)
    if found.lines:
        return f"{count(found.num_added, 'line')} added, {found.num_removed:,} removed"
    names = [SETTINGS[one.name].lower() for one in found.settings]
    if len(names) > MOST_NAMED:
        return f"{count(len(names), 'setting')} changed"
    return f"{' and '.join(names) or 'line ends'} changed"


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


def _meaning(text: str) -> object:
    """What it says; the text itself where it is not finished."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
