"""What sets the formats apart."""

import csv
import io
from typing import Any

import orjson
import pytest

from rft_app.domain.export import Lack
from rft_app.domain.record import RecordBytes
from rft_app.exports import EXPORTERS, FileContext
from rft_app.exports.message_kinds import classify, kinds_of
from tests.exports.builders import (
    ANSWER,
    CALL,
    FLIGHT_TOOL,
    QUESTION,
    RESULT,
    SYSTEM,
    make_record,
)


def encode(name: str, record: RecordBytes) -> bytes | Lack:
    """A line of a format with its default options."""
    return EXPORTERS.get(name).encoder(FileContext())(record)


def row(name: str, record: RecordBytes) -> dict[str, Any]:
    line = encode(name, record)
    assert isinstance(line, bytes), line
    return orjson.loads(line)


def test_sft_rows_hold_three_keys_only() -> None:
    record = make_record(
        tools=[FLIGHT_TOOL], parallel_tool_calls=b"true", metadata={"a": 1}, topic="T", reward=1.0
    )
    assert list(row("openai_sft", record)) == ["messages", "tools", "parallel_tool_calls"]


def test_parallel_tool_calls_does_not_stand_without_tools() -> None:
    assert list(row("openai_sft", make_record(parallel_tool_calls=b"true"))) == ["messages"]


def test_plain_messages_are_copied_byte_for_byte() -> None:
    raw = b'{"role": "user",  "content": "\\u00e9"}'
    stored = b"[" + raw + b"," + orjson.dumps(ANSWER) + b"]"
    copied = make_record()._replace(messages=stored)
    for name in ("openai_sft", "openai_rft", "trl_sft", "trl_grpo", "agent_lightning"):
        line = encode(name, copied)
        assert isinstance(line, Lack) or raw in line


def test_openai_rows_know_system_in_sft_and_developer_in_rft() -> None:
    developer = {"role": "developer", "content": "You book trips."}
    for instructions in (SYSTEM, developer):
        record = make_record([instructions, QUESTION], reference="1")
        assert row("openai_sft", record)["messages"][0]["role"] == "system"
        assert row("openai_rft", record)["messages"][0]["role"] == "developer"
        assert row("trl_grpo", record)["prompt"][0]["role"] == "system"


def test_openai_keeps_arguments_as_text_and_trl_makes_them_objects() -> None:
    record = make_record([QUESTION, CALL, RESULT], tools=[FLIGHT_TOOL])
    openai = row("openai_sft", record)["messages"][1]
    trl = row("trl_sft", record)["messages"][1]
    assert openai["content"] is None
    assert openai["tool_calls"][0]["function"]["arguments"] == '{"to":"Oslo","via":null}'
    assert trl["content"] == ""
    assert trl["tool_calls"][0]["function"]["arguments"] == {"to": "Oslo"}


@pytest.mark.parametrize("content", [None, ""])
def test_a_turn_that_only_calls_tools_has_null_for_openai_and_empty_text_for_trl(
    content: str | None,
) -> None:
    record = make_record([QUESTION, {**CALL, "content": content}, RESULT], tools=[FLIGHT_TOOL])
    for name, expected in (("openai_sft", None), ("trl_sft", "")):
        messages = row(name, record)["messages"]
        assert [messages[1]["content"], messages[3]["content"]] == [expected, ANSWER["content"]]


SECOND = {**CALL["tool_calls"][0], "id": "call_2"}
BOTH = {**CALL, "tool_calls": [*CALL["tool_calls"], SECOND]}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ([QUESTION, CALL, QUESTION], ANSWER),
        ([QUESTION, BOTH, RESULT], ANSWER),
        ([QUESTION, CALL], ANSWER),
        ([QUESTION | {"name": "Kim"}, CALL, QUESTION], ANSWER),
        ([QUESTION, BOTH, RESULT], None),
    ],
    ids=["a question", "one of two", "the answer", "odd messages", "the end"],
)
def test_services_get_no_call_without_its_result(
    given: list[dict[str, Any]], answer: dict[str, Any] | None
) -> None:
    stored = make_record(given, answer, tools=[FLIGHT_TOOL], reference="1")
    kinds = kinds_of(classify(stored.split(stored.messages)), stored.turn)
    for record in (stored, stored._replace(message_kinds=kinds)):
        if answer is not None:
            assert encode("openai_sft", record) is Lack.CALLS_LEFT_OPEN
            assert isinstance(encode("trl_sft", record), bytes)
        if given[-1] != CALL:
            assert encode("openai_rft", record) is Lack.CALLS_LEFT_OPEN


def test_the_answer_itself_may_call_and_what_follows_it_does_not_matter() -> None:
    record = make_record([QUESTION, CALL, RESULT], BOTH, tools=[FLIGHT_TOOL])
    assert row("openai_sft", record)["messages"][3]["tool_calls"] == BOTH["tool_calls"]
    early = make_record([QUESTION, CALL, QUESTION, ANSWER], ANSWER)._replace(turn=1)
    assert len(row("openai_sft", early)["messages"]) == 2


def test_fields_that_openai_does_not_know_are_left_out() -> None:
    record = make_record([QUESTION, CALL, RESULT], {**ANSWER, "annotations": [], "audio": None})
    messages = row("openai_sft", record)["messages"]
    assert list(messages[2]) == ["role", "content", "tool_call_id"]
    assert messages[3] == ANSWER


@pytest.mark.parametrize("name", ["openai_rft", "trl_grpo"])
def test_a_reference_is_text_and_not_repeated(name: str) -> None:
    written = row(name, make_record(reference="18", metadata={"reference_answer": 18}))
    assert written["reference_answer"] == "18"
    assert "metadata_reference_answer" not in written


@pytest.mark.parametrize("name", ["openai_rft", "trl_grpo"])
@pytest.mark.parametrize("key", ["id", "record_id", "trace_id"])
def test_an_id_of_the_source_row_is_not_repeated(name: str, key: str) -> None:
    record = make_record(reference="1", metadata={key: "t1", "model": "m"})
    written = row(name, record._replace(trace_id="t1"))
    assert (written["trace_id"], written["model"]) == ("t1", "m")
    assert [name for name, value in written.items() if value == "t1"] == ["trace_id"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("openai_rft", "item"), ("openai_rft", "messages"), ("trl_grpo", "completions")],
)
def test_a_reserved_name_is_avoided(name: str, key: str) -> None:
    written = row(name, make_record(reference="1", metadata={key: "mine", "free": 2}))
    assert written[f"metadata_{key}"] == "mine"
    assert written["free"] == 2


@pytest.mark.parametrize("other", ["math", None])
def test_a_topic_of_the_source_row_does_not_hide_ours(other: str | None) -> None:
    written = row("trl_grpo", make_record(topic="Flights", metadata={"topic": other}))
    assert (written["topic"], written["metadata_topic"]) == ("Flights", other)


def test_sound_fits_no_training_format_and_images_only_openai() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    picture = make_record([{"role": "user", "content": [image]}])
    sound = make_record([{"role": "user", "content": [{"type": "input_audio"}]}])
    assert row("openai_sft", picture)["messages"][0]["content"] == [image]
    assert encode("trl_sft", picture) is Lack.UNSUPPORTED_CONTENT
    for name in ("openai_sft", "openai_rft", "trl_sft", "trl_grpo", "dspy", "sharegpt", "verl"):
        assert isinstance(encode(name, sound), Lack)


@pytest.mark.parametrize(
    "text", ["plain", 'say "no"', "a, b", "one\ntwo", "one\rtwo", "é\u2028", ""]
)
def test_a_cell_of_a_table_is_read_as_it_was(text: str) -> None:
    said = {"role": "assistant", "content": text}
    line = encode("csv", make_record(answer=said, reward=0.1))
    assert isinstance(line, bytes)
    layout = EXPORTERS.get("csv").layout(FileContext().options)
    table = b"".join(layout.frame(iter([line]), b"")).decode()
    (found,) = csv.DictReader(io.StringIO(table, newline=""))
    assert found["answer"] == text
    assert found["reward"] == "0.1"
    assert orjson.loads(found["messages"])[-1] == said
