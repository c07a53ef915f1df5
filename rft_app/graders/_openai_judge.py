"""OpenAI's graders that ask a model: `score_model` gives a score, `label_model` a label.

    {"type": "label_model", "name": "tone", "model": "m", "labels": ["kind", "rude"],
     "passing_labels": ["kind"],
     "input": [{"role": "developer", "content": "You judge tone."},
               {"role": "user", "content": "Is this kind? {{sample.output_text}}"}]}

A message of the system or the developer before that of the user is the judge's system prompt.  A
label that passes is a reward of 1, any other one of 0.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from rft_app.domain.entity import Entity
from rft_app.domain.grader import JudgeSpec, label_schema
from rft_app.errors import InvalidInputError
from rft_app.graders._openai_scale import to_reward, to_score

Json = dict[str, Any]

DEFAULT_NAME: Final = "grader"
LABEL: Final = "label"
"""Property of the reply that holds the label."""
_PASSED: Final = 1.0
_MAX_MESSAGES: Final = 2


class Named(Entity):
    """An OpenAI grader; a field that is not known here could change its grades."""

    name: str = DEFAULT_NAME
    pass_threshold: float | None = None
    """Of no grade: evaluations count by it."""


class _Part(Entity):
    """A piece of a message; pictures and sounds are none that a judge here reads."""

    type: Literal["input_text", "output_text", "text"]
    text: str


class _Message(Entity):
    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user"]
    content: str | _Part | list[str | _Part]

    @property
    def text(self) -> str:
        """All that it says."""
        parts = self.content if isinstance(self.content, list) else [self.content]
        return "".join(one if isinstance(one, str) else one.text for one in parts)


class _Sampling(Entity):
    temperature: float | None = None
    max_completions_tokens: int | None = None


class _Judge(Named):
    model: str
    input: Annotated[list[_Message], Field(min_length=1)]

    @field_validator("input")
    @classmethod
    def _has_one_question(cls, messages: list[_Message]) -> list[_Message]:
        roles = [message.role for message in messages]
        if roles[-1] != "user" or "user" in roles[:-1] or len(roles) > _MAX_MESSAGES:
            raise ValueError(
                f"the role of its messages is {', '.join(roles)}; a judge here has one message of "
                "the user, and may have one of the system or developer before it"
            )
        return messages


class ScoreModel(_Judge):
    """A judge that gives a score."""

    type: Literal["score_model"]
    range: tuple[float, float] = (0, 1)
    sampling_params: _Sampling = _Sampling()


class LabelModel(_Judge):
    """A judge that gives a label."""

    type: Literal["label_model"]
    labels: Annotated[list[str], Field(min_length=2)]
    passing_labels: list[str]

    @field_validator("passing_labels")
    @classmethod
    def _are_labels(cls, passing: list[str], told: ValidationInfo) -> list[str]:
        labels: list[str] = told.data.get("labels", passing)
        if unknown := [label for label in passing if label not in labels]:
            raise ValueError(f"{unknown[0]!r} is none of the `labels`")
        return passing


def convert_judge(raw: ScoreModel | LabelModel) -> Json:
    """Our settings of a judge."""
    common: Json = {"kind": "judge", "prompt": raw.input[-1].text, "model": raw.model}
    if len(raw.input) > 1:
        common["system_prompt"] = raw.input[0].text
    if isinstance(raw, LabelModel):
        rewards = {label: float(label in raw.passing_labels) for label in raw.labels}
        return {
            **common,
            "label_rewards": rewards,
            "output_schema": label_schema(raw.labels, LABEL),
            "score_field": LABEL,
            "pass_threshold": _PASSED,
        }
    given = {
        "temperature": raw.sampling_params.temperature,
        "max_tokens": raw.sampling_params.max_completions_tokens,
    }
    if raw.pass_threshold is not None:
        given["pass_threshold"] = to_reward(raw.pass_threshold, raw.range)
    return {
        **common,
        "min_score": raw.range[0],
        "max_score": raw.range[1],
        **{name: value for name, value in given.items() if value is not None},
    }


def write_judge(spec: JudgeSpec, name: str) -> Json:
    """The OpenAI grader that asks alike.

    Raises:
        InvalidInputError: OpenAI has none that does.
    """
    if spec.model is None:
        raise InvalidInputError(
            "The judge asks the first configured model, which OpenAI does not know. Choose one.",
            field="model",
        )
    if spec.num_votes > 1:
        raise lacking("several votes of a judge", "Set the number of votes to 1.")
    if spec.allow_abstain:
        raise lacking("abstentions", "Let the judge always give a score.")
    system = spec.system_prompt
    before = [] if system is None else [{"role": "system", "content": system}]
    common: Json = {
        "name": name,
        "model": spec.model,
        "input": [*before, {"role": "user", "content": spec.prompt}],
    }
    if spec.label_rewards is not None:
        return {"type": "label_model", **common, **_write_labels(spec, spec.label_rewards)}
    return {"type": "score_model", **common, **_write_score(spec)}


def _write_labels(spec: JudgeSpec, rewards: dict[str, float]) -> Json:
    if not set(rewards.values()) <= {0.0, _PASSED}:
        raise lacking("labels with a reward between 0 and 1", "Give each label 0 or 1.")
    if (spec.output_schema, spec.score_field) != (label_schema([*rewards], LABEL), LABEL):
        raise lacking(
            "output schema of a judge", f"Let it hold the labels in `{LABEL}` and say why before."
        )
    plain = JudgeSpec(prompt=spec.prompt)
    if (spec.temperature, spec.max_tokens) != (plain.temperature, plain.max_tokens):
        raise lacking(
            "temperature and longest reply of a judge that gives labels",
            f"Set them to {plain.temperature:g} and {plain.max_tokens}.",
        )
    if spec.pass_threshold not in {None, _PASSED}:
        raise lacking("threshold of a judge that gives labels", "Let it pass from 1.")
    passing = [label for label, reward in rewards.items() if reward == _PASSED]
    return {"labels": [*rewards], "passing_labels": passing}


def _write_score(spec: JudgeSpec) -> Json:
    plain = JudgeSpec(prompt=spec.prompt)
    if (spec.output_schema, spec.score_field) != (plain.output_schema, plain.score_field):
        raise lacking("output schema of a judge", "Leave schema and score field as they were.")
    passing = {}
    if spec.pass_threshold is not None:
        score = to_score(spec.pass_threshold, (spec.min_score, spec.max_score))
        passing = {"pass_threshold": score}
    return {
        "range": [spec.min_score, spec.max_score],
        "sampling_params": {
            "temperature": spec.temperature,
            "max_completions_tokens": spec.max_tokens,
        },
        **passing,
    }


def lacking(what: str, remedy: str) -> InvalidInputError:
    """The refusal of what OpenAI's graders have not."""
    return InvalidInputError(f"OpenAI's graders have no {what}. {remedy}")
