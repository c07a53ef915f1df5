r"""Judge prompts as MT-bench (FastChat, `judge_prompts.jsonl`) writes them, as judges.

    {"name": "single-v1", "type": "single", "system_prompt": "You are a helpful assistant.",
     "prompt_template": "[Question]\n{question}\n\n[Answer]\n{answer}"}

A prompt of the type `single` rates one answer and is a judge here: its places become those of a
record.  One of the type `pairwise` says which of two answers is better; a grader is shown one
answer, so that it is refused by name.
"""

import re
from typing import Any, Final

from pydantic import JsonValue

from rft_app.domain.grader import JudgeSpec
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
}
"""What each place is of a record; two turns are one record whose last answer is graded."""
_OF_TWO_TURNS: Final = {"ref_answer_1": "{{item.reference_1}}"}
"""The reference of a record is that of its last turn; of the first, a field of the source row."""
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
        'On a scale of 1 to 5:\n\nRate {{sample.output_text}} on a scale of 1 to 5.'
    """
    name = str(raw.get("name") or "without a name")
    if (kind := raw.get("type")) != "single":
        raise _refuse(name, _why_not(kind))
    system, template = raw.get("system_prompt") or "", raw["prompt_template"]
    if not isinstance(system, str) or not isinstance(template, str) or not template.strip():
        raise _refuse(name, "its `system_prompt` and `prompt_template` must be texts.")
    text = f"{system.strip()}\n\n{template.strip()}".strip()
    if PLACE.search(text):
        raise _refuse(name, "it holds {{…}}, which only prompts of this app have.")
    low, high = _find_scale(name, text)
    return JudgeSpec(
        prompt=_fill_places(name, text), min_score=low, max_score=high, max_tokens=_MAX_TOKENS
    )


def _fill_places(name: str, text: str) -> str:
    found = set(_NAMED.findall(text))
    if unknown := sorted(found - _PLACES.keys()):
        raise _refuse(
            name, f"nothing here fills in {{{unknown[0]}}}. Known are: {', '.join(_PLACES)}."
        )
    places = _PLACES | (_OF_TWO_TURNS if "ref_answer_2" in found else {})
    return _NAMED.sub(lambda place: places[place[1]], text)


def _find_scale(name: str, text: str) -> tuple[float, float]:
    if (scale := _SCALE.search(text)) is None:
        raise _refuse(name, "it does not say its range, as in “on a scale of 1 to 10”.")
    return float(scale[1]), float(scale[2])


def _why_not(kind: object) -> str:
    if kind == "pairwise":
        return (
            "it compares two answers, and a judge here is shown one. Take a prompt of the type "
            "single, e.g. single-v1, or single-math-v1 where records have references."
        )
    return f"its type is {kind!r}; only those of the type single can."


def _refuse(name: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"MT-bench's prompt {name!r} cannot be a judge: {why}", prompt=name)
