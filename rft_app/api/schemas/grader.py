"""Graders on the wire."""

from typing import Any, Final, Literal

from pydantic import Field, JsonValue
from pydantic.alias_generators import to_camel

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.job import Paid
from rft_app.domain import grader as domain
from rft_app.domain.grading import Abstention, GradeOutcome, GradingFailure, Verdict
from rft_app.domain.votes import VoteRule
from rft_app.errors import InvalidInputError
from rft_app.graders.python_file import read_script
from rft_app.services.grader_trial import (
    MAX_TRIED,
    NUM_TRIED,
    Trial,
    TrialChoice,
    TrialLatency,
    TriedGrade,
    require_record_id,
    sum_up,
)

_JUDGE: Final = "llm-judge"
_FIELDS = {
    _JUDGE: {
        name: name
        for name in (
            *("prompt", "system_prompt", "output_schema", "score_field", "label_rewards"),
            *("min_score", "max_score"),
            *("model", "temperature", "max_tokens", "allow_abstain"),
            *("num_votes", "vote_rule", "pass_threshold"),
        )
    },
    "rubric": {
        name: name
        for name in (
            *("prompt", "criteria", "one_call_each", "model", "temperature", "max_tokens"),
            *("allow_abstain", "pass_threshold"),
        )
    },
    "script": {"script": "source", "timeout_s": "timeout_s", "memory_mb": "memory_mb"},
    "string_check": {name: name for name in ("operation", "field", "reference")},
    "text_similarity": {name: name for name in ("metric", "field", "reference")},
    "json_schema": {name: name for name in ("json_schema", "field")},
    "tool_calls": {
        name: name for name in ("reference", "arguments", "is_loose", "is_ordered", "is_partial")
    },
    "multi": {name: name for name in ("graders", "combine", "formula", "gates")},
}
"""The fields of each kind, with their names in the domain."""


class GraderConfig(WireRequest):
    """Settings of a grader; which fields apply depends on `type`, those of another are refused."""

    type: Literal[
        "llm-judge",
        "script",
        "string_check",
        "text_similarity",
        "json_schema",
        "tool_calls",
        "multi",
        "rubric",
    ]
    prompt: str | None = None
    """Of `llm-judge` and `rubric`; with places as `{{sample.output_text}}`."""
    system_prompt: str | None = None
    """Of `llm-judge`, like the five below: said before in the role of the system; absent: none."""
    output_schema: dict[str, JsonValue] | None = None
    """JSON schema of the reply; absent: reasons and score."""
    score_field: str | None = None
    """The property of the reply that holds the score, or the label."""
    label_rewards: dict[str, float] | None = None
    """The reward of each label, where the judge gives a label and no score."""
    min_score: float | None = None
    """The score that is a reward of 0."""
    max_score: float | None = None
    """The score that is a reward of 1."""
    model: str | None = None
    """Of `llm-judge` and `rubric`, like the three below; absent: the first configured one."""
    temperature: float | None = None
    max_tokens: int | None = None
    allow_abstain: bool | None = None
    """Whether the model may say that it cannot judge."""
    num_votes: int | None = None
    """Of `llm-judge`: how often each answer is judged, in a call each; 1 to 15."""
    vote_rule: VoteRule | None = None
    """Of `llm-judge`: how several votes become one reward."""
    pass_threshold: float | None = None
    """Of `llm-judge` and `rubric`: the reward from which an answer has passed."""
    criteria: list[domain.Criterion] | None = None
    """Of `rubric`: what each answer is scored on."""
    one_call_each: bool | None = None
    """Of `rubric`: whether each criterion is asked for in a call of its own."""
    script: str | None = None
    """Of `script`: Python with `grade(sample, item)`, which returns a number from 0 to 1."""
    timeout_s: float | None = None
    """Of `script`: longest time one call may take."""
    memory_mb: int | None = None
    """Of `script`."""
    operation: domain.StringOperation | None = None
    """Of `string_check`."""
    metric: domain.Similarity | None = None
    """Of `text_similarity`."""
    json_schema: dict[str, JsonValue] | None = None
    """Of `json_schema`: what the part of the answer has to keep to."""
    field: str | None = None
    """Of the three above: a path into the answer."""
    reference: str | None = None
    """Of `string_check`, `text_similarity` and `tool_calls`: what is expected."""
    arguments: domain.ArgumentRule | None = None
    """Of `tool_calls`, like the three below."""
    is_loose: bool | None = None
    """Texts are equal whatever their case, spaces and punctuation."""
    is_ordered: bool | None = None
    """The calls count in the order of the reference only."""
    is_partial: bool | None = None
    """The reward is the share of calls that match; else only all of them give 1."""
    graders: dict[str, "GraderConfig"] | None = None
    """Of `multi`: graders of other types, by name; like the three below."""
    combine: domain.Combination | None = None
    formula: str | None = None
    """Arithmetic over the graders' names."""
    gates: dict[str, float] | None = None
    """The least reward of some graders; an answer below one gets 0."""
    weight: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """How much it counts beside other graders; of every kind."""
    version: int | None = None
    """Number of the stored version; ignored when sent."""

    @classmethod
    def of(cls, stored: domain.GraderVersion) -> "GraderConfig":
        """Convert from the domain."""
        return cls.of_spec(stored.spec).model_copy(update={"version": stored.version})

    @classmethod
    def of_spec(cls, spec: domain.GraderSpec) -> "GraderConfig":
        """Convert settings that are not stored."""
        kind = _JUDGE if isinstance(spec, domain.JudgeSpec) else spec.kind
        fields = {name: getattr(spec, target) for name, target in _FIELDS[kind].items()}
        if isinstance(spec, domain.MultiSpec):
            fields["graders"] = {name: cls.of_spec(part) for name, part in spec.graders.items()}
        return cls(type=kind, weight=spec.weight, **fields)

    def to_spec(self) -> domain.GraderSpec:
        """Convert to the domain.

        Raises:
            InvalidInputError: A value is missing, impossible or of another kind of grader.
        """
        return domain.parse_spec(self._to_values())

    def _to_values(self) -> dict[str, Any]:
        self._refuse_foreign()
        kind = "judge" if self.type == _JUDGE else self.type
        values: dict[str, Any] = {"kind": kind, "weight": self.weight}
        for name, target in _FIELDS[self.type].items():
            if (value := getattr(self, name)) is not None:
                values[target] = read_script(value) if name == "script" else value
        if self.graders is not None:
            values["graders"] = {name: part._to_values() for name, part in self.graders.items()}
        return values

    def _refuse_foreign(self) -> None:
        others = dict.fromkeys(name for names in _FIELDS.values() for name in names)
        foreign = [
            to_camel(name)
            for name in others
            if name not in _FIELDS[self.type] and getattr(self, name) is not None
        ]
        if foreign:
            raise InvalidInputError(
                f"A grader of the type {self.type} has no {' and no '.join(foreign)}. "
                "Leave out what belongs to another type.",
                fields=foreign,
            )


class GraderTestRequest(WireRequest):
    """Which grader to try on how many records."""

    sample_size: int | None = Field(default=None, ge=0, le=MAX_TRIED)
    """Records that are drawn by lot beside those of `recordIds`; absent means 5, or none where
    `recordIds` names some."""
    seed: int = 0
    """The same records are drawn for the same seed."""
    record_ids: list[str] = Field(default_factory=list[str], max_length=MAX_TRIED)
    """Records to try it on; they come first."""
    answers_of: str | None = Field(default=None, min_length=1)
    """Number or id of the dry run whose answers are graded; absent means recorded ones."""
    config: GraderConfig | None = None
    """Settings to try without saving them; absent means the saved grader."""

    def to_choice(self) -> TrialChoice:
        """Convert to the domain.

        Raises:
            InvalidInputError: Something is no record id.
        """
        records = tuple(map(require_record_id, self.record_ids))
        usual = 0 if records else NUM_TRIED
        num_drawn = usual if self.sample_size is None else self.sample_size
        return TrialChoice(
            num_drawn=num_drawn, seed=self.seed, records=records, answers_of=self.answers_of
        )


class GraderTestResult(Wire):
    """What the grader says of one record's answer."""

    record_id: str
    score: float | None
    """`null` where the grader could not judge, then `error` says why, and where it abstained."""
    abstained: bool = False
    """Whether it would not judge: no zero and no failure; `reasoning` says why."""
    criteria: dict[str, float] = Field(default_factory=dict[str, float])
    """What the grader told of its parts, each on a scale of its own."""
    reasoning: str | None = None
    error: str | None = None
    output_text: str | None = None
    """The text of the answer that was graded."""
    latency_ms: float | None = None
    """How long the grader took for it, all calls of a judge included; `null` where it was not
    asked."""
    paid: Paid | None = None
    """What the calls about it cost; `null` where no model was asked about it."""

    @classmethod
    def of(cls, record_id: str, outcome: GradeOutcome) -> "GraderTestResult":
        """Convert from the domain."""
        match outcome:
            case Verdict(reward=reward, reason=reason, criteria=criteria):
                return cls(record_id=record_id, score=reward, reasoning=reason, criteria=criteria)
            case Abstention(reason=reason):
                return cls(record_id=record_id, score=None, abstained=True, reasoning=reason)
            case GradingFailure(failure_kind=kind, message=message):
                return cls(record_id=record_id, score=None, error=f"{kind}: {message}")

    @classmethod
    def of_tried(cls, tried: TriedGrade) -> "GraderTestResult":
        """The same with the answer, and what grading it took."""
        took = {
            "output_text": tried.output_text,
            "latency_ms": tried.latency_ms,
            "paid": None if tried.paid is None else Paid.of(tried.paid),
        }
        return cls.of(tried.record_id, tried.outcome).model_copy(update=took)


class GraderTestStatistics(Wire):
    """The spread of the scores; failures and abstentions are in none of them."""

    mean: float
    std: float
    min: float
    max: float


class GraderTestLatency(Wire):
    """How long the grader took for an answer."""

    n: int
    """Answers it was asked about."""
    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, found: TrialLatency) -> "GraderTestLatency":
        """Convert from the use case's values."""
        return cls(n=found.n, p50_ms=found.p50_ms, p95_ms=found.p95_ms)


class GraderTest(Wire):
    """A grader tried on a few records."""

    results: list[GraderTestResult]
    statistics: GraderTestStatistics | None
    """`null` when no answer could be graded."""

    paid: Paid | None
    """What a judge's calls cost; `null` where no model was asked."""
    latency: GraderTestLatency | None
    """`null` where the grader was asked about no answer."""
    notice: str
    """Why these grades flatter the grader: the answers are the reference; mostly empty."""

    @classmethod
    def of(cls, trial: Trial) -> "GraderTest":
        """Convert from the use case's values, with their statistics."""
        found = sum_up([each.outcome for each in trial.grades])
        statistics = found and GraderTestStatistics(
            mean=found.mean, std=found.sd, min=found.low, max=found.high
        )
        results = [GraderTestResult.of_tried(each) for each in trial.grades]
        paid = None if trial.paid is None else Paid.of(trial.paid)
        latency = None if trial.latency is None else GraderTestLatency.of(trial.latency)
        return cls(
            results=results,
            statistics=statistics,
            paid=paid,
            latency=latency,
            notice=trial.notice,
        )
