"""A grader as an OpenAI-compatible fine-tuning service takes it, for rows of `openai_rft`.

Those rows name the reference `reference_answer`, and have neither our ids nor the conversation as
a column: places are renamed, and what is not in a row is refused by name, so that the service
never grades by an empty text.
"""

import ast
import re
from typing import Any, Final

from rft_app.domain.grader import (
    GraderSpec,
    JudgeSpec,
    MultiSpec,
    PartSpec,
    ScriptSpec,
    StringCheckSpec,
    TextSimilaritySpec,
)
from rft_app.errors import InvalidInputError
from rft_app.graders.openai_json import to_openai
from rft_app.graders.portable.lookup import PLACE

_RENAMED: Final = {"reference": "reference_answer"}
_LACKING: Final = {"item": {"messages", "tools", "id", "rec_id"}, "sample": {"messages"}}
_READS: Final = re.compile(r"^(sample|item)\.(\w+)")
_BEHIND: Final = '''

# Below: what calls `grade` at the service; the script above is as it was written.


class RftFields(dict):
    """Keys are attributes, too."""

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError("There is no field " + repr(name))
        found = self[name]
        return RftFields(found) if isinstance(found, dict) else found


rft_grade = grade


def grade(sample, item):
    item = {"topic": None, **item, "reference": item.get("reference_answer")}
    found = rft_grade(RftFields(sample), RftFields(item))
    if isinstance(found, dict):
        if found.get("abstain") is True:
            raise ValueError("grade() abstains: " + str(found.get("reason") or "no reason given"))
        found = found.get("reward")
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found <= 1:
        raise ValueError("grade() must return a number from 0 to 1, not " + repr(found))
    return float(found)
'''


def to_training_grader(spec: GraderSpec) -> dict[str, Any]:
    """The grader that the service runs.

    Raises:
        InvalidInputError: It has none that grades alike; the message names kind and remedy.

    Example:
        >>> to_training_grader(StringCheckSpec())["reference"]
        '{{item.reference_answer}}'
    """
    if isinstance(spec, MultiSpec):
        parts = {name: _fit(part) for name, part in spec.graders.items()}
        return to_openai(spec.model_copy(update={"graders": parts}))
    return to_openai(_fit(spec))


def _fit(spec: PartSpec) -> PartSpec:
    match spec:
        case ScriptSpec():
            return spec.model_copy(update={"source": _fit_script(spec.source)})
        case StringCheckSpec() | TextSimilaritySpec():
            return _fit_text(spec)
        case JudgeSpec():
            return _fit_judge(spec)
        case _:
            return spec


def _fit_judge(spec: JudgeSpec) -> PartSpec:
    if spec.label_rewards is not None:
        raise InvalidInputError(
            "Fine-tuning services have no judges that give labels. Let the judge give a score."
        )
    system = None if spec.system_prompt is None else _rename(spec.system_prompt)
    return spec.model_copy(update={"prompt": _rename(spec.prompt), "system_prompt": system})


def _fit_text(spec: StringCheckSpec | TextSimilaritySpec) -> PartSpec:
    _require(f"sample.{spec.field}")
    return spec.model_copy(update={"reference": _rename(spec.reference)})


def _rename(text: str) -> str:
    """A text whose places name columns of the uploaded rows."""

    def rename(found: re.Match[str]) -> str:
        path = found[1].strip()
        _require(path)
        root, field, *rest = path.split(".")
        named = _RENAMED.get(field, field) if root == "item" else field
        return "{{" + ".".join((root, named, *rest)) + "}}"

    return PLACE.sub(rename, text)


def _require(path: str) -> None:
    found = _READS.match(path)
    if found is not None and found[2] in _LACKING[found[1]]:
        raise _refuse(f"{found[1]}.{found[2]}")


def _fit_script(source: str) -> str:
    for root, field in sorted(_find_reads(source)):
        if field in _LACKING[root]:
            raise _refuse(f"{root}.{field}")
    return f"{source.rstrip()}\n{_BEHIND}"


def _find_reads(source: str) -> set[tuple[str, str]]:
    """Fields that the script reads of what it is given, as far as names tell."""
    tree = ast.parse(source)
    graders = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "grade"]
    names = {
        argument.arg: root
        for one in graders[-1:]
        for argument, root in zip(one.args.args, ("sample", "item"), strict=False)
    }
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(field))):
                found.add((name, field))
            case ast.Attribute(value=ast.Name(id=name), attr=field):
                found.add((name, field))
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"),
                args=[ast.Constant(value=str(field)), *_],
            ):
                found.add((name, field))
            case _:
                pass
    return {(names[name], field) for name, field in found if name in names}


def _refuse(path: str) -> InvalidInputError:
    return InvalidInputError(
        f"The grader reads {path}, which is no column of the rows that are uploaded. Read "
        "item.reference, item.topic or a column of your own, or train on this machine."
    )
