"""Graders as OpenAI's fine-tuning API writes them, to and from our own settings.

    {"type": "string_check", "name": "answer", "operation": "eq",
     "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}

What one side has and the other has not is refused by name, so that a grader never grades
differently on the other side.  Shapes are those of `openai.types.graders` (openai 3.54).
"""

import re
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from rft_app.domain.grader import (
    Combination,
    GraderSpec,
    JudgeSpec,
    MultiSpec,
    ScriptSpec,
    Similarity,
    StringCheckSpec,
    StringOperation,
    TextSimilaritySpec,
    list_faults,
    parse_spec,
)
from rft_app.errors import InvalidInputError
from rft_app.graders._openai_judge import (
    DEFAULT_NAME,
    Json,
    LabelModel,
    Named,
    ScoreModel,
    convert_judge,
    lacking,
    write_judge,
)
from rft_app.graders._openai_scale import find_ranges, read_formula, write_formula

_INPUT: Final = re.compile(r"\{\{\s*sample\.([\w.]+)\s*\}\}")


def is_openai(raw: JsonValue) -> bool:
    """Whether settings look like OpenAI's: a `type` where ours have a `kind`."""
    return isinstance(raw, dict) and "kind" not in raw and raw.get("type") in TYPES


def from_openai(raw: JsonValue) -> GraderSpec:
    """Our settings of an OpenAI grader.

    Raises:
        InvalidInputError: It is none, or has something that no grader here has.

    Example:
        >>> from_openai({"type": "python", "name": "a", "source": "def grade(s, i): return 1"})
        ScriptSpec(weight=None, kind='script', source='def grade(s, i): return 1', timeout_s=2.0, memory_mb=512)
    """  # noqa: E501  # one line of output
    try:
        found = _READ.validate_python(raw)
    except ValidationError as error:
        raise InvalidInputError(
            f"The OpenAI grader cannot be used. {list_faults(error)}."
        ) from error
    return parse_spec(_convert(found))


def to_openai(spec: GraderSpec, name: str = DEFAULT_NAME) -> Json:
    """The OpenAI grader that grades alike.

    Raises:
        InvalidInputError: OpenAI has none that does.

    Example:
        >>> to_openai(StringCheckSpec(), "answer")["input"]
        '{{sample.output_text}}'
    """
    match spec:
        case ScriptSpec():
            return {"type": "python", "name": name, "source": spec.source}
        case StringCheckSpec():
            if spec.operation is StringOperation.REGEX:
                raise lacking("regular expressions", "Write a script with `re.search`.")
            return {
                "type": "string_check",
                "name": name,
                "operation": spec.operation.value,
                "input": f"{{{{sample.{spec.field}}}}}",
                "reference": spec.reference,
            }
        case TextSimilaritySpec():
            return {
                "type": "text_similarity",
                "name": name,
                "evaluation_metric": spec.metric.value,
                "input": f"{{{{sample.{spec.field}}}}}",
                "reference": spec.reference,
            }
        case JudgeSpec():
            return write_judge(spec, name)
        case MultiSpec():
            return _write_multi(spec, name)
        case _:
            label = spec.kind.replace("_", " ")
            raise lacking(f"graders of the kind {label}", "Write it as a script.")


def _write_multi(spec: MultiSpec, name: str) -> Json:
    if spec.gates:
        raise lacking("gates", "Put them into a script of the combination.")
    return {
        "type": "multi",
        "name": name,
        "graders": {part: to_openai(one, part) for part, one in spec.graders.items()},
        "calculate_output": write_formula(_to_formula(spec), find_ranges(spec.graders)),
    }


def _to_formula(spec: MultiSpec) -> str:
    """What makes one reward of several, as arithmetic.

    Example:
        >>> graders = {"a": StringCheckSpec(weight=2), "b": StringCheckSpec()}
        >>> _to_formula(MultiSpec(graders=graders))
        '(2 * a + 1 * b) / 3'
    """
    names = list(spec.graders)
    match spec.combine:
        case Combination.FORMULA:
            return spec.formula or ""
        case Combination.PRODUCT:
            return " * ".join(names)
        case Combination.MINIMUM:
            return f"min({', '.join(names)})" if len(names) > 1 else names[0]
        case Combination.WEIGHTED_MEAN:
            weights = [1.0 if one.weight is None else one.weight for one in spec.graders.values()]
            pairs = zip(weights, names, strict=True)
            return f"({' + '.join(f'{w:.12g} * {n}' for w, n in pairs)}) / {sum(weights):.12g}"


class _StringCheck(Named):
    type: Literal["string_check"]
    operation: Literal["eq", "ne", "like", "ilike"]
    input: str
    reference: str


class _TextSimilarity(Named):
    type: Literal["text_similarity"]
    evaluation_metric: Similarity
    input: str
    reference: str


class _Python(Named):
    type: Literal["python"]
    source: str


class _Multi(Named):
    type: Literal["multi"]
    calculate_output: str
    graders: dict[str, "_Part"]


_Part = Annotated[
    _StringCheck | _TextSimilarity | _Python | ScoreModel | LabelModel,
    Field(discriminator="type"),
]
_Any = _StringCheck | _TextSimilarity | _Python | ScoreModel | LabelModel | _Multi
_READ: TypeAdapter[_Any] = TypeAdapter(Annotated[_Any, Field(discriminator="type")])
TYPES: Final = (
    *("string_check", "text_similarity", "python", "score_model", "label_model", "multi"),
)
"""Of OpenAI's graders, those that can be read."""


def _convert(raw: _Any) -> Json:
    match raw:
        case _StringCheck():
            own = {"field": _read_field(raw.input), "reference": raw.reference}
            return {"kind": "string_check", "operation": raw.operation, **own}
        case _TextSimilarity():
            own = {"field": _read_field(raw.input), "reference": raw.reference}
            return {"kind": "text_similarity", "metric": raw.evaluation_metric, **own}
        case _Python():
            return {"kind": "script", "source": raw.source}
        case ScoreModel() | LabelModel():
            return convert_judge(raw)
        case _Multi():
            ranges = {
                name: part.range
                for name, part in raw.graders.items()
                if isinstance(part, ScoreModel) and part.range != (0, 1)
            }
            return {
                "kind": "multi",
                "combine": Combination.FORMULA,
                "formula": read_formula(raw.calculate_output, ranges),
                "graders": {name: _convert(part) for name, part in raw.graders.items()},
            }


def _read_field(text: object) -> str:
    """The path that an input such as `{{sample.output_text}}` names."""
    found = _INPUT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise InvalidInputError(
            f"`input` must be one place of the answer here, such as {{{{sample.output_text}}}}, "
            f"not {text!r}.",
            field="input",
        )
    return found[1]
