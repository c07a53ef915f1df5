"""A script as a file that training calls grades what it grades here, and fails where it fails."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from rft_app.domain.grader import ScriptSpec, StringCheckSpec
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import make_item, make_sample
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, FileContext
from rft_app.graders import open_grader
from rft_app.graders.python_file import to_python
from tests.exports.builders import CALL, QUESTION, make_record

SCRIPT = """
from __future__ import annotations
import json

def grade(sample, item):
    reward = 0.0
    if sample.output_text == item["reference"]:
        reward += 0.25
    if item.fare == {"eur": 4} and item.topic == "Trips" and item.reference_answer == "42":
        reward += 0.25
    if sample.output_json == 42 or sample.output_tools:
        reward += 0.25
    if item.messages[-1]["role"] == "user":
        reward += 0.125
    for call in sample.output_tools:
        reward += 0.125 * (json.loads(call["function"]["arguments"])["flight"] == "SK 4711")
    return reward
"""
RECORD = make_record(reference="42", topic="Trips", reward=1.0, metadata={"fare": {"eur": 4}})


def load(spec: ScriptSpec) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(to_python(spec), "grader.py", "exec"), names)
    return names


def grade_here(spec: ScriptSpec, answer: list[dict[str, Any]]) -> float | None:
    text = "".join(turn.get("content") or "" for turn in answer)
    sample = make_sample(answer, orjson.loads(text) if text.isdigit() else None)
    fields = {"id": "rec_1", "messages": [QUESTION], "tools": None}
    item = make_item({"fare": {"eur": 4}}, {**fields, "topic": "Trips", "reference": "42"}, None)
    with open_grader(spec) as grader:
        (outcome,) = grader.grade([(sample, item)])
    return outcome.reward if isinstance(outcome, Verdict) else None


def read_row(name: str) -> dict[str, Any]:
    line = EXPORTERS.get(name).encoder(FileContext(dataset_name="trips"))(RECORD)
    assert isinstance(line, bytes)
    return orjson.loads(line)


def grade_by_trl(reward: Callable[..., Any], answer: list[dict[str, Any]] | str) -> float | None:
    row = read_row("trl_grpo")
    columns = {name: [value] for name, value in row.items() if name != "prompt"}
    given = {"completion_ids": [[1, 2]], "trainer_state": object()}
    (found,) = reward(prompts=[row["prompt"]], completions=[answer], **columns, **given)
    return found


def calling(arguments: str | dict[str, Any]) -> list[dict[str, Any]]:
    function = {**CALL["tool_calls"][0]["function"], "arguments": arguments}
    return [{"role": "assistant", "tool_calls": [CALL["tool_calls"][0] | {"function": function}]}]


@pytest.mark.parametrize(
    ("answer", "reward"),
    [
        ([{"role": "assistant", "content": "42"}], 0.875),
        ([{"role": "assistant", "content": "no"}], 0.375),
        (calling('{"flight":"SK 4711"}'), 0.75),
    ],
)
def test_trl_gives_the_grade_of_a_dry_run(answer: list[dict[str, Any]], reward: float) -> None:
    spec = ScriptSpec(source=SCRIPT)
    assert grade_here(spec, answer) == reward
    assert grade_by_trl(load(spec)["reward"], answer) == reward


def test_arguments_that_trl_parsed_are_text_for_the_script() -> None:
    assert (
        grade_by_trl(load(ScriptSpec(source=SCRIPT))["reward"], calling({"flight": "SK 4711"}))
        == 0.75
    )


def test_trl_rows_of_plain_text_are_graded() -> None:
    assert grade_by_trl(load(ScriptSpec(source=SCRIPT))["reward"], "42") == 0.875


def test_verl_gives_the_grade_of_a_dry_run() -> None:
    row = read_row("verl")
    truth = row["reward_model"]["ground_truth"]
    grade = load(ScriptSpec(source=SCRIPT.replace("item.messages[-1]", '{"role": "user"}')))
    assert grade["compute_score"](row["data_source"], "42", truth, row["extra_info"]) == 0.875


@pytest.mark.parametrize("returned", ["2", "None", "float('nan')", "1 / 0", "item.reward"])
def test_what_cannot_be_graded_is_no_zero(returned: str) -> None:
    spec = ScriptSpec(source=f"def grade(sample, item):\n    return {returned}\n")
    names = load(spec)
    assert grade_here(spec, [{"role": "assistant", "content": "42"}]) is None
    assert grade_by_trl(names["reward"], "42") is None
    with pytest.raises((ValueError, ArithmeticError, AttributeError)):
        names["compute_score"]("trips", "42", "42", {})
    names["RFT_FAILED"] = 0.5
    assert names["compute_score"]("trips", "42", "42", {}) == 0.5


def test_the_file_comes_back_as_the_same_grader() -> None:
    spec = ScriptSpec(source=SCRIPT)
    back = ScriptSpec(source=to_python(spec))
    assert to_python(back) == back.source
    assert grade_here(back, [{"role": "assistant", "content": "42"}]) == 0.875


@pytest.mark.parametrize("binding", ["reward = 1", "import rft_json", "def compute_score(): ..."])
def test_a_name_that_the_file_needs_is_refused_by_name(binding: str) -> None:
    source = f"{binding}\ndef grade(sample, item):\n    return 1\n"
    with pytest.raises(InvalidInputError, match="Rename it"):
        to_python(ScriptSpec(source=source))


def test_another_kind_is_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidInputError, match=r"kind string check.*OpenAI grader"):
        to_python(StringCheckSpec())
