r"""Rubrics: a model scores each of several criteria; their weighted mean is the reward.

A spec such as

    {"kind": "rubric", "prompt": "Question: {{item.messages}}\nAnswer: {{sample.output_text}}",
     "criteria": [
       {"name": "correct", "description": "Agrees with the facts.", "weight": 3},
       {"name": "tone", "description": "1 rude, 5 friendly.", "min_score": 1, "max_score": 5}]}

asks for a score and its reason for each criterion, in one call or in one each.  Where one criterion
cannot be judged nobody knows the mean: that is a grading failure and names it.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import JsonValue

from rft_app.domain.grader import Criterion, JudgeSpec, RubricSpec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._asking import NO_LEDGER, NO_MODELS, Asked, Asker, AskingSession, join_asked
from rft_app.graders._reply import Fields, find_last, is_yes, read_number
from rft_app.graders.judge import (
    ABSTAIN,
    ABSTAIN_LINE,
    MAX_REASON,
    check_prompt,
    full_schema,
    read_reply,
    render,
)
from rft_app.llm.catalogue import Catalogue
from rft_app.llm.chat import PaidCalls
from rft_app.llm.structured import BadReplyError

_ALL = (
    "Score the answer on each criterion. Reply with one JSON object that has, for each criterion, "
    "its name with `reasoning` (one sentence of evidence) and `score`."
)
_TAKEN = {ABSTAIN, "reason"}
"""Fields of the reply beside the criteria."""
_EACH = "Score the answer on this criterion alone. Say why in one sentence, then give the score."


class RubricGrader:
    """Kind `rubric`."""

    name = "rubric"
    label = "Rubric"

    def check(self, spec: RubricSpec) -> None:
        """Check the prompt's places, the names, the ranges and the weights."""
        check_prompt(spec.prompt)
        names = [criterion.name.strip() for criterion in spec.criteria]
        twice = next((name for name in names if names.count(name) > 1 or name in _TAKEN), None)
        if twice is not None:
            raise InvalidInputError(
                f"Each criterion needs a name of its own; {twice!r} is taken.",
                field="criteria",
            )
        for criterion in spec.criteria:
            if criterion.min_score >= criterion.max_score:
                raise InvalidInputError(
                    f"The range of {criterion.name!r} is empty: it goes from "
                    f"{criterion.min_score:g} to {criterion.max_score:g}. Let it end above its "
                    "beginning.",
                    field="criteria",
                )
        if not math.fsum(criterion.weight for criterion in spec.criteria):
            raise InvalidInputError(
                "All weights are 0, so there is no mean. Give at least one criterion a weight.",
                field="criteria",
            )

    def open(
        self, spec: RubricSpec, ledger: PaidCalls = NO_LEDGER, catalogue: Catalogue = NO_MODELS
    ) -> "RubricSession":
        """Make ready to ask a model of the catalogue; each reply is kept before it is read.

        Raises:
            InvalidInputError: The spec cannot work, or there is no such model.
            NotAvailableError: There is no model to ask; the message says how to get one.
        """
        self.check(spec)
        return RubricSession(spec, ledger, catalogue)


class RubricSession(AskingSession):
    """A rubric with its connections; may be asked from several threads."""

    def __init__(self, spec: RubricSpec, ledger: PaidCalls, catalogue: Catalogue) -> None:
        self._spec = spec
        self._asker = Asker(spec, make_schema(spec), ledger, catalogue)
        self._judges = [_to_judge(spec, criterion) for criterion in spec.criteria]
        self._schemas = [full_schema(judge) for judge in self._judges]
        super().__init__([self._asker])

    def ask(self, key: str, sample: Sample, item: Item) -> Asked:
        """Ask about one answer; what the ledger has is not paid again.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        prompt = render(self._spec.prompt, sample, item)
        if isinstance(prompt, GradingFailure):
            return Asked(prompt)
        texts = [f"{prompt.rstrip()}\n\n{task}" for task in list_tasks(self._spec)]
        ask = self._asker.ask
        if not self._spec.one_call_each:
            return ask(key, texts[0], lambda text: read_rubric(text, self._spec))
        criteria = zip(texts, self._judges, self._schemas, strict=True)
        each = self._asker.ask_together(
            [
                partial(ask, f"{key}.c{number}", text, partial(read_reply, spec=judge), schema)
                for number, (text, judge, schema) in enumerate(criteria, 1)
            ]
        )
        return join_asked(each, lambda outcomes: _join_each(outcomes, self._spec.criteria))


def list_tasks(spec: RubricSpec) -> list[str]:
    """What is asked behind the prompt: one text, or one for each criterion."""
    last = f"\n\n{ABSTAIN_LINE}" if spec.allow_abstain else ""
    lines = [_describe(criterion) for criterion in spec.criteria]
    if spec.one_call_each:
        return [f"Criterion:\n{line}\n\n{_EACH}{last}" for line in lines]
    return ["Criteria:\n" + "\n".join(lines) + f"\n\n{_ALL}{last}"]


def make_schema(spec: RubricSpec) -> dict[str, JsonValue]:
    """The JSON schema of a reply with all criteria."""
    properties: dict[str, JsonValue] = {
        criterion.name: {
            "type": "object",
            "properties": {"reasoning": {"type": "string"}, "score": {"type": "number"}},
            "required": ["reasoning", "score"],
            "additionalProperties": False,
        }
        for criterion in spec.criteria
    }
    if spec.allow_abstain:
        properties[ABSTAIN] = {"type": "boolean", "description": ABSTAIN_LINE}
        properties["reason"] = {"type": "string", "description": "Why it cannot be judged."}
    required: list[JsonValue] = [*properties]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def read_rubric(text: str, spec: RubricSpec) -> Outcome:
    """Make an outcome of a reply with all criteria.

    Raises:
        BadReplyError: It lacks a score; the message names the criterion.

    Example:
        >>> criteria = tuple(Criterion(name=name, description="Good.") for name in "ab")
        >>> spec = RubricSpec(prompt="{{sample.output_text}}", criteria=criteria)
        >>> read_rubric('Well: {"a": {"score": 1}, "b": "0.5"}', spec).reward
        0.75
    """
    fields = _read_fields(text, spec)
    if spec.allow_abstain and is_yes(fields.get(ABSTAIN)):
        reason = fields.get("reason")
        return Abstention(reason=reason[:MAX_REASON] if isinstance(reason, str) else None)
    scores: dict[str, float] = {}
    reasons: list[str] = []
    for criterion in spec.criteria:
        told = fields.get(criterion.name)
        score = read_number(told.get("score") if isinstance(told, dict) else told)
        if score is None:
            raise BadReplyError(f"It has no number as score of {criterion.name!r}.")
        scores[criterion.name] = score
        why = told.get("reasoning") if isinstance(told, dict) else None
        if isinstance(why, str) and why.strip():
            reasons.append(f"{criterion.name}: {why.strip()}")
    return weigh(scores, spec.criteria, " ".join(reasons))


def weigh(scores: Mapping[str, float], criteria: Sequence[Criterion], reason: str) -> Outcome:
    """The weighted mean of each score's place in its range; a failure where one is outside."""
    total = math.fsum(criterion.weight for criterion in criteria)
    places: list[float] = []
    for criterion in criteria:
        low, high, score = criterion.min_score, criterion.max_score, scores[criterion.name]
        if not low <= score <= high:
            return GradingFailure(
                failure_kind=FailureKind.OUT_OF_RANGE,
                message=f"The model gave {criterion.name!r} {score:g}; the range is {low:g} to "
                f"{high:g}.",
            )
        places.append(criterion.weight * (score - low) / (high - low))
    reward = math.fsum(places) / total
    # Rounding may leave [0, 1] by the last bit.
    shown = reason.replace("\x00", "")[:MAX_REASON] or None
    return Verdict(reward=min(reward, 1.0), criteria=dict(scores), reason=shown)


def _join_each(outcomes: Sequence[Outcome], criteria: Sequence[Criterion]) -> Outcome:
    pairs = list(zip(criteria, outcomes, strict=True))
    for criterion, outcome in pairs:
        if isinstance(outcome, GradingFailure):
            message = f"{criterion.name}: {outcome.message}"
            return outcome.model_copy(update={"message": message})
    for criterion, outcome in pairs:
        if isinstance(outcome, Abstention):
            return Abstention(reason=f"{criterion.name}: {outcome.reason or 'abstains.'}")
    found = [(criterion, one) for criterion, one in pairs if isinstance(one, Verdict)]
    scores = {
        criterion.name: min(
            criterion.min_score + one.reward * (criterion.max_score - criterion.min_score),
            criterion.max_score,
        )
        for criterion, one in found
    }
    reasons = [f"{criterion.name}: {one.reason}" for criterion, one in found if one.reason]
    return weigh(scores, criteria, " ".join(reasons))


def _to_judge(spec: RubricSpec, criterion: Criterion) -> JudgeSpec:
    """How the reply about one criterion is read."""
    return JudgeSpec(
        prompt=_EACH,
        min_score=criterion.min_score,
        max_score=criterion.max_score,
        allow_abstain=spec.allow_abstain,
    )


def _describe(criterion: Criterion) -> str:
    low, high = criterion.min_score, criterion.max_score
    return f"- {criterion.name} ({low:g} to {high:g}): {criterion.description}"


def _read_fields(text: str, spec: RubricSpec) -> Mapping[str, JsonValue]:
    names = {criterion.name for criterion in spec.criteria}

    def is_whole(one: Fields) -> bool:
        return names <= _unwrap(one).keys() or (spec.allow_abstain and ABSTAIN in one)

    found = find_last(text, is_whole)
    if found is None:
        raise BadReplyError("It is not one JSON object.")
    return _unwrap(found)


def _unwrap(fields: Fields) -> Fields:
    inner = fields.get("criteria")
    return inner if isinstance(inner, dict) else fields
