import orjson

from rft_app.storage.bodies import parse_message, render, split_body

USER = {"role": "user", "content": 'Where is my "tool_calls" bag?'}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"bag":7}'}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "Oslo"}
ANSWER = {"role": "assistant", "content": "In Oslo.\u2028"}


def test_a_cut_returns_the_stored_bytes_of_each_message() -> None:
    body = b'{"messages":[{"role": "user",  "content":"a"},{"role":"assistant","content":"b"}]}'
    cut = render(split_body(body), 1)
    assert cut.input == (b'{"role": "user",  "content":"a"}',)
    assert cut.output == (b'{"role":"assistant","content":"b"}',)


def test_turns_after_the_answer_are_left_out() -> None:
    cut = render(split_body(orjson.dumps({"messages": [USER, CALL, RESULT, ANSWER]})), 1)
    assert [orjson.loads(message) for message in (*cut.input, *cut.output)] == [USER, CALL]


def test_a_record_without_answer_has_all_messages_as_input() -> None:
    cut = render(split_body(orjson.dumps({"messages": [USER]})), 1)
    assert len(cut.input) == 1
    assert cut.output == ()


def test_the_key_tool_calls_inside_text_is_no_call() -> None:
    cut = render(split_body(orjson.dumps({"messages": [USER, ANSWER]})), 1)
    assert cut.tools is None


def test_tools_are_inferred_from_calls_when_the_trace_defines_none() -> None:
    cut = render(split_body(orjson.dumps({"messages": [USER, CALL, RESULT, ANSWER]})), 3)
    assert cut.tools_inferred
    (tool,) = orjson.loads(cut.tools or b"")
    assert tool["function"]["name"] == "find"
    assert tool["function"]["parameters"] == {
        "type": "object",
        "properties": {"bag": {"type": "integer"}},
        "required": ["bag"],
    }


def test_defined_tools_are_kept_as_they_are() -> None:
    tools = b'[{"type": "function"}]'
    body = b'{"messages":' + orjson.dumps([USER, CALL]) + b',"tools":' + tools + b"}"
    cut = render(split_body(body), 1)
    assert cut.tools == tools
    assert not cut.tools_inferred


def test_a_message_of_an_impossible_shape_is_shown_as_its_json() -> None:
    message = parse_message(b'{"role":"robot","tool_calls":"beep"}')
    assert message.role == "robot"
    assert message.content == '{"role":"robot","tool_calls":"beep"}'
