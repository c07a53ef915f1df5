r"""Judge prompts as MT-bench (FastChat, `judge_prompts.jsonl`) writes them, as judges.

    {"name": "single-v1", "type": "single", "system_prompt": "You are a helpful assistant.",
     "prompt_template": "[Question]\n{question}\n\n[Answer]\n{answer}"}

A prompt of the type `single` rates one answer: its places become those of a record, and the rating
has its place in the range.  One of the type `pairwise` says which of two answers is better, or that
neither is: answer B is the one that is graded, answer A the one it is compared with, so that the
verdict [[A]] is a reward of 0, [[B]] of 1 and [[C]] of 0.5.  Answer A is the record's reference;
where the prompt shows a reference besides, it is the field `answer_a` of the source row.  Judges
favour a position: as the graded answer is always the second one, rewards of one such judge compare
with each other, and are no measure of how often a model beats the reference.
"""

import re
from typing import Any, Final

from pydantic import JsonValue

from rft_app.domain.grader import JudgeSpec, label_schema
from rft_app.errors import InvalidInputError
from rft_app.graders.portable.lookup import PLACE

_PLACES: Final = {
    "question": "{{item.messages}}",
    "answer": "{{sample.output_text}}",
    "question_1": "{{item.messages.0.content}}",
    "answer_1": "{{item.messages.1.content}}",
    "question_2": "{{item.messages.2.content}}",
    "answer_2": "{{sample.output_text}}",
    "ref_answer_1": "{{item.reference}}",
    "ref_answer_2": "{{item.reference}}",
    "answer_a": "{{item.reference}}",
    "answer_b": "{{sample.output_text}}",
    "answer_a_1": "{{item.messages.1.content}}",
    "answer_a_2": "{{item.reference}}",
    "answer_b_1": "{{item.messages.1.content}}",
    "answer_b_2": "{{sample.output_text}}",
}
"""What each place is of a record; two turns are one record whose last answer is graded."""
_OF_TWO_TURNS: Final = {"ref_answer_1": "{{item.reference_1}}"}
"""The reference of a record is that of its last turn; of the first, a field of the source row."""
_BESIDE_REFERENCE: Final = dict.fromkeys(("answer_a", "answer_a_2"), "{{item.answer_a}}")
"""What the answer is compared with where the prompt shows the reference, too."""
_VERDICTS: Final = {"A": 0.0, "B": 1.0, "C": 0.5}
"""The reward of each verdict of two answers, of which B is graded."""
_VERDICT: Final = "verdict"
_NAMED: Final = re.compile(r"\{(\w+)\}")
_SCALE: Final = re.compile(r"on a scale of (\d+) to (\d+)")
_MAX_TOKENS: Final = 2_048
"""These judges explain at length before they rate."""


def is_mt_bench(raw: JsonValue) -> bool:
    """Whether this is such a prompt, of whatever type."""
    return isinstance(raw, dict) and "prompt_template" in raw


def from_mt_bench(raw: dict[str, Any]) -> JudgeSpec:
    r"""The judge that asks this prompt.

    Raises:
        InvalidInputError: No judge here can ask it; the message names the prompt, and why.

    Example:
        >>> from_mt_bench({
        ...     "name": "short", "type": "single", "system_prompt": "On a scale of 1 to 5:",
        ...     "prompt_template": "Rate {answer} on a scale of 1 to 5."
        ... }).prompt
        'Rate {{sample.output_text}} on a scale of 1 to 5.'
    """
    name = str(raw.get("name") or "without a name")
    kind = raw.get("type")
    if kind not in {"single", "pairwise"}:
        raise _refuse(name, f"its type is {kind!r}; only single and pairwise can.")
    system, template = raw.get("system_prompt") or "", raw["prompt_template"]
    if not isinstance(system, str) or not isinstance(template, str) or not template.strip():
        raise _refuse(name, "its `system_prompt` and `prompt_template` must be texts.")
    text = f"{system}\n{template}"
    if PLACE.search(text):
        raise _refuse(name, "it holds {{…}}, which only prompts of this app have.")
    places = _find_places(name, text)

    def fill(part: str) -> str:
        return _NAMED.sub(lambda place: places[place[1]], part.strip())

    common = JudgeSpec(
        prompt=fill(template), system_prompt=fill(system) or None, max_tokens=_MAX_TOKENS
    )
    if kind == "pairwise":
        _require_verdicts(name, text)
        own = {"label_rewards": _VERDICTS, "score_field": _VERDICT}
        return common.model_copy(
            update={**own, "output_schema": label_schema([*_VERDICTS], _VERDICT)}
        )
    low, high = _find_scale(name, text)
    return common.model_copy(update={"min_score": low, "max_score": high})


def _find_places(name: str, text: str) -> dict[str, str]:
    found = set(_NAMED.findall(text))
    if unknown := sorted(found - _PLACES.keys()):
        raise _refuse(
            name, f"nothing here fills in {{{unknown[0]}}}. Known are: {', '.join(_PLACES)}."
        )
    places = _PLACES | (_OF_TWO_TURNS if "ref_answer_2" in found else {})
    has_reference = not found.isdisjoint({"ref_answer_1", "ref_answer_2"})
    return places | (_BESIDE_REFERENCE if has_reference else {})


def _find_scale(name: str, text: str) -> tuple[float, float]:
    if (scale := _SCALE.search(text)) is None:
        raise _refuse(name, "it does not say its range, as in “on a scale of 1 to 10”.")
    return float(scale[1]), float(scale[2])


def _require_verdicts(name: str, text: str) -> None:
    if lacking := [label for label in _VERDICTS if f"[[{label}]]" not in text]:
        raise _refuse(name, f"it does not ask for the verdict [[{lacking[0]}]].")


def _refuse(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"MT-bench's prompt {name!r} cannot be a judge: {why}", prompt=name)
