"""A script as a file that training calls grades what it grades here, and fails where it fails."""

import ast
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from rft_app.domain.grader import GraderSpec, ScriptSpec, parse_spec
from rft_app.domain.grading import Verdict
from rft_app.domain.record import RecordBytes
from rft_app.domain.rollout import make_item, make_sample
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, FileContext
from rft_app.graders import open_grader
from rft_app.graders._grader_code import read_settings
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


def load(spec: GraderSpec) -> dict[str, Any]:
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


def read_row(name: str, record: RecordBytes = RECORD) -> dict[str, Any]:
    line = EXPORTERS.get(name).encoder(FileContext(dataset_name="trips"))(record)
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


CALLS = '[{"name":"find_flight","arguments":{"flight":"sk-4711"}},{"name":"pay","arguments":{}}]'
ROW = make_record(
    reference=CALLS,
    topic="Trips",
    metadata={"fare": {"eur": 4}, "wanted": "The SK 4711 leaves at nine", "pattern": r"\b4\d+"},
)
TEXT = {"reference": "{{item.wanted}}"}
SHORT = """
def grade(sample, item):
    if not sample.output_text:
        return {"abstain": True}
    item["wanted"] = "changed"
    return {"reward": 1 / len(sample.output_text), "reason": "short"}
"""
QUOTES = '''
def grade(sample, item):
    return len("""it's \'\'\'\\n""") / 100
'''
PARTS: dict[str, dict[str, Any]] = {
    "same": {"kind": "string_check", "operation": "like", "reference": "{{item.fare.eur}}"},
    "short": {"kind": "script", "source": SHORT, "weight": 0.5},
    "alike": {"kind": "text_similarity", **TEXT, "weight": 3},
    "form": {"kind": "json_schema", "json_schema": {"type": "object"}, "weight": 0},
}
OBJECT = {"required": ["n"], "properties": {"n": {"type": "object"}}}
SHARES = "0.4 * a + 0.2 * b + 0.3 * c + 0.1 * d"
EQUAL = {"kind": "string_check", **TEXT}
FORMULAS = ("sqrt(alike) / 2 + form / 4", "1 / (form - form)", "alike + 1")
SPECS: list[dict[str, Any]] = [
    *({"kind": "string_check", "operation": name, **TEXT} for name in ("eq", "ne", "ilike")),
    {"kind": "string_check", "operation": "regex", "reference": "{{item.pattern}}"},
    {"kind": "string_check", "field": "output_json.n", "reference": "{{item.fare}}"},
    *(
        {"kind": "text_similarity", "metric": name, **TEXT}
        for name in ("fuzzy_match", "bleu", "rouge_1", "rouge_2", "rouge_l")
    ),
    {"kind": "json_schema", "json_schema": OBJECT},
    *(
        {"kind": "multi", "combine": name, "graders": PARTS}
        for name in ("weighted_mean", "product", "minimum")
    ),
    {"kind": "multi", "graders": PARTS, "gates": {"same": 1}},
    {
        "kind": "multi",
        "graders": {"lost": {"kind": "string_check", "reference": "{{item.missing}}"}, **PARTS},
        "gates": {"form": 1},
    },
    {
        "kind": "multi",
        "combine": "formula",
        "formula": SHARES,
        "graders": dict.fromkeys("abcd", EQUAL),
    },
    *(
        {"kind": "multi", "combine": "formula", "formula": formula, "graders": PARTS}
        for formula in FORMULAS
    ),
    {"kind": "string_check", "reference": "{{item.missing}}"},
]
CALLING: list[dict[str, Any]] = [
    {"kind": "tool_calls"},
    {"kind": "tool_calls", "arguments": "ignore", "is_partial": False},
    {"kind": "tool_calls", "arguments": "subset", "is_loose": True, "is_ordered": True},
    {"kind": "string_check", "field": "output_tools.0.function.name", "reference": "find_flight"},
]
ANSWERS = [
    "The SK 4711 leaves at nine",
    "the sk 4711 LEAVES at nine",
    '{"n": {"eur":4}, "text": "the sk 4711 leaves at ten"}',
    '{"n": NaN}',
    "4",
    "",
]


def grade_row_here(spec: GraderSpec, answer: list[dict[str, Any]]) -> float | None:
    text = "".join(turn.get("content") or "" for turn in answer)
    value = orjson.loads(text) if text[:1] in {"{", "4"} and "NaN" not in text else None
    fields = {"id": "rec_1", "messages": [QUESTION], "tools": None, "topic": "Trips"}
    item = make_item(orjson.loads(ROW.metadata or b"{}"), {**fields, "reference": CALLS}, None)
    with open_grader(spec) as grader:
        (outcome,) = grader.grade([(make_sample(answer, value), item)])
    return outcome.reward if isinstance(outcome, Verdict) else None


def grade_row_by_trl(names: dict[str, Any], answer: list[dict[str, Any]]) -> float | None:
    row = read_row("trl_grpo", ROW)
    columns = {name: [value] for name, value in row.items() if name != "prompt"}
    (found,) = names["reward"](prompts=[row["prompt"]], completions=[answer], **columns)
    return found


@pytest.mark.parametrize("raw", SPECS)
def test_a_grader_of_settings_grades_in_training_as_here(raw: dict[str, Any]) -> None:
    spec = parse_spec(raw)
    names = load(spec)
    row = read_row("verl", ROW)
    found = set[float | None]()
    for text in ANSWERS:
        here = grade_row_here(spec, [{"role": "assistant", "content": text}])
        found.add(here)
        by_trl = grade_row_by_trl(names, [{"role": "assistant", "content": text}])
        given = (row["data_source"], text, row["reward_model"]["ground_truth"], row["extra_info"])
        if here is None:
            assert by_trl is None
            with pytest.raises(Exception, match=r"no `|abstains|formula"):
                names["compute_score"](*given)
        else:
            assert by_trl == pytest.approx(here, abs=1e-9), text
            assert names["compute_score"](*given) == pytest.approx(here, abs=1e-9), text
    assert len(found) > 1 or raw["reference" if "reference" in raw else "formula"] in {
        "{{item.missing}}",
        *FORMULAS[1:],
    }


@pytest.mark.parametrize("raw", CALLING)
@pytest.mark.parametrize("flight", ["SK 4711", "sk-4711", "LH 1"])
def test_tool_calls_are_graded_under_trl(raw: dict[str, Any], flight: str) -> None:
    spec = parse_spec(raw)
    here = grade_row_here(spec, calling(f'{{"flight":"{flight}"}}'))
    assert here is not None
    assert grade_row_by_trl(load(spec), calling({"flight": flight})) == pytest.approx(
        here, abs=1e-9
    )


@pytest.mark.parametrize("raw", CALLING)
def test_what_verl_does_not_hand_over_ends_its_training_and_is_no_zero(raw: dict[str, Any]) -> None:
    names = load(parse_spec(raw))
    with pytest.raises(ValueError, match=r"does not hand over sample\.output_tools"):
        names["compute_score"]("trips", "42", CALLS, {})


def test_the_file_names_what_to_install_and_nothing_else() -> None:
    assert "It needs the standard library alone." in to_python(parse_spec(SPECS[0]))
    written = to_python(parse_spec({"kind": "multi", "graders": PARTS}))
    assert "pip install jsonschema-rs==" in written
    assert "import rapidfuzz  # pip install rapidfuzz==" in written
    assert "sacrebleu==" not in written
    assert "rft_app" not in written


def test_no_name_of_the_code_is_defined_twice() -> None:
    parts = {spec["kind"]: spec for spec in [*SPECS, *CALLING] if spec["kind"] != "multi"}
    spec = {"kind": "multi", "graders": parts, "combine": "formula", "formula": "tool_calls"}
    body = ast.parse(to_python(parse_spec(spec))).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    targets = [node.targets[0] for node in body if isinstance(node, ast.Assign)]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    defined += [node.id for node in targets if isinstance(node, ast.Name)]
    assert sorted(defined) == sorted(set(defined))


def test_settings_survive_quotes_and_come_back() -> None:
    spec = parse_spec({"kind": "multi", "graders": {"odd": {"kind": "script", "source": QUOTES}}})
    text = read_settings(to_python(spec))
    assert text is not None
    assert parse_spec(orjson.loads(text)) == spec
    assert grade_row_by_trl(load(spec), [{"role": "assistant", "content": ""}]) == 0.09


JUDGE = {"kind": "judge", "prompt": "{{sample.output_text}}"}
RUBRIC = {**JUDGE, "kind": "rubric", "criteria": [{"name": "tone", "description": "Polite?"}]}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (JUDGE, r"this grader does: it is a judge\. Write it as a script, or .* OpenAI JSON\."),
        (RUBRIC, r"this grader does: it is a rubric\. Write it as a script\."),
        (
            {"kind": "multi", "graders": {"same": {"kind": "string_check"}, "tone": JUDGE}},
            r"its part 'tone' does: it is a judge\. Take it out of the combination, or",
        ),
    ],
)
def test_a_grader_that_asks_a_model_is_refused_with_a_way_out(
    raw: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        to_python(parse_spec(raw))
