from typing import Any

import orjson

from rft_app.storage.tool_inference import infer_tools


def call(name: str, arguments: object) -> bytes:
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    function = {"name": name, "arguments": text}
    return orjson.dumps({"role": "assistant", "tool_calls": [{"id": "c", "function": function}]})


def infer(*messages: bytes) -> list[dict[str, Any]]:
    return [tool["function"] for tool in orjson.loads(infer_tools(messages) or b"[]")]


def test_an_argument_that_some_calls_leave_out_is_optional() -> None:
    (tool,) = infer(call("f", {"a": 1, "b": "x"}), call("f", {"a": 2}))
    assert tool["parameters"]["required"] == ["a"]


def test_several_types_of_one_argument_are_all_named() -> None:
    (tool,) = infer(call("f", {"a": None}), call("f", {"a": "x"}))
    assert tool["parameters"]["properties"]["a"] == {"type": ["null", "string"]}


def test_whole_and_broken_numbers_are_numbers() -> None:
    (tool,) = infer(call("f", {"a": 1}), call("f", {"a": 1.5}))
    assert tool["parameters"]["properties"]["a"] == {"type": "number"}


def test_lists_name_what_they_hold() -> None:
    (tool,) = infer(call("f", {"a": ["x"]}))
    assert tool["parameters"]["properties"]["a"] == {"type": "array", "items": {"type": "string"}}


def test_arguments_that_are_no_object_give_a_definition_without_parameters() -> None:
    (tool,) = infer(call("f", "[1"))
    assert tool["name"] == "f"
    assert tool["parameters"]["properties"] == {}


def test_tools_come_in_the_order_of_their_first_call() -> None:
    assert [tool["name"] for tool in infer(call("b", {}), call("a", {}), call("b", {}))] == [
        "b",
        "a",
    ]


def test_a_conversation_without_calls_has_no_tools() -> None:
    assert infer_tools([b'{"role":"user","content":"hi"}']) is None
