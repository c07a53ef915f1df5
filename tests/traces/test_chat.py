from typing import Any

import msgspec
import pytest

from rft_app.domain.validity import Reason
from rft_app.domain.validity_check import count_tokens, find_fault
from rft_app.traces.chat import LightMessage, parse_chat
from tests.traces.reading_helpers import assistant, read, reason_of, user


def call(arguments: Any, **changes: Any) -> dict[str, Any]:
    function = {"name": "f", "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function} | changes],
    }


def tool(**changes: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "c1", "content": "ok"} | changes


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((), Reason.NO_MESSAGES),
        (({"role": "bot", "content": "x"},), Reason.BAD_ROLE),
        (({"content": "x"},), Reason.BAD_ROLE),
        ((assistant(),), Reason.NO_USER_TURN),
        ((assistant(), user()), Reason.NO_USER_TURN),
        ((user(), assistant("")), Reason.EMPTY_CONTENT),
        ((user(" \n"), assistant()), Reason.EMPTY_CONTENT),
        ((user(), {"role": "assistant"}), Reason.EMPTY_CONTENT),
        ((user(), call("{}")), None),
        ((user(), call("{"), tool(), assistant()), Reason.BAD_TOOL_ARGUMENTS),
        ((user(), call("[1]"), tool(), assistant()), Reason.BAD_TOOL_ARGUMENTS),
        ((user(), tool(), assistant()), Reason.TOOL_RESULT_WITHOUT_CALL),
        ((user(), call("{}"), tool(tool_call_id="c2"), assistant()), "tool_result_without_call"),
        ((user(), call("{}"), tool(content=""), assistant()), None),
        ((user(), call("{}"), tool(content=None), assistant()), Reason.EMPTY_CONTENT),
        ((user("x" * 600_000), assistant()), Reason.TOO_LONG),
    ],
)
def test_the_first_fault_of_a_conversation_is_found(
    messages: tuple[dict[str, Any], ...], reason: Reason | None
) -> None:
    assert reason_of(*messages) == reason


def test_what_follows_the_last_answer_is_not_checked() -> None:
    assert reason_of(user(), assistant(), user("")) is None


def test_a_prefix_is_checked_by_itself() -> None:
    messages = [LightMessage("user", "Hi"), LightMessage("assistant", "A")]

    assert find_fault(messages, 1, max_tokens=10) is None
    assert find_fault(messages, 0, max_tokens=10) is Reason.NO_USER_TURN


def test_tokens_are_estimated_from_text_and_calls() -> None:
    parts = LightMessage("user", [{"type": "text", "text": "x" * 8}, {"type": "image_url"}])

    assert count_tokens([parts, LightMessage("assistant", "y" * 5)]) == 3


def test_arguments_as_an_object_become_text() -> None:
    _, body, _ = read({"messages": [user(), call({"city": "Köln", "n": 2})]})

    arguments = body["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert arguments == '{"city":"Köln","n":2}'


def test_calls_without_ids_find_their_results() -> None:
    flat = {"role": "assistant", "content": "", "tool_calls": [{"name": "f", "arguments": {}}]}
    trace, body, _ = read({"messages": [user(), flat, {"role": "tool", "content": {"t": 1}}]})

    made = body["messages"][1]["tool_calls"][0]
    assert made == {
        "id": "call_0",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
    }
    assert body["messages"][2] == {"role": "tool", "content": '{"t":1}', "tool_call_id": "call_0"}
    assert trace.reason is None


def test_content_parts_and_unknown_keys_survive() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    message = {"role": "user", "content": [{"type": "text", "text": "Look"}, image], "weight": 0}

    trace, body, _ = read({"messages": [message, assistant()]})

    assert body["messages"][0] == message
    assert trace.title == "Look"


def test_line_separators_inside_text_survive() -> None:
    text = "a\u2028b\u2029c\x85d\re\nf\0"

    assert read({"messages": [user(text)]})[1]["messages"][0]["content"] == text


def test_half_an_emoji_becomes_a_replacement_character() -> None:
    line = rb'{"messages":[{"role":"user","content":"a\ud83d b\\ud83d \ud83d\ude00"}]}'

    assert read(line)[1]["messages"][0]["content"] == "a� b\\ud83d 😀"


def test_line_breaks_between_values_never_reach_the_body() -> None:
    trace, _, _ = read(b'{\r\n "messages": [\n {"role": "user", "content": "Hi"}\n]\n}')

    assert b"\n" not in trace.body
    assert b"\r" not in trace.body


def test_a_call_of_a_custom_tool_keeps_name_and_input() -> None:
    call = {"id": "c1", "type": "custom", "custom": {"name": "run", "input": "print(1)"}}

    chat = parse_chat(
        msgspec.Raw(msgspec.json.encode([{"role": "assistant", "tool_calls": [call]}]))
    )

    (told,) = msgspec.json.decode(chat.raw)[0]["tool_calls"]
    function = {"name": "run", "arguments": "print(1)"}
    assert told == {"id": "c1", "type": "custom", "function": function}
