"""Graders as they are stored: settings of one kind, versioned by what they say."""

import ast
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from rft_app.domain.entity import Entity
from rft_app.domain.grading import Reward
from rft_app.domain.votes import VoteRule
from rft_app.errors import InvalidInputError

MAX_SOURCE_CHARS = 100_000
MAX_VOTES = 15
MAX_SCORE = 1_000_000
"""How far from 0 a range of scores may reach."""


class _Weighted(Entity):
    weight: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """How much it counts beside other graders; no grade depends on it."""


class ScriptSpec(_Weighted):
    """Python source with `grade(sample, item) -> float`; the result lies in [0, 1]."""

    kind: Literal["script"] = "script"
    source: str = Field(min_length=1, max_length=MAX_SOURCE_CHARS)
    timeout_s: float = Field(default=2.0, gt=0, le=60)
    """Longest time one call may take; the installation's own limit applies too."""
    memory_mb: int = Field(default=512, ge=64, le=8192)
    """Most memory of the script's process, interpreter included."""


class StringOperation(StrEnum):
    """How `string_check` compares."""

    EQ = "eq"
    """Equal, letter by letter."""
    NE = "ne"
    LIKE = "like"
    """The field contains the reference."""
    ILIKE = "ilike"
    """The same, whatever the case of letters."""
    REGEX = "regex"
    """The reference, a Python regular expression, matches somewhere in the field."""


class StringCheckSpec(_Weighted):
    """Compare a text of the answer with a reference: reward 1 where it holds, else 0."""

    kind: Literal["string_check"] = "string_check"
    operation: StringOperation = StringOperation.EQ
    field: str = "output_text"
    """What is compared: a path into the sample, e.g. `output_text`, `output_json.answer`."""
    reference: str = Field(default="{{item.reference}}", min_length=1)
    """What it is compared with: a text, or places such as `{{item.reference}}` in one."""


class Similarity(StrEnum):
    """How `text_similarity` measures; each from 0 to 1."""

    FUZZY_MATCH = "fuzzy_match"
    """Share of letters that need no edit."""
    BLEU = "bleu"
    """Runs of up to four words, as SacreBLEU counts them in one sentence."""
    ROUGE_1 = "rouge_1"
    """Words of both (F1), whatever their order and case."""
    ROUGE_2 = "rouge_2"
    """The same of pairs of words."""
    ROUGE_L = "rouge_l"
    """Words of both in the same order (F1)."""


class TextSimilaritySpec(_Weighted):
    """Compare a text of the answer with a reference: the reward is how alike they are."""

    kind: Literal["text_similarity"] = "text_similarity"
    metric: Similarity = Similarity.FUZZY_MATCH
    field: str = "output_text"
    """As of `StringCheckSpec`, like the reference."""
    reference: str = Field(default="{{item.reference}}", min_length=1)


class JsonSchemaSpec(_Weighted):
    """Reward 1 where a part of the answer keeps to a JSON schema, else 0."""

    kind: Literal["json_schema"] = "json_schema"
    json_schema: dict[str, JsonValue]
    """Of any draft from 4 on; the newest where it does not say."""
    field: str = "output_json"
    """What is checked: a path into the sample."""


class ArgumentRule(StrEnum):
    """Which arguments a tool call must have to be the one that is expected."""

    EXACT = "exact"
    """Those of the reference and no others."""
    SUBSET = "subset"
    """Those of the reference; others may be there."""
    IGNORE = "ignore"
    """Any: the name decides."""


class ToolCallsSpec(_Weighted):
    """Compare the answer's tool calls with those of the reference."""

    kind: Literal["tool_calls"] = "tool_calls"
    reference: str = Field(default="{{item.reference}}", min_length=1)
    """Place of the calls that are expected, or the calls themselves, as JSON."""
    arguments: ArgumentRule = ArgumentRule.EXACT
    is_loose: bool = False
    """Texts are equal whatever their case, spaces and punctuation."""
    is_ordered: bool = False
    """The calls count in the order of the reference only."""
    is_partial: bool = True
    """The reward is the share of calls that match; else only all of them give 1."""


Label = Annotated[str, Field(min_length=1, max_length=100)]


def default_output_schema() -> dict[str, JsonValue]:
    """What a judge replies unless told otherwise: its reasons first, then the score."""
    return {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string", "description": "One or two sentences of evidence."},
            "score": {"type": "number"},
        },
        "required": ["reasoning", "score"],
        "additionalProperties": False,
    }


def label_schema(labels: Sequence[str], field: str = "label") -> dict[str, JsonValue]:
    """What a judge replies that gives a label: its reasons first, then one of these.

    Example:
        >>> label_schema(["good", "bad"])["properties"]["label"]
        {'type': 'string', 'enum': ['good', 'bad']}
    """
    reasoning: JsonValue = {"type": "string", "description": "One or two sentences of evidence."}
    return {
        "type": "object",
        "properties": {"reasoning": reasoning, field: {"type": "string", "enum": [*labels]}},
        "required": ["reasoning", field],
        "additionalProperties": False,
    }


class JudgeSpec(_Weighted):
    """Ask a model for a score, whose place in the range is the reward, or for a label."""

    kind: Literal["judge"] = "judge"
    prompt: str = Field(min_length=1, max_length=MAX_SOURCE_CHARS)
    """What is asked, with places such as `{{sample.output_text}}` and `{{item.reference}}`."""
    system_prompt: str | None = Field(default=None, min_length=1, max_length=MAX_SOURCE_CHARS)
    """What is said before it in the role of the system, with places likewise."""
    output_schema: dict[str, JsonValue] = Field(default_factory=default_output_schema)
    """JSON schema of the reply."""
    score_field: str = Field(default="score", min_length=1, max_length=100)
    """Property of the reply that holds the score, or the label."""
    label_rewards: dict[Label, Reward] | None = Field(default=None, min_length=2, max_length=50)
    """The reward of each label, where the judge gives a label; the range of scores is unused."""
    min_score: float = Field(default=0.0, allow_inf_nan=False)
    """The score that is a reward of 0."""
    max_score: float = Field(default=1.0, allow_inf_nan=False)
    """The score that is a reward of 1."""
    model: str | None = Field(default=None, min_length=1)
    """A configured model; `None` takes the first one."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=512, ge=16, le=16_000)
    """Longest reply; one that is cut off is asked for once more with twice as many."""
    allow_abstain: bool = False
    """Whether the judge may say that it cannot judge; its reply then has a field `abstain`."""
    num_votes: int = Field(default=1, ge=1, le=MAX_VOTES)
    """How often each answer is judged; each vote is a call of its own."""
    vote_rule: VoteRule = VoteRule.MEAN
    """How several votes become one reward."""
    pass_threshold: Reward | None = None
    """The reward from which an answer has passed; of no grade, the report counts by it."""


class Criterion(Entity):
    """One thing that a rubric looks at."""

    name: str = Field(min_length=1, max_length=60)
    description: str = Field(min_length=1, max_length=2_000)
    """What the model reads: when which score is due."""
    weight: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    """How much it counts beside the other criteria."""
    min_score: float = Field(default=0.0, ge=-MAX_SCORE, le=MAX_SCORE)
    """The score that counts 0."""
    max_score: float = Field(default=1.0, ge=-MAX_SCORE, le=MAX_SCORE)
    """The score that counts 1."""


class RubricSpec(_Weighted):
    """Ask a model for a score on each of several criteria; the weighted mean is the reward."""

    kind: Literal["rubric"] = "rubric"
    prompt: str = Field(min_length=1, max_length=MAX_SOURCE_CHARS)
    """What comes before the criteria: the answer, and what it answers; places as of a judge."""
    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=20)
    one_call_each: bool = False
    """Whether each criterion is asked for in a call of its own; else all in one."""
    model: str | None = Field(default=None, min_length=1)
    """A configured model; `None` takes the first one."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=1024, ge=16, le=16_000)
    """Longest reply to one call."""
    allow_abstain: bool = False
    """Whether the model may say that it cannot judge."""
    pass_threshold: Reward | None = None
    """As of `JudgeSpec`."""


LocalSpec = ScriptSpec | StringCheckSpec | TextSimilaritySpec | JsonSchemaSpec | ToolCallsSpec
"""Settings of a grader that asks no model."""
PartSpec = LocalSpec | JudgeSpec | RubricSpec
"""Settings of a grader that a combination may hold."""
PartName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")]


class Combination(StrEnum):
    """How the rewards of several graders become one."""

    WEIGHTED_MEAN = "weighted_mean"
    """By the weight of each; 1 where it has none."""
    PRODUCT = "product"
    MINIMUM = "minimum"
    FORMULA = "formula"


class MultiSpec(_Weighted):
    """Grade with several graders at once."""

    kind: Literal["multi"] = "multi"
    graders: dict[PartName, Annotated[PartSpec, Field(discriminator="kind")]] = Field(
        min_length=1, max_length=20
    )
    combine: Combination = Combination.WEIGHTED_MEAN
    formula: str | None = Field(default=None, min_length=1, max_length=1_000)
    """Of `Combination.FORMULA`: arithmetic over the graders' names."""
    gates: dict[PartName, Reward] = Field(default_factory=dict[str, float])
    """The least reward of some graders; an answer below one gets 0."""


_AnySpec = PartSpec | MultiSpec
GraderSpec = Annotated[_AnySpec, Field(discriminator="kind")]
_SPEC: TypeAdapter[_AnySpec] = TypeAdapter(GraderSpec)


class GraderVersion(Entity):
    """One version of a dataset's grader; an edit makes the next."""

    id: str
    dataset_id: str
    version: int
    """Counts from 1 within the dataset."""
    spec: GraderSpec
    spec_hash: str
    created_at: datetime

    @property
    def label(self) -> str:
        """What the canvas shows, e.g. `script v3`."""
        return f"{self.spec.kind} v{self.version}"


class MadeBy(Entity):
    """Which version of a dataset's grader made some figures, and whether it still is the grader."""

    label: str = ""
    """E.g. `script v2`; empty where that version is gone."""
    now: str = ""
    """The dataset's grader now; empty where there is none."""
    is_stale: bool = False
    """Whether the grader was changed since; a version with the same settings is no change."""


def parse_spec(raw: object) -> GraderSpec:
    """Read settings that came from outside.

    Raises:
        InvalidInputError: A field is unknown, missing or impossible; the message names it.
    """
    try:
        return _SPEC.validate_python(raw)
    except ValidationError as error:
        message = f"The grader's settings are unusable. {list_faults(error)}."
        raise InvalidInputError(message) from error


def list_faults(error: ValidationError) -> str:
    """Each fault of settings with its place, on one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'kind'}: {fault['msg']}"
        for fault in error.errors()
    )


_LATER = {"allow_abstain": False, "num_votes": 1, "vote_rule": VoteRule.MEAN}
"""Settings that came with later releases, and what was meant before: no hash holds that."""


def reads_tool_calls(spec: GraderSpec) -> bool:
    """Whether the grader, or a part of it, looks at the calls of tools in an answer."""
    parts = spec.graders.values() if isinstance(spec, MultiSpec) else [spec]
    return any(
        isinstance(part, ToolCallsSpec) or "output_tools" in part.model_dump_json()
        for part in parts
    )


_REFERENCES = frozenset({"reference", "reference_answer"})
_PLACE_OF_REFERENCE = re.compile(r"\bitem\.reference(_answer)?\b")


def reads_reference(spec: GraderSpec) -> bool:
    """Whether the grader, or a part of it, compares with the accepted answer of a record.

    Example:
        >>> reads_reference(ScriptSpec(source="def grade(sample, item): return item.reference"))
        True
        >>> reads_reference(ScriptSpec(source="def grade(sample, item): return 1  # no reference"))
        False
    """
    parts = spec.graders.values() if isinstance(spec, MultiSpec) else [spec]
    return any(map(_reads_reference, parts))


def _reads_reference(part: PartSpec) -> bool:
    if not isinstance(part, ScriptSpec):
        return _PLACE_OF_REFERENCE.search(part.model_dump_json()) is not None
    try:
        nodes = ast.walk(ast.parse(part.source))
        return any(_find_key(node) in _REFERENCES for node in nodes)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "reference" in part.source


def _find_key(node: ast.AST) -> object:
    """The key that `item.key`, `item["key"]` or `item.get("key")` reads; `None` elsewhere."""
    match node:
        case ast.Attribute():
            return node.attr
        case ast.Subscript(slice=ast.Constant() as key):
            return key.value
        case ast.Call(args=[ast.Constant() as key, *_]):
            return key.value
        case _:
            return None


def list_asking(spec: GraderSpec) -> dict[str, JudgeSpec | RubricSpec]:
    """The graders of a spec that ask a model, by the name of the part; the spec itself by ""."""
    parts = spec.graders if isinstance(spec, MultiSpec) else {"": spec}
    return {name: part for name, part in parts.items() if isinstance(part, JudgeSpec | RubricSpec)}


def count_calls(spec: GraderSpec) -> int:
    """Calls of a model for one answer; 0 where none is asked.

    Example:
        >>> count_calls(JudgeSpec(prompt="{{sample.output_text}}", num_votes=3))
        3
    """
    return sum(
        part.num_votes
        if isinstance(part, JudgeSpec)
        else len(part.criteria)
        if part.one_call_each
        else 1
        for part in list_asking(spec).values()
    )


def find_pass_threshold(spec: GraderSpec) -> float | None:
    """The reward from which an answer has passed, where the grader has one."""
    return spec.pass_threshold if isinstance(spec, JudgeSpec | RubricSpec) else None


def spec_hash(spec: GraderSpec) -> str:
    """Fingerprint of all settings; SHA-256, hexadecimal.

    Two specs have the same hash when all their fields are equal, defaults included.  What is not
    set counts as not there, so that a new setting leaves stored hashes as they are.
    """
    unset = {name for name, value in _LATER.items() if getattr(spec, name, None) == value}
    settings = spec.model_dump_json(exclude_none=True, exclude=unset)
    return hashlib.sha256(settings.encode()).hexdigest()
