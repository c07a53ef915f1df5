"""Judges: a model reads the answer and replies with a score.

A spec such as

    {"kind": "judge", "prompt": "Was this friendly, from 1 to 5? {{sample.output_text}}",
     "min_score": 1, "max_score": 5}

gives the score's place in its range: 1 is a reward of 0, 5 is a reward of 1.  A reply is read with
tolerance (thoughts and drafts before the verdict, words or a fence around the JSON, `Score: 4`) and
asked for once more where no score can be read.  A score outside the range, and whatever keeps the
model from a score, is a grading failure and never a zero.
"""

import math
import re
from collections.abc import Mapping
from functools import partial

from pydantic import JsonValue

from rft_app.domain.grader import MAX_SCORE, JudgeSpec
from rft_app.domain.grading import Abstention, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.domain.votes import count_votes
from rft_app.errors import InvalidInputError
from rft_app.graders._asking import NO_LEDGER, NO_MODELS, Asked, Asker, AskingSession, join_asked
from rft_app.graders._labels import check_labels, read_label
from rft_app.graders._places import find_faults
from rft_app.graders._reply import (
    Fields,
    find_last,
    is_yes,
    read_number,
    read_scored,
    read_words,
)
from rft_app.graders.portable.lookup import fill, find_places, look_up
from rft_app.llm.catalogue import Catalogue
from rft_app.llm.chat import PaidCalls
from rft_app.llm.structured import BadReplyError

MAX_REASON = 4_000
"""Characters of the judge's reasons that are kept."""
ABSTAIN = "abstain"
"""Field of the reply of a judge that may abstain."""
ABSTAIN_LINE = (
    "If this cannot be judged, set `abstain` to true and say why; the score then counts for "
    "nothing. Else set it to false."
)
_NUMERIC = {"number", "integer", "string"}
"""Types that the score may be declared with; a text is read as a number."""


class JudgeGrader:
    """Kind `judge`."""

    name = "judge"
    label = "Model as judge"

    def check(self, spec: JudgeSpec) -> None:
        """Check the prompt's places, the output schema and the range; models are not known here."""
        for place, prompt in (("system_prompt", spec.system_prompt or ""), ("prompt", spec.prompt)):
            check_places(prompt, place)
        require_answer_shown(all_text(spec))
        _check_schema(spec)
        _check_range(spec)
        check_labels(spec.label_rewards or {})

    def open(
        self, spec: JudgeSpec, ledger: PaidCalls = NO_LEDGER, catalogue: Catalogue = NO_MODELS
    ) -> "JudgeSession":
        """Make ready to ask a model of the catalogue; each reply is kept before it is read.

        Raises:
            InvalidInputError: The spec cannot work, or there is no such model.
            NotAvailableError: There is no model to ask; the message says how to get one.
        """
        self.check(spec)
        return JudgeSession(spec, ledger, catalogue)


class JudgeSession(AskingSession):
    """A judge with its connections; may be asked from several threads."""

    def __init__(self, spec: JudgeSpec, ledger: PaidCalls, catalogue: Catalogue) -> None:
        self._spec = spec
        self._prompt = full_prompt(spec)
        self._asker = Asker(spec, full_schema(spec), ledger, catalogue)
        super().__init__([self._asker])

    def ask(self, key: str, sample: Sample, item: Item) -> Asked:
        """Ask about one answer, once for each vote, all of them at the same time.

        What the ledger has is not paid again.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        prompt = render(self._prompt, sample, item)
        system = render(self._spec.system_prompt or "", sample, item)
        if isinstance(prompt, GradingFailure):
            return Asked(prompt)
        if isinstance(system, GradingFailure):
            return Asked(system)
        num_votes = self._spec.num_votes
        keys = [key] if num_votes == 1 else [f"{key}.v{vote}" for vote in range(1, num_votes + 1)]
        votes = self._asker.ask_together(
            [
                partial(self._asker.ask, one, prompt, self._read, variant=vote, system=system)
                for vote, one in enumerate(keys)
            ]
        )
        return join_asked(votes, lambda outcomes: count_votes(outcomes, self._spec.vote_rule))

    def _read(self, text: str) -> Outcome:
        return read_reply(text, self._spec)


def open_judge(spec: JudgeSpec, ledger: PaidCalls, catalogue: Catalogue) -> JudgeSession:
    """A judge ready to be asked; each reply is kept in `ledger` before it is read.

    Raises:
        InvalidInputError: The spec cannot work, or there is no such model.
        NotAvailableError: There is no model to ask; the message says how to get one.
    """
    return JudgeGrader().open(spec, ledger, catalogue)


def full_prompt(spec: JudgeSpec) -> str:
    """The prompt that is sent: with the line about abstaining, where that is allowed."""
    return f"{spec.prompt.rstrip()}\n\n{ABSTAIN_LINE}" if spec.allow_abstain else spec.prompt


def all_text(spec: JudgeSpec) -> str:
    """All that is said to the model, with its places open."""
    return "\n\n".join(filter(None, (spec.system_prompt, full_prompt(spec))))


def full_schema(spec: JudgeSpec) -> dict[str, JsonValue]:
    """The schema that is sent: with the field for abstaining, where that is allowed.

    Example:
        >>> spec = JudgeSpec(prompt="{{sample.output_text}}", allow_abstain=True)
        >>> full_schema(spec)["required"]
        ['reasoning', 'score', 'abstain']
    """
    schema, properties = spec.output_schema, spec.output_schema.get("properties")
    if not spec.allow_abstain or not isinstance(properties, dict) or ABSTAIN in properties:
        return schema
    field: JsonValue = {"type": "boolean", "description": ABSTAIN_LINE}
    required = schema.get("required")
    more = {"required": [*required, ABSTAIN]} if isinstance(required, list) else {}
    return {**schema, "properties": {**properties, ABSTAIN: field}, **more}


def render(prompt: str, sample: Sample, item: Item) -> str | GradingFailure:
    """The prompt with its places filled in, or which of them this record cannot fill."""
    values = {"sample": dict(sample), "item": item}
    for place in find_places(prompt):
        if look_up(values, place) is None:
            whose = "answer" if place.startswith("sample.") else "record"
            return GradingFailure(
                failure_kind=FailureKind.MISSING_VARIABLE,
                message=f"The {whose} has no `{place}`, which the prompt asks for.",
            )
    return fill(prompt, values)


def read_reply(text: str, spec: JudgeSpec) -> Outcome:
    """Make an outcome of a reply's text.

    Raises:
        BadReplyError: It holds no score, or none of the labels.

    Example:
        >>> spec = JudgeSpec(prompt="{{sample.output_text}}", min_score=1, max_score=5)
        >>> read_reply('Sure: {"reasoning": "Kind.", "score": "4"}', spec)
        Verdict(kind='verdict', reward=0.75, reason='Kind.', criteria={}, votes=None)
    """
    name = spec.score_field
    fields = find_last(text, lambda one: name in one or (spec.allow_abstain and ABSTAIN in one))
    if spec.allow_abstain and fields is not None and is_yes(fields.get(ABSTAIN)):
        return Abstention(reason=_find_reason(fields, spec))
    if spec.label_rewards:
        label, before = read_label(text, fields, spec)
        told = fields if fields is not None and name in fields else {"": before}
        reason = _find_reason(told, spec)
        shown = f"{label}: {reason}" if reason else label
        return Verdict(reward=spec.label_rewards[label], reason=shown[:MAX_REASON])
    score, told = _read_score(text, fields, spec)
    low, high = spec.min_score, spec.max_score
    if not low <= score <= high:
        return GradingFailure(
            failure_kind=FailureKind.OUT_OF_RANGE,
            message=f"The judge gave {score:g}; the range is {low:g} to {high:g}.",
        )
    return Verdict(reward=(score - low) / (high - low), reason=_find_reason(told, spec))


def _read_score(text: str, fields: Fields | None, spec: JudgeSpec) -> tuple[float, Fields]:
    """The score, and the fields or words beside it."""
    name = spec.score_field
    if fields is None or name not in fields:
        labels = f"score|rating|grade|{re.escape(name)}"
        said = read_words(text, labels, partial(read_scored, max_score=spec.max_score))
        if said is not None:
            return said[0], {"": said[1]}
        if fields is None:
            raise BadReplyError("It is not one JSON object.")
    score = read_number(fields.get(name))
    if score is None:
        raise BadReplyError(f"It has no number in `{name}`.")
    return score, fields


def _find_reason(fields: Mapping[str, JsonValue], spec: JudgeSpec) -> str | None:
    """The first text of the reply beside the score."""
    texts = (
        value.replace("\x00", "").strip()
        for name, value in fields.items()
        if name != spec.score_field and isinstance(value, str)
    )
    return next((text[:MAX_REASON] for text in texts if text), None)


def check_prompt(prompt: str) -> None:
    """Check the places of a prompt, and that it shows the answer.

    Raises:
        InvalidInputError: It cannot be used; details have `line` and `column` where known.
    """
    check_places(prompt)
    require_answer_shown(prompt)


def check_places(prompt: str, field: str = "prompt") -> None:
    """Check the places of one prompt of several, which is called `field`.

    Raises:
        InvalidInputError: It cannot be used; details have `line` and `column`.
    """
    for fault in find_faults(prompt):
        raise InvalidInputError(
            f"The {field.replace('_', ' ')} cannot be used: {fault.message} (line {fault.line}, "
            f"column {fault.column}).",
            field=field,
            line=fault.line,
            column=fault.column,
        )


def require_answer_shown(prompt: str) -> None:
    """Check that the judge reads what it judges.

    Raises:
        InvalidInputError: It does not.
    """
    if not any(place.startswith("sample.") for place in find_places(prompt)):
        raise InvalidInputError(
            "The prompt does not show the answer. Put {{sample.output_text}} or "
            "{{sample.messages}} where the judge shall read it.",
            field="prompt",
        )


def _check_range(spec: JudgeSpec) -> None:
    for name, score in (("min_score", spec.min_score), ("max_score", spec.max_score)):
        if abs(score) > MAX_SCORE:
            raise InvalidInputError(
                f"The range of the score is too wide: {score:g} is beyond {MAX_SCORE:,}. Ask for "
                f"scores between -{MAX_SCORE:,} and {MAX_SCORE:,}.",
                field=name,
            )
    if spec.min_score >= spec.max_score:
        raise InvalidInputError(
            f"The range of the score is empty: it goes from {spec.min_score:g} to "
            f"{spec.max_score:g}. Let it end above its beginning.",
            field="max_score",
        )


def _check_schema(spec: JudgeSpec) -> None:
    schema, name = spec.output_schema, spec.score_field
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict):
        raise _schema_fault('it must say "type": "object" and list its "properties"')
    if name not in properties:
        known = ", ".join(properties) or "none"
        raise _schema_fault(f"it has no property {name!r} for the score; there are: {known}")
    score = properties[name]
    declared = score.get("type") if isinstance(score, dict) else None
    if spec.label_rewards and declared != "string":
        raise _schema_fault(f'the property {name!r} holds the label; give it "type": "string"')
    if declared not in _NUMERIC:
        raise _schema_fault(f'the property {name!r} holds the score; give it "type": "number"')
    if not _is_json(schema):
        raise _schema_fault("JSON has no numbers Infinity and NaN")


def _is_json(value: JsonValue) -> bool:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, float) and not math.isfinite(one):
            return False
        if isinstance(one, dict | list):
            left.extend(one.values() if isinstance(one, dict) else one)
    return True


def _schema_fault(message: str) -> InvalidInputError:
    return InvalidInputError(f"The output schema cannot be used: {message}.", field="output_schema")
