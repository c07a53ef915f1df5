"""Graders as OpenAI's fine-tuning API writes them, to and from our own settings.

    {"type": "string_check", "name": "answer", "operation": "eq",
     "input": "{{sample.output_text}}", "reference": "{{item.reference}}"}

What one side has and the other has not is refused by name, so that a grader never grades
differently on the other side.  Shapes are those of `openai.types.graders` (openai 3.54).
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from rft_app.domain.entity import Entity
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

Json = dict[str, Any]

_INPUT: Final = re.compile(r"\{\{\s*sample\.([\w.]+)\s*\}\}")
DEFAULT_NAME: Final = "grader"


def is_openai(raw: JsonValue) -> bool:
    """Whether settings look like OpenAI's: a `type` where ours have a `kind`."""
    return isinstance(raw, dict) and "kind" not in raw and raw.get("type") in _TYPES


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
                raise _lacking("regular expressions", "Write a script with `re.search`.")
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
            return _write_judge(spec, name)
        case MultiSpec():
            return _write_multi(spec, name)
        case _:
            label = spec.kind.replace("_", " ")
            raise _lacking(f"graders of the kind {label}", "Write it as a script.")


def _write_judge(spec: JudgeSpec, name: str) -> Json:
    if spec.model is None:
        raise InvalidInputError(
            "The judge asks the first configured model, which OpenAI does not know. Choose one.",
            field="model",
        )
    plain = JudgeSpec(prompt=spec.prompt)
    if (spec.output_schema, spec.score_field) != (plain.output_schema, plain.score_field):
        raise _lacking("output schema of a judge", "Leave schema and score field as they were.")
    if spec.num_votes > 1:
        raise _lacking("several votes of a judge", "Set the number of votes to 1.")
    if spec.allow_abstain:
        raise _lacking("abstentions", "Let the judge always give a score.")
    passing = {} if spec.pass_threshold is None else {"pass_threshold": spec.pass_threshold}
    return {
        "type": "score_model",
        "name": name,
        "model": spec.model,
        "input": [{"role": "user", "content": spec.prompt}],
        "range": [spec.min_score, spec.max_score],
        "sampling_params": {
            "temperature": spec.temperature,
            "max_completions_tokens": spec.max_tokens,
        },
        **passing,
    }


def _write_multi(spec: MultiSpec, name: str) -> Json:
    if spec.gates:
        raise _lacking("gates", "Put them into a script of the combination.")
    return {
        "type": "multi",
        "name": name,
        "graders": {part: to_openai(one, part) for part, one in spec.graders.items()},
        "calculate_output": _to_formula(spec),
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


class _Read(Entity):
    """An OpenAI grader; a field that is not known here could change its grades."""

    name: str = DEFAULT_NAME
    pass_threshold: float | None = None
    """Of no grade: evaluations count by it."""


class _StringCheck(_Read):
    type: Literal["string_check"]
    operation: Literal["eq", "ne", "like", "ilike"]
    input: str
    reference: str


class _TextSimilarity(_Read):
    type: Literal["text_similarity"]
    evaluation_metric: Similarity
    input: str
    reference: str


class _Python(_Read):
    type: Literal["python"]
    source: str


class _Message(Entity):
    type: Literal["message"] = "message"
    role: Literal["user"] = "user"
    content: str


class _Sampling(Entity):
    temperature: float | None = None
    max_completions_tokens: int | None = None


class _ScoreModel(_Read):
    type: Literal["score_model"]
    model: str
    input: Annotated[list[_Message], Field(min_length=1, max_length=1)]
    """A judge here has one prompt of text."""
    range: tuple[float, float] = (0, 1)
    sampling_params: _Sampling = _Sampling()


class _Multi(_Read):
    type: Literal["multi"]
    calculate_output: str
    graders: dict[str, "_Part"]


_Part = Annotated[
    _StringCheck | _TextSimilarity | _Python | _ScoreModel, Field(discriminator="type")
]
_Any = Annotated[
    _StringCheck | _TextSimilarity | _Python | _ScoreModel | _Multi, Field(discriminator="type")
]
_READ: TypeAdapter[_StringCheck | _TextSimilarity | _Python | _ScoreModel | _Multi] = TypeAdapter(
    _Any
)
_TYPES: Final = {"string_check", "text_similarity", "python", "score_model", "multi"}


def _convert(raw: _StringCheck | _TextSimilarity | _Python | _ScoreModel | _Multi) -> Json:
    match raw:
        case _StringCheck():
            own = {"field": _read_field(raw.input), "reference": raw.reference}
            return {"kind": "string_check", "operation": raw.operation, **own}
        case _TextSimilarity():
            own = {"field": _read_field(raw.input), "reference": raw.reference}
            return {"kind": "text_similarity", "metric": raw.evaluation_metric, **own}
        case _Python():
            return {"kind": "script", "source": raw.source}
        case _ScoreModel():
            return _convert_judge(raw)
        case _Multi():
            return {
                "kind": "multi",
                "combine": Combination.FORMULA,
                "formula": raw.calculate_output,
                "graders": {name: _convert(part) for name, part in raw.graders.items()},
            }


def _convert_judge(raw: _ScoreModel) -> Json:
    given = {
        "temperature": raw.sampling_params.temperature,
        "max_tokens": raw.sampling_params.max_completions_tokens,
    }
    passing = {} if raw.pass_threshold is None else {"pass_threshold": raw.pass_threshold}
    return {
        **passing,
        "kind": "judge",
        "prompt": raw.input[0].content,
        "model": raw.model,
        "min_score": raw.range[0],
        "max_score": raw.range[1],
        **{name: value for name, value in given.items() if value is not None},
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


def _lacking(what: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"OpenAI's graders have no {what}. {remedy}")
