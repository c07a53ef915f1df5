"""A grader as one Python file that TRL and verl call, and that can be imported here again.

The file is the script as it is, or the code and settings of another kind (`_grader_code`), with
functions behind it that lay out `sample` and `item` as a dry run does.  A script needs the standard
library alone; other kinds name what to install.  An answer that cannot be graded is never a zero.

Source: https://huggingface.co/docs/trl/grpo_trainer#using-a-custom-reward-function (TRL 1.16) and
https://verl.readthedocs.io/en/latest/preparation/reward_function.html (verl 0.9.1).
"""

import ast
import re
import symtable
from collections.abc import Mapping
from typing import Final

import orjson

from rft_app.domain.grader import (
    GraderSpec,
    JsonSchemaSpec,
    JudgeSpec,
    MultiSpec,
    ScriptSpec,
    StringCheckSpec,
    TextSimilaritySpec,
    ToolCallsSpec,
    list_asking,
    parse_spec,
)
from rft_app.errors import InvalidInputError
from rft_app.graders._grader_code import SETTINGS, read_settings, write_code
from rft_app.graders.portable.lookup import find_places

_TAKEN: Final = frozenset({"reward", "compute_score"})
_PREFIX: Final = "rft_"
_BELOW: Final = "# Below: what calls `grade` in training; the script above is as it was written."
_ADAPTERS: Final = '''
#
# TRL   GRPOTrainer(reward_funcs=[reward], train_dataset=...) with rows of the format trl_grpo.
# verl  reward.custom_reward_function.path=THIS_FILE
#       reward.custom_reward_function.name=compute_score with rows of the format verl.

import json as rft_json

RFT_FAILED = None
"""What verl is told of an answer that cannot be graded. None: the error is raised, with which
verl 0.9 logs it and leaves the answer out, and stops where a step has no other.
TRL is told None, which leaves the answer out."""
RFT_VERL_LACKS = ""
"""What `grade` compares and verl does not hand over; empty where there is nothing."""


class RftFields(dict):
    """Keys are attributes, too."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(f"There is no field {name!r}.")


def rft_text(content):
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in content or ()]
    return "\\n".join(text for text in texts if isinstance(text, str))


def rft_call(call):
    """A tool call with its arguments as JSON text."""
    function = dict(call.get("function") or {})
    if not isinstance(function.get("arguments", ""), str):
        function["arguments"] = rft_json.dumps(function["arguments"], ensure_ascii=False)
    return {**call, "function": function}


def rft_refuse(text):
    raise ValueError(f"{text} is not JSON")


def rft_sample(answer):
    if isinstance(answer, str):
        answer = [{"role": "assistant", "content": answer}]
    messages = [
        {**turn, "tool_calls": [rft_call(call) for call in turn["tool_calls"]]}
        if turn.get("tool_calls")
        else turn
        for turn in answer
    ]
    said = [rft_text(turn.get("content")) for turn in messages if turn.get("role") == "assistant"]
    text = "\\n".join(filter(None, said))
    try:
        value = rft_json.loads(text, parse_constant=rft_refuse)
    except (ValueError, RecursionError):
        value = None
    calls = [call for turn in messages for call in turn.get("tool_calls") or ()]
    sample = {"output_text": text, "output_json": value, "output_tools": calls}
    return RftFields(sample, messages=messages)


def rft_item(row, messages, reference):
    """The record; what was recorded for another answer is not this one's reward."""
    item = {name: value for name, value in row.items() if value is not None and name != "reward"}
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    item = {"topic": None, "tools": None, **item, "messages": messages}
    return RftFields(item, reference=reference, reference_answer=reference)


def rft_read(reward):
    """The number that a grader returned; None where it abstains."""
    if isinstance(reward, dict):
        strange = sorted(reward.keys() - {"reward", "criteria", "reason", "abstain"})
        if strange:
            raise ValueError(f"grade() returned a dict with {strange[0]!r}, which is unknown.")
        if reward.get("abstain") is True:
            return None
        reward = reward.get("reward")
    if not isinstance(reward, (int, float)) or not 0 <= reward <= 1:
        raise ValueError(f"grade() returned {reward!r}; it must return a number from 0 to 1.")
    return float(reward)


def rft_grade(answer, item):
    found = grade(rft_sample(answer), item)
    reward = rft_read(found)
    if reward is None:
        raise ValueError(f"grade() abstains: {found.get('reason') or 'no reason given'}")
    return reward


def reward(prompts, completions, **columns):
    """TRL: a reward for each completion; None where it could not be graded."""
    rewards = []
    for place, answer in enumerate(completions):
        row = {
            name: values[place]
            for name, values in columns.items()
            if isinstance(values, list) and len(values) == len(completions)
        }
        row.pop("completion_ids", None)
        item = rft_item(row, prompts[place], row.get("reference_answer"))
        try:
            rewards.append(rft_grade(answer, item))
        except Exception as error:
            print(f"not graded: {type(error).__name__}: {error}")
            rewards.append(None)
    return rewards


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_):
    """verl: the reward of one answer."""
    extra = dict(extra_info or {})
    row = {**rft_json.loads(extra.get("item") or "{}"), "topic": extra.get("topic")}
    row["rec_id"] = extra.get("record_id")
    row.setdefault("id", row["rec_id"])
    try:
        if RFT_VERL_LACKS:
            raise ValueError(f"verl does not hand over {RFT_VERL_LACKS}, which this grader reads.")
        return rft_grade(solution_str, rft_item(row, extra.get("prompt") or [], ground_truth))
    except Exception:
        if RFT_FAILED is None:
            raise
        return RFT_FAILED
'''


def to_python(spec: GraderSpec) -> str:
    """The source of the file.

    Raises:
        InvalidInputError: The grader asks a model, or a script has names that the file needs.
    """
    if asking := list_asking(spec):
        raise _refuse_asking(asking)
    if isinstance(spec, ScriptSpec):
        return _write_script(spec)
    lacks = " and ".join(find_lacks(spec))
    adapters = _ADAPTERS.replace('RFT_VERL_LACKS = ""', f'RFT_VERL_LACKS = "{lacks}"')
    return f"{write_code(spec)}\n\n# Below: what calls `grade` in training.{adapters}"


def from_python(source: str) -> GraderSpec:
    """The grader of a Python file: the settings of one made here, else the file as a script.

    Raises:
        InvalidInputError: It is too long or no Python, or its settings were made unusable.
    """
    try:
        settings = read_settings(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        settings = None  # the script's own check names the line
    if settings is None:
        return parse_spec({"kind": "script", "source": _own_part(source)})
    try:
        return parse_spec(orjson.loads(settings))
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"`{SETTINGS}` in the file is not JSON: {error.msg} (line {error.lineno} of it)."
        ) from error


def read_script(source: str) -> str:
    """What somebody wrote in a file that is given as a script; one that cannot be read stays.

    Raises:
        InvalidInputError: It holds a grader of another kind, as `to_python` writes it.
    """
    try:
        settings = read_settings(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        settings = None  # the script's own check names the line
    if settings is not None:
        raise InvalidInputError(
            "This file holds the settings of a grader made here, which as a script would be lost. "
            "Give the file itself: PUT …/grader/python, or `rft run DATASET --grader FILE`.",
            field="script",
        )
    return _own_part(source)


def _refuse_asking(asking: Mapping[str, GraderSpec]) -> InvalidInputError:
    (name, part), *_ = asking.items()
    who = f"its part {name!r}" if name else "this grader"
    remedy = "Take it out of the combination" if name else "Write it as a script"
    other = ", or take the grader as OpenAI JSON" if isinstance(part, JudgeSpec) else ""
    return InvalidInputError(
        f"A Python file asks no model, and {who} does: it is a {part.kind}. {remedy}{other}.",
        kind=part.kind,
    )


def find_lacks(spec: GraderSpec) -> list[str]:
    """What a grader reads of answer and record that verl does not hand over, in order.

    Of a script it is what its text names; one that hides it fails when it is called.
    """
    parts = list(spec.graders.values()) if isinstance(spec, MultiSpec) else [spec]
    paths = {path for part in parts for path in _list_paths(part)}
    return sorted({lack for path in paths if (lack := _find_lack(path))})


def _list_paths(spec: GraderSpec) -> list[str]:
    match spec:
        case ScriptSpec():
            return _list_script_paths(spec.source)
        case ToolCallsSpec():
            return ["sample.output_tools", *find_places(spec.reference)]
        case StringCheckSpec() | TextSimilaritySpec():
            return [f"sample.{spec.field}", *find_places(spec.reference)]
        case JsonSchemaSpec():
            return [f"sample.{spec.field}"]
        case _:
            return []


def _list_script_paths(source: str) -> list[str]:
    """`sample.x`, `item["x"]` and `item.get("x")` in a script, as paths."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id=("sample" | "item") as owner), attr=name):
                found.append(f"{owner}.{name}")
            case (
                ast.Subscript(
                    value=ast.Name(id=("sample" | "item") as owner),
                    slice=ast.Constant(value=str(name)),
                )
                | ast.Call(
                    func=ast.Attribute(value=ast.Name(id=("sample" | "item") as owner), attr="get"),
                    args=[ast.Constant(value=str(name)), *_],
                )
            ):
                found.append(f"{owner}.{name}")
            case _:
                pass
    return [path for path in found if path != "sample.messages"]  # the answer's text is in them


def _find_lack(path: str) -> str | None:
    found = re.match(r"(sample\.output_tools|sample\.messages|item\.messages|item\.tools)\b", path)
    return found and found[1]


def _write_script(spec: ScriptSpec) -> str:
    source = _own_part(spec.source)
    names = sorted(name for name in _find_names(source) if _is_taken(name))
    if names:
        raise InvalidInputError(
            f"The script defines `{names[0]}`, which is a name of the file around it. Rename it.",
            names=names,
        )
    return f"{source.rstrip()}\n\n\n{_BELOW}{_ADAPTERS}"


def _own_part(source: str) -> str:
    """The script without what an earlier export put behind it."""
    own, is_exported, _ = source.partition(_BELOW)
    return f"{own.rstrip()}\n" if is_exported else own


def _is_taken(name: str) -> bool:
    return name in _TAKEN or name.lower().startswith(_PREFIX)


def _find_names(source: str) -> set[str]:
    """What is bound at the top level, by functions too."""
    top = symtable.symtable(source, "<grader>", "exec").get_symbols()
    bound = {one.get_name() for one in top if one.is_assigned() or one.is_imported()}
    shared = (node.names for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global))
    return bound.union(*shared)
