"""What holds for every strategy, so that the next one is tested the moment it is listed."""

from typing import Any

import pytest
from pydantic import ValidationError

from rft_app.domain.generation import StrategyName
from rft_app.domain.validity_check import find_fault
from rft_app.llm.structured import BadReplyError
from rft_app.strategies import STRATEGIES, Strategy
from tests.strategies.briefs import BOOK, SYSTEM, make_brief

CALL = {"role": "assistant", "content": None, "tool_calls": [{"name": "book", "arguments": "{}"}]}
CALL["tool_calls"][0]["arguments"] = '{"flight": "LX 9", "seats": 2}'
ASK = {"role": "user", "content": "Book LX 9.", "tool_calls": None}
RESULT = {"role": "tool", "content": '{"ok": true}', "tool_calls": None}
DONE = {"role": "assistant", "content": "Booked.", "tool_calls": None}
RECORD = {"user": "Book LX 9.", "answer": "Booked.", "reference": "LX 9"}
TURNS = [{"role": "user", "content": "Book."}, {"role": "assistant", "content": "Full."}]
SCENARIO = {"scenario": "The flight is full.", "messages": TURNS, "reference": "LX 9"}

GOOD: dict[str, dict[str, Any]] = {
    "message_variation": {"variations": [{"user_messages": ["LX 8!", "2"], "answer": None}]},
    "few_shot": {"records": [RECORD]},
    "topic_description": {"records": [RECORD]},
    "scenario_expansion": {"scenarios": [SCENARIO]},
    "tool_chain": {"chains": [{"messages": [ASK, CALL, RESULT, DONE], "reference": "LX 9"}]},
}

each = pytest.mark.parametrize("strategy", tuple(STRATEGIES), ids=lambda strategy: strategy.name)


def read(strategy: Strategy[Any], value: dict[str, Any], **changes: Any) -> Any:
    return strategy.read(make_brief(**changes), strategy.reply_type.model_validate(value))


def test_there_is_one_for_each_name_of_the_interface() -> None:
    assert STRATEGIES.names() == tuple(StrategyName)


@each
def test_a_good_reply_becomes_valid_records_in_the_same_setting(strategy: Strategy[Any]) -> None:
    (draft,) = read(strategy, GOOD[strategy.name])
    assert find_fault(draft.messages, len(draft.input), max_tokens=10_000) is None
    assert draft.input[0] == SYSTEM
    assert draft.tools == (BOOK,)
    assert draft.output[0].role == "assistant"
    assert draft.reference in {"LX 8", "LX 9"}


@each
def test_the_prompt_holds_purpose_topic_and_instructions(strategy: Strategy[Any]) -> None:
    prompt = "\n".join(message.content for message in strategy.prompt(make_brief()))
    for part in ("Book flights", "Booking/New", "New bookings", "You book flights.", " 2 "):
        assert part in prompt
    assert strategy.estimate_reply_tokens(make_brief()) > 0


@each
def test_later_calls_are_told_to_differ(strategy: Strategy[Any]) -> None:
    first, second = (strategy.prompt(make_brief(part=part)) for part in (0, 1))
    assert first != second


@each
def test_the_intent_decides_the_prompt(strategy: Strategy[Any]) -> None:
    kept, free = (strategy.prompt(make_brief(preserve_intent=keep)) for keep in (True, False))
    assert kept != free


@each
def test_no_more_records_than_asked_for(strategy: Strategy[Any]) -> None:
    many = {name: items * 5 for name, items in GOOD[strategy.name].items()}
    assert len(read(strategy, many)) == 2


@each
def test_an_empty_list_is_a_fault(strategy: Strategy[Any]) -> None:
    with pytest.raises(BadReplyError, match="empty"):
        read(strategy, {name: [] for name in GOOD[strategy.name]})


@each
def test_unknown_fields_are_refused(strategy: Strategy[Any]) -> None:
    with pytest.raises(ValidationError):
        strategy.reply_type.model_validate({**GOOD[strategy.name], "note": "Here you are!"})
