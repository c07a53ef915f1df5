"""A script grader as one Python file that TRL and verl call, and that can be imported here again.

The file is the script as it is, with functions behind it that lay out `sample` and `item` as a dry
run does.  It needs the standard library alone.  An answer that cannot be graded is never a zero.

Source: https://huggingface.co/docs/trl/grpo_trainer#using-a-custom-reward-function (TRL 1.16) and
https://verl.readthedocs.io/en/latest/preparation/reward_function.html (verl 0.9.1).
"""

import ast
import symtable
from typing import Final

from rft_app.domain.grader import GraderSpec, ScriptSpec
from rft_app.errors import InvalidInputError

_TAKEN: Final = frozenset({"reward", "compute_score"})
_PREFIX: Final = "rft_"
_ADAPTERS: Final = '''

# Below: what calls `grade` in training; the script above is as it was written.
#
# TRL   GRPOTrainer(reward_funcs=[reward], train_dataset=...) with rows of the format trl_grpo.
# verl  custom_reward_function.path=THIS_FILE custom_reward_function.name=compute_score with rows
#       of the format verl.

import json as rft_json

RFT_FAILED = None
"""What verl is told of an answer that cannot be graded. None: training stops with the error.
TRL is told None, which leaves the answer out."""


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
        value = rft_json.loads(text)
    except ValueError:
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


def rft_grade(answer, item):
    reward = grade(rft_sample(answer), item)
    if isinstance(reward, dict) and reward.get("abstain") is True:
        raise ValueError(f"grade() abstains: {reward.get('reason') or 'no reason given'}")
    if isinstance(reward, dict):
        reward = reward.get("reward")
    if not isinstance(reward, (int, float)) or not 0 <= reward <= 1:
        raise ValueError(f"grade() returned {reward!r}; it must return a number from 0 to 1.")
    return float(reward)


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
        return rft_grade(solution_str, rft_item(row, extra.get("prompt") or [], ground_truth))
    except Exception:
        if RFT_FAILED is None:
            raise
        return RFT_FAILED
'''


def to_python(spec: GraderSpec) -> str:
    """The source of the file.

    Raises:
        InvalidInputError: The grader is no script, or one with names that the file needs.
    """
    if not isinstance(spec, ScriptSpec):
        label = spec.kind.replace("_", " ")
        raise InvalidInputError(
            f"Only a script becomes a Python file; this grader is of the kind {label}. Write it as "
            "a script, or take it as an OpenAI grader.",
            kind=spec.kind,
        )
    source = _own_part(spec.source)
    names = sorted(name for name in _find_names(source) if _is_taken(name))
    if names:
        raise InvalidInputError(
            f"The script defines `{names[0]}`, which is a name of the file around it. Rename it.",
            names=names,
        )
    return f"{source.rstrip()}\n{_ADAPTERS}"


def _own_part(source: str) -> str:
    """The script without what an earlier export put behind it."""
    return source.partition(_ADAPTERS.lstrip("\n").partition("\n")[0])[0]


def _is_taken(name: str) -> bool:
    return name in _TAKEN or name.lower().startswith(_PREFIX)


def _find_names(source: str) -> set[str]:
    """What is bound at the top level, by functions too."""
    top = symtable.symtable(source, "<grader>", "exec").get_symbols()
    bound = {one.get_name() for one in top if one.is_assigned() or one.is_imported()}
    shared = (node.names for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global))
    return bound.union(*shared)
