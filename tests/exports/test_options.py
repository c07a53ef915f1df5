"""What options change in the rows of a format."""

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rft_app.domain.example import Origin, Pair
from rft_app.domain.export import ExportOptions, Lack, ToolArguments
from rft_app.domain.record import RecordBytes
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, FileContext
from tests.exports.builders import ANSWER, CALL, FLIGHT_TOOL, QUESTION, RESULT, make_record

BIG = '{"number":123456789012345678901234567890,"ratio":1.10}'


def encode(name: str, example: RecordBytes | Pair, **options: Any) -> bytes | Lack:
    """A line of a format."""
    context = FileContext(
        options=ExportOptions(**options), dataset_name="trips", created_at="2026-11-22T00:00:00Z"
    )
    return EXPORTERS.get(name).encoder(context)(example)


def row(name: str, example: RecordBytes | Pair, **options: Any) -> dict[str, Any]:
    """The same as a value."""
    line = encode(name, example, **options)
    assert isinstance(line, bytes), line
    return orjson.loads(line)


def test_arguments_can_stay_text_for_trl() -> None:
    record = make_record([QUESTION, CALL, RESULT], tools=[FLIGHT_TOOL])
    written = row("trl_sft", record, tool_arguments=ToolArguments.TEXT)["messages"][1]
    assert written["tool_calls"][0]["function"]["arguments"] == '{"to":"Oslo","via":null}'
    assert written["content"] == ""


def test_no_digit_of_an_argument_changes() -> None:
    call = orjson.loads(orjson.dumps(CALL))
    call["tool_calls"][0]["function"]["arguments"] = BIG
    record = make_record([QUESTION, call, RESULT])
    for name in ("trl_sft", "sharegpt"):
        line = encode(name, record)
        assert isinstance(line, bytes)
        assert b"123456789012345678901234567890" in line
        assert b"1.10" in line


def test_trl_sft_can_part_prompt_and_completion() -> None:
    assert row("trl_sft", make_record(), as_completion=True) == {
        "prompt": [QUESTION],
        "completion": [ANSWER],
    }


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ('{"a": {{messages}}}', {"a": [QUESTION, ANSWER]}),
        ('{"a": {{trace_id}}, "b": "{{trace_id}}!"}', {"a": None, "b": "!"}),
        (
            '{"a": "{{source_type}} {{score}}", "t": {{created_at}}}',
            {"a": "upload 0.5", "t": "2026-11-22T00:00:00Z"},
        ),
        ('{"a": {{metadata.n}}, "b": {{metadata.missing}}}', {"a": 3, "b": None}),
        ('{"a": {{agent_name}}}', {"a": "booker"}),
        ('{"a": {{reference}}, "b": {{topic}}, "c": {{tools}}}', {"a": "x", "b": "T", "c": None}),
    ],
)
def test_a_template_reads_its_record(template: str, written: dict[str, Any]) -> None:
    record = make_record(
        reward=0.5, reference="x", topic="T", metadata={"n": 3, "service.name": "booker"}
    )
    assert row("custom", record, template=template) == written


def test_a_template_with_a_chosen_answer_writes_pairs() -> None:
    template = '{"q": {{input}}, "good": {{chosen}}, "bad": {{rejected}}, "m": {{messages}}}'
    worse = (orjson.dumps({"role": "assistant", "content": "No."}),)
    pair = Pair(make_record(), (orjson.dumps(ANSWER),), worse, Origin.FEEDBACK)
    assert row("custom", pair, template=template) == {
        "q": QUESTION["content"],
        "good": ANSWER["content"],
        "bad": "No.",
        "m": [QUESTION],
    }


def test_a_record_without_answer_has_no_output_to_fill_in() -> None:
    assert encode("custom", make_record(answer=None)) is Lack.NO_OUTPUT
    assert row("custom", make_record(answer=None), template='{"a": {{input}}}')


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('{"a": {{inputs}}}', r"\{\{inputs\}\} is not a recognized variable. Did you mean .*input"),
        ('{"a": {{qqq}}}', r"There are .*\{\{metadata.x\}\}"),
        ('{"a": ', "Line 1, column"),
    ],
)
def test_a_faulty_template_is_refused(template: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        encode("custom", make_record(), template=template)


@pytest.mark.parametrize("num_rows", [0, 1, 3])
def test_an_array_is_one_json_document(num_rows: int) -> None:
    layout = EXPORTERS.get("dspy").layout(ExportOptions())
    rows = [b'{"n":%d}\n' % number for number in range(num_rows)]
    assert orjson.loads(b"".join(layout.frame(rows))) == [{"n": n} for n in range(num_rows)]


def test_parquet_keeps_types_and_is_shown_as_read_back() -> None:
    layout = EXPORTERS.get("verl").layout(ExportOptions())
    line = encode("verl", make_record(reference="18", reward=1.0))
    assert isinstance(line, bytes)
    table = pq.read_table(pa.BufferReader(b"".join(layout.frame([line] * 5_000))))
    assert table.num_rows == 5_000
    assert table.schema.field("prompt").type.value_type.names == ["role", "content"]
    [shown] = layout.show([line])
    assert orjson.loads(shown)["reward_model"] == {"style": "rule", "ground_truth": "18"}


def test_several_results_of_one_turn_are_one_observation() -> None:
    calls = {
        **CALL,
        "tool_calls": [CALL["tool_calls"][0], {**CALL["tool_calls"][0], "id": "call_2"}],
    }
    record = make_record([QUESTION, calls, RESULT, {**RESULT, "tool_call_id": "call_2"}])
    turns = row("sharegpt", record)["conversations"]
    assert [turn["from"] for turn in turns] == ["human", "function_call", "observation", "gpt"]
    assert len(orjson.loads(turns[1]["value"])) == len(orjson.loads(turns[2]["value"])) == 2


def test_a_conversation_that_the_assistant_begins_does_not_alternate() -> None:
    assert encode("sharegpt", make_record([ANSWER, QUESTION])) is Lack.NOT_ALTERNATING


def test_sharegpt_names_its_files_for_llama_factory() -> None:
    files = EXPORTERS.get("sharegpt").more_files(["train.json", "test.json"])
    info = orjson.loads(files["dataset_info.json"])
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "train": "train.json",
        "test": "test.json",
    }
