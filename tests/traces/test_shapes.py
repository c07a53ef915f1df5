from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.trace import RewardFault
from rft_app.domain.validity import Reason
from rft_app.traces import SHAPES
from rft_app.traces.mapped import Mapped
from tests.traces.reading_helpers import assistant, fault, read, user

GOLDEN = Path(__file__).resolve().parents[1] / "exports" / "golden"
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
GATEWAY_ROW: dict[str, Any] = {
    "id": "g1",
    "trace_id": "t1",
    "request": {"model": "m", "messages": [user()], "tools": [TOOL], "temperature": 0.5},
    "response": {
        "id": "chatcmpl-1",
        "choices": [{"index": 0, "message": assistant(), "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3},
    },
    "latency_ms": 12,
}
DPO_ROW: dict[str, Any] = {
    "input": {"messages": [user()], "tools": [TOOL], "parallel_tool_calls": True},
    "preferred_output": [assistant("good")],
    "non_preferred_output": [assistant("bad")],
}


@pytest.mark.parametrize(
    ("row", "shape"),
    [
        ({"messages": [user(), assistant()]}, "messages"),
        ({"messages": [user()], "reference_answer": "42"}, "openai_rft"),
        ({"messages": [user(), assistant()], "reference": "42"}, "messages"),
        (DPO_ROW, "openai_dpo"),
        ({"prompt": "Hi", "chosen": "Hello", "rejected": "No"}, "trl_dpo"),
        ({"prompt": "Hi", "completion": "Hello"}, "prompt_completion"),
        ({"prompt": [user()], "ground_truth": 1}, "prompt_completion"),
        ({"question": "2+2?", "answer": "4"}, "question_answer"),
        ({"trace_id": "t", "messages": [user(), assistant()], "reward": 1}, "trajectory"),
        ({"task_id": 0, "traj": [user(), assistant()], "reward": 0.0}, "trajectory"),
        (GATEWAY_ROW, "gateway_call"),
        ({"trace_id": "t", "litellm_call_id": "c", "messages": [user()]}, "litellm"),
    ],
)
def test_a_row_tells_its_shape_by_its_content(row: dict[str, Any], shape: str) -> None:
    assert read(row)[2] == shape


def test_every_shape_but_the_mapping_is_found_by_content() -> None:
    assert set(SHAPES.names()) == {
        *("messages", "openai_rft", "openai_dpo", "prompt_completion", "question_answer"),
        *("trajectory", "gateway_call", "litellm", "trl_dpo", "litellm_spend", "langfuse"),
        *("helicone", "openai_stored", "openai_batch", "anthropic", "tensorzero"),
    }


def test_fine_tuning_rows_keep_tools_and_choices() -> None:
    row = {
        "messages": [user(), {"role": "assistant", "content": None, "tool_calls": [CALL]}],
        "tools": [TOOL],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }

    trace, body, _ = read(row)

    assert body == row
    assert (trace.num_turns, trace.reason) == (1, None)


def test_canonical_messages_are_kept_byte_by_byte() -> None:
    messages = b'[ {"role":"user" , "content":"1e2 \\u00e9", "x": 1.50} ]'

    trace, _, _ = read(b'{"messages": ' + messages + b"}")

    assert messages in trace.body


def test_a_preference_pair_answers_with_the_preferred_one() -> None:
    _, body, _ = read(DPO_ROW)

    assert body["messages"] == [user(), assistant("good")]
    assert body["num_prompt_messages"] == 1
    assert body["rejected"] == [assistant("bad")]
    assert (body["tools"], body["parallel_tool_calls"]) == ([TOOL], True)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": [user()], "chosen": [assistant("good")], "rejected": [assistant("bad")]},
        {"prompt": "Hi", "chosen": "good", "rejected": "bad"},
        {"chosen": [user(), assistant("good")], "rejected": [user(), assistant("bad")]},
        {
            "prompt": "Hi",
            "chosen": [user(), assistant("good")],
            "rejected": [user(), assistant("bad")],
        },
    ],
    ids=["messages", "text", "without prompt", "prompt in both"],
)
def test_a_chosen_answer_is_recorded_and_the_rejected_one_kept(row: dict[str, Any]) -> None:
    _, body, _ = read(row)

    assert body == {
        "messages": [user(), assistant("good")],
        "num_prompt_messages": 1,
        "rejected": [assistant("bad")],
    }


def test_pairs_that_were_exported_for_trl_are_read_back() -> None:
    rows = (GOLDEN / "trl_dpo.jsonl").read_bytes().split(b"\n")[:-1]
    pairs = [row for row in map(orjson.loads, rows) if "left out" not in row]
    assert pairs
    for row in pairs:
        trace, body, shape = read(row)
        given = body["num_prompt_messages"]
        assert (shape, trace.reason) == ("trl_dpo", None)
        assert [m["content"] for m in body["messages"][:given]] == [
            m["content"] for m in row["prompt"]
        ]
        assert [m["content"] for m in body["rejected"]] == [m["content"] for m in row["rejected"]]


def test_answers_without_a_common_prompt_are_no_pair() -> None:
    row = {"chosen": [user("A"), assistant()], "rejected": [user("B"), assistant()]}

    assert "no prompt in common" in fault(orjson.dumps(row)).message


@pytest.mark.parametrize("name", ["reference_answer", "reference", "ground_truth"])
def test_a_prompt_with_a_reference_has_no_answer(name: str) -> None:
    row = {"messages": [user(), assistant(), user("And?")], name: 42, "record_id": "r1"}

    trace, body, _ = read(row)

    assert (body["num_prompt_messages"], trace.num_turns) == (3, 0)
    assert body["reference"] == "42"
    assert body["metadata"] == {name: 42, "record_id": "r1"}
    assert trace.external_id == "r1"


def test_prompts_may_be_text_or_messages() -> None:
    _, text, _ = read({"prompt": "Hi", "completion": "Hello"})
    _, chat, _ = read({"prompt": [user()], "completion": [assistant()]})

    assert text == chat == {"messages": [user(), assistant()], "num_prompt_messages": 1}


def test_an_answer_is_what_was_said_and_what_is_right() -> None:
    _, body, _ = read({"question": "2+2?", "answer": 4, "level": "easy"})

    assert body["messages"] == [user("2+2?"), assistant("4")]
    assert body["reference"] == "4"
    assert body["metadata"] == {"level": "easy"}


def test_a_gateway_call_ends_with_the_first_choice() -> None:
    trace, body, _ = read(GATEWAY_ROW)

    assert body["messages"] == [user(), assistant()]
    assert body["num_prompt_messages"] == 1
    assert body["tools"] == [TOOL]
    assert body["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 3}
    assert body["latency_ms"] == 12
    assert (trace.external_id, trace.group, trace.model) == ("g1", "t1", "m")
    assert body["metadata"]["request"] == {"temperature": 0.5}
    assert body["metadata"]["response"] == {"id": "chatcmpl-1"}


@pytest.mark.parametrize("response", [None, {"error": {"message": "rate limit"}}, {"choices": []}])
def test_a_failed_call_is_kept_without_an_answer(response: object) -> None:
    trace, body, _ = read({**GATEWAY_ROW, "response": response})

    assert body["messages"] == [user()]
    assert (trace.num_turns, trace.reason) == (0, None)
    assert body["metadata"].get("response") == (None if response == {"choices": []} else response)


def test_other_choices_stay_in_the_metadata() -> None:
    second = {"index": 1, "message": assistant("Other"), "finish_reason": "length"}
    choices = [*GATEWAY_ROW["response"]["choices"], second]

    _, body, _ = read({**GATEWAY_ROW, "response": {"choices": choices}})

    assert body["metadata"]["response"]["choices"] == [{"index": 0}, second]


@pytest.mark.parametrize(
    ("value", "reward"),
    [
        (0.5, 0.5),
        (1, 1.0),
        (True, 1.0),
        (False, 0.0),
        ({"score": 0.25, "note": "ok"}, 0.25),
        (7, None),
        (-0.1, None),
        ({"a": 0.1, "b": 0.2}, None),
        ({"score": 0.5, "passed": True, "seen": False}, 0.5),
        ({"passed": True, "note": "ok"}, 1.0),
        ({"passed": True, "seen": False}, None),
        ("0.5", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("name", ["reward", "feedback"])
def test_a_recorded_reward_lies_between_0_and_1(name: str, value: object, reward: object) -> None:
    trace, body, _ = read({"messages": [user(), assistant()], name: value})

    assert trace.reward == reward
    is_used_up = reward is not None and type(value) in {int, float}
    assert body.get("metadata") == (None if is_used_up else {name: value})


@pytest.mark.parametrize(
    "line",
    [
        b'{"messages":[{"role":"user","content":"Hi"}],"reward":1e999}',
        b'{"messages":[{"role":"user","content":"Hi","weight":-1.5E+999}]}',
        b'{"messages":[{"role":"user","content":[{"type":"text","text":"Hi","w":1e999}]}]}',
        b'{"messages":[{"role":"user","content":1e999}]}',
        b'{"messages":[{"role":"user","content":"Hi"}],"tools":[{"limit":1e999}]}',
        b'{"messages":[{"role":"user","content":"Hi"}],"tools":"[{\\"limit\\":1e999}]"}',
        b'{"messages":[{"role":"user","content":"Hi"}],"n":' + b"9" * 250 + b"e+99}",
        b'{"messages":[{"role":"user","content":"Hi"}],"n":' + b"9" * 400 + b"}",
    ],
)
def test_a_number_beyond_floating_point_is_refused(line: bytes) -> None:
    found = fault(line)

    assert (found.reason, "floating point" in found.message) == (Reason.WRONG_SHAPE, True)


def test_what_only_looks_like_a_huge_number_is_kept() -> None:
    line = b'{"messages":[{"role":"user","content":"a \\"1e999\\" \\\\"}],"n":[0e999,1e-999,1e300]}'

    assert read(line)[1]["messages"][0]["content"] == 'a "1e999" \\'


@pytest.mark.parametrize(("levels", "is_refused"), [(100, False), (101, True), (600, True)])
def test_values_nested_too_deeply_are_refused(levels: int, is_refused: bool) -> None:
    deep = b"[" * (levels - 1) + b'"]"' + b"]" * (levels - 1)
    line = b'{"messages":[{"role":"user","content":"[[{"}],"deep":' + deep + b"}"

    if is_refused:
        assert "100 levels" in fault(line).message
    else:
        assert read(line)[1]["metadata"]["deep"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (7, RewardFault.OUT_OF_RANGE),
        ({"s": -1}, RewardFault.OUT_OF_RANGE),
        ("7", RewardFault.NOT_A_NUMBER),
        ({"s": 0.5, "t": 0.5}, RewardFault.NOT_A_NUMBER),
        (1, None),
        (None, None),
    ],
)
def test_a_reward_that_is_not_taken_says_why(value: object, why: RewardFault | None) -> None:
    trace, _, _ = read({"messages": [user()], "reward": value})
    mapped, _, _ = read({"q": "a", "r": value}, Mapped({"input": "q", "reward": "r"}))

    assert (trace.reward_fault, mapped.reward_fault) == (why, why)


def test_who_answered_stays_readable_under_its_own_name() -> None:
    identity = {"trace_id": "t", "record_id": "r", "id": 7, "model": "m"}

    trace, body, _ = read({"messages": [user()], **identity})

    assert body["metadata"] == identity
    assert (trace.external_id, trace.model) == ("r", "m")


@pytest.mark.parametrize("name", ["trace_id", "session_id", "conversation_id"])
def test_rows_of_one_session_share_a_group(name: str) -> None:
    assert read({"id": 7, "messages": [user()], name: "s1"})[0].group == "s1"


def test_the_first_id_finds_the_row_again() -> None:
    trace, body, _ = read({"trace_id": "t", "id": 7, "messages": [user()]})

    assert (trace.external_id, trace.group) == ("7", "t")
    assert body["metadata"] == {"trace_id": "t", "id": 7}


def test_metadata_is_opened_unless_a_name_collides() -> None:
    plain = read({"messages": [user()], "metadata": {"a": 1}, "b": 2})[1]
    clash = read({"messages": [user()], "metadata": {"b": 1}, "b": 2})[1]

    assert plain["metadata"] == {"a": 1, "b": 2}
    assert clash["metadata"] == {"metadata": {"b": 1}, "b": 2}


def test_a_title_is_one_short_line_of_the_first_question() -> None:
    assert read({"messages": [user("a\n b\0" + "c" * 300)]})[0].title == "a b" + "c" * 137


def test_an_unknown_shape_names_its_fields() -> None:
    found = fault(b'{"foo":1,"bar":2}')

    assert found.reason is Reason.WRONG_SHAPE
    assert "`foo`, `bar`" in found.message


@pytest.mark.parametrize(
    "line",
    [
        b'{"messages":"hello"}',
        b'{"messages":["hello"]}',
        b'{"messages":[{"role":"user","content":5}]}',
        b'{"messages":[{"role":"user","content":{"text":"a"}}]}',
        b'{"messages":[{"role":"user","content":["a",5]}]}',
        b'{"messages":[{"role":"assistant","tool_calls":[7]}]}',
        b'{"request":{"model":"m"},"response":{}}',
        b'{"input":{},"preferred_output":[]}',
        b'{"question":null,"answer":"x"}',
        b"[1,2]",
        b'"text"',
        b"7",
    ],
)
def test_json_of_the_wrong_shape_is_named_so(line: bytes) -> None:
    assert fault(line).reason is Reason.WRONG_SHAPE


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b'{"messages":[}',
        b"hello",
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b'{"a":' + b"[" * 100_000 + b"}",
        b'{"a":1} {"b":2}',
    ],
)
def test_what_is_not_json_is_named_so(line: bytes) -> None:
    assert fault(line).reason is Reason.NOT_JSON


def test_one_chosen_shape_refuses_the_others() -> None:
    line = b'{"messages":[{"role":"user","content":"Hi"}]}'

    assert fault(line, SHAPES.get("question_answer")).reason is Reason.WRONG_SHAPE


def test_trials_of_one_task_share_a_group() -> None:
    run = {"trace_id": "t-0", "task_id": 0, "trial": 1, "messages": [user(), assistant()]}

    trace, body, _ = read(run)

    assert (trace.group, trace.external_id) == ("0", "t-0")
    assert body["metadata"]["task_id"] == 0
    assert read({**run, "session_id": "s"})[0].group == "s"
    assert read({**run, "task_id": None})[0].group == "t-0"


@pytest.mark.shared_data
def test_real_calls_of_litellm_come_in_whole(shared_data: Path) -> None:
    folder = shared_data.parent / "captures" / "litellm_standard_logging"
    lines = (folder / "standard_logging_payloads.jsonl").read_bytes().splitlines()
    found = [read(orjson.loads(line)) for line in lines]
    traces = [trace for trace, _, _ in found]
    assert {shape for _, _, shape in found} == {"litellm"}
    assert [trace.num_turns for trace in traces] == [1, 1, 1, 1, 0, 0]
    assert [trace.status for trace in traces] == ["ok"] * 4 + ["error"] * 2
    assert [trace.input_tokens for trace in traces][:3] == [42, 42, 42]
    assert all(trace.recorded_at and trace.latency_ms for trace in traces[:4])
    _, body, _ = found[1]
    assert body["tools"][0]["function"]["name"] == "get_weather"
    assert body["tool_choice"] is not None
    assert body["messages"][-1]["tool_calls"]
    assert "error_str" in found[4][1]["metadata"]
