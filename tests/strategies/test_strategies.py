from typing import Any

import pytest

from rft_app.domain.message import Message
from rft_app.llm.structured import BadReplyError
from rft_app.strategies import STRATEGIES
from tests.strategies.briefs import make_brief, make_record
from tests.strategies.test_contract import ASK, CALL, DONE, GOOD, RECORD, RESULT, SCENARIO, read

VARIATION = STRATEGIES.get("message_variation")
CHAIN = STRATEGIES.get("tool_chain")


def test_a_variation_of_the_same_intent_keeps_answer_reference_and_fields() -> None:
    (draft,) = read(VARIATION, GOOD["message_variation"])
    source = make_record()
    assert [m.content for m in draft.input if m.role == "user"] == ["LX 8!", "2"]
    assert draft.input[2] == source.input[2]
    assert (draft.output, draft.reference) == (source.output, source.reference)
    assert draft.metadata == source.metadata


def test_a_variation_of_another_intent_has_its_own_answer_and_no_reference() -> None:
    new = {"variations": [{"user_messages": ["LX 1", "One"], "answer": "LX 1 it is."}]}
    (draft,) = read(VARIATION, new, preserve_intent=False)
    assert draft.output == (Message(role="assistant", content="LX 1 it is."),)
    assert (draft.reference, draft.metadata) == (None, {})


def test_a_variation_with_the_wrong_number_of_turns_is_named() -> None:
    with pytest.raises(BadReplyError, match=r"holds 1 texts; the conversation has 2"):
        read(VARIATION, {"variations": [{"user_messages": ["LX 8"], "answer": None}]})


def test_what_is_good_in_a_reply_is_kept() -> None:
    good = GOOD["message_variation"]["variations"]
    mixed = {"variations": [{"user_messages": [], "answer": None}, *good]}
    assert len(read(VARIATION, mixed)) == 1


def test_an_image_in_a_message_stays() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    asked = Message(role="user", content=[{"type": "text", "text": "What is it?"}, image])
    new = {"variations": [{"user_messages": ["What is this?"], "answer": None}]}
    (draft,) = read(VARIATION, new, source=make_record(input=(asked,)))
    assert draft.input[0].content == [{"type": "text", "text": "What is this?"}, image]


def test_where_records_have_references_a_new_one_without_is_refused() -> None:
    new = {"records": [{**RECORD, "reference": None}]}
    with pytest.raises(BadReplyError, match="reference"):
        read(STRATEGIES.get("few_shot"), new)
    plain = make_record(reference=None)
    (draft,) = read(STRATEGIES.get("few_shot"), new, source=None, examples=(plain,))
    assert draft.reference is None


def test_a_topic_without_any_record_can_be_described() -> None:
    (draft,) = read(
        STRATEGIES.get("topic_description"), {"records": [RECORD]}, source=None, examples=()
    )
    assert [message.role for message in draft.input] == ["user"]


def test_a_scenario_must_alternate_and_end_with_the_assistant() -> None:
    turns = SCENARIO["messages"]
    for wrong in ([], turns[:1], turns[::-1], [*turns, turns[0]]):
        with pytest.raises(BadReplyError, match="alternate"):
            read(
                STRATEGIES.get("scenario_expansion"),
                {"scenarios": [{**SCENARIO, "messages": wrong}]},
            )


def read_chain(*turns: dict[str, Any]) -> Any:
    return read(CHAIN, {"chains": [{"messages": list(turns), "reference": "LX 9"}]})[0]


def call(arguments: str, name: str = "book") -> dict[str, Any]:
    return {**CALL, "tool_calls": [{"name": name, "arguments": arguments}]}


def test_a_chain_has_ids_that_results_answer() -> None:
    draft = read_chain(ASK, CALL, RESULT, CALL, RESULT, DONE)
    calls = [turn.tool_calls[0].id for turn in draft.input if turn.tool_calls]
    results = [turn.tool_call_id for turn in draft.input if turn.role == "tool"]
    assert calls == results == ["call_1", "call_2"]


@pytest.mark.parametrize(
    ("turns", "fault"),
    [
        ((ASK, DONE), "No turn calls a tool"),
        ((ASK, CALL, DONE), "needs its tool turn"),
        ((ASK, CALL, RESULT, RESULT, DONE), "answers no call"),
        ((ASK, CALL, RESULT), "end with an assistant turn"),
        ((DONE, ASK), "start with a user turn"),
        ((ASK, call("{}", "cancel"), RESULT, DONE), "no tool 'cancel'; there are: book"),
        ((ASK, call("{flight"), RESULT, DONE), "not a JSON object"),
        ((ASK, call("[]"), RESULT, DONE), "not a JSON object"),
        ((ASK, call('{"seats": 2}'), RESULT, DONE), "book lacks flight"),
        ((ASK, call('{"flight": 8}'), RESULT, DONE), "book.flight must be of type string"),
        ((ASK, call('{"flight": "8", "seats": true}'), RESULT, DONE), "type integer"),
        ((ASK, call('{"flight": "8", "cabin": "roof"}'), RESULT, DONE), "one of"),
        ((ASK, call('{"flight": "8", "meal": "veg"}'), RESULT, DONE), "book has no meal"),
    ],
)
def test_a_chain_that_could_not_have_happened_is_refused(
    turns: tuple[dict[str, Any], ...], fault: str
) -> None:
    with pytest.raises(BadReplyError, match=fault):
        read_chain(*turns)


def test_a_chain_shows_the_model_its_tools() -> None:
    assert '"name":"book"' in CHAIN.prompt(make_brief())[1].content
