"""A record in fields and as JSON: what is not touched stays as it was, faults name their place."""

from dataclasses import replace

import pytest

from rft_app.domain.message import FunctionCall, Message, ToolCall
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError
from rft_app.services.record_writing import encode_body
from rft_app.ui.state.record_form import CallForm, TurnForm, read_form, write_form
from rft_app.ui.state.record_json import read_json, write_json

CALL = ToolCall(id="c1", function=FunctionCall(name="find_order", arguments='{"id": 7}'))
DRAFT = RecordDraft(
    messages=(
        Message.model_validate({"role": "system", "content": "Be brief.", "cache": True}),
        Message(role="user", content=[{"type": "text", "text": "Where is order 7?"}]),
        Message(role="assistant", content=None, tool_calls=(CALL,)),
        Message(role="tool", content="on its way", tool_call_id="c1", name="find_order"),
    ),
    output=Message(role="assistant", content="On its way."),
    tools=({"type": "function", "function": {"name": "find_order"}},),
    tool_choice="auto",
    reference="On its way",
    metadata={"shop": 3},
)


def test_what_nobody_touched_is_stored_as_it_was() -> None:
    assert encode_body(write_form(read_form(DRAFT, ""), DRAFT)) == encode_body(DRAFT)
    assert encode_body(read_json(write_json(DRAFT), DRAFT)) == encode_body(DRAFT)


def test_an_edited_text_keeps_the_rest_of_its_turn() -> None:
    form = read_form(DRAFT, "")
    turns = [replace(form.turns[0], text="Be very brief."), *form.turns[1:]]
    found = write_form(replace(form, turns=turns), DRAFT)
    assert found.messages[0].model_dump(exclude_unset=True) == {
        "role": "system",
        "content": "Be very brief.",
        "cache": True,
    }
    assert found.messages[1:] == DRAFT.messages[1:]


def test_turns_are_added_moved_and_taken_away() -> None:
    form = read_form(DRAFT, "")
    system, user, *_ = form.turns
    new = TurnForm("new1", "assistant", "", calls=[CallForm("call_new2", "refund", '{"id":7}')])
    found = write_form(replace(form, turns=[user, system, new]), DRAFT)
    assert [message.role for message in found.messages] == ["user", "system"]
    assert found.output is not None
    assert found.output.model_dump(exclude_unset=True) == {
        "role": "assistant",
        "content": None,
        "tool_calls": (
            {
                "id": "call_new2",
                "type": "function",
                "function": {"name": "refund", "arguments": '{"id":7}'},
            },
        ),
    }


def test_a_turn_that_is_no_longer_the_assistants_calls_no_tool() -> None:
    form = read_form(DRAFT, "")
    turns = [form.turns[1], replace(form.turns[2], role="user", text="And order 8?")]
    found = write_form(replace(form, turns=turns), DRAFT)
    assert found.messages[1].model_dump(exclude_none=True) == {
        "role": "user",
        "content": "And order 8?",
    }
    assert found.output is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "Turn 3 (assistant), call 1: a call needs the name of a tool."),
        ({"arguments": "{id: 7}"}, "Turn 3 (assistant), call 1: the arguments must be a JSON"),
        ({"arguments": "[7]"}, "Turn 3 (assistant), call 1: the arguments must be a JSON"),
    ],
)
def test_a_fault_in_a_field_names_turn_and_call(change: dict[str, str], said: str) -> None:
    form = read_form(DRAFT, "")
    call = replace(form.turns[2].calls[0], **change)
    turns = [*form.turns[:2], replace(form.turns[2], calls=[call]), *form.turns[3:]]
    with pytest.raises(InvalidInputError) as caught:
        write_form(replace(form, turns=turns), DRAFT)
    assert caught.value.message.startswith(said)


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ('{"messages": [\n  {"role": "user" "content": 1}]}', "Line 2, column", 2),
        ('{"messages": [{"role": "user", "content": 5}]}', "messages[0].content: ", None),
        ('{"messages": [], "output": 1}', "output: ", None),
        ('{"messages": [], "tools": [7]}', "tools[0]: ", None),
        ('{"mesages": []}', "“mesages” is no part of a record", None),
        ('{"reference": "x"}', "messages: a record needs", None),
        ("[]", "A record is a JSON object", 1),
    ],
)
def test_a_fault_in_json_names_its_place(text: str, said: str, line: int | None) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_json(text, DRAFT)
    assert caught.value.message.startswith(said)
    assert caught.value.details.get("line") == line
