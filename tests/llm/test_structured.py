from typing import Literal

import pytest

from rft_app.errors import ProviderError
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.llm.structured import (
    Answer,
    BadReplyError,
    Question,
    Reply,
    ask,
    require_answer,
)
from tests.llm.conftest import Start
from tests.llm.provider import Served, in_turn, refuse, say, say_json


class Colour(Reply):
    title: str
    strength: Literal["weak", "strong"] | None


class Notebook:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, ChatReply] = {}

    def find(self, key: str) -> ChatReply | None:
        return self.kept.get(key)

    def keep(self, key: str, reply: ChatReply) -> None:
        self.kept.setdefault(key, reply)

    def lose(self, model: str, message: str) -> None:
        raise AssertionError(f"{model}: {message}")


GOOD = say_json({"title": "red", "strength": None})
QUESTION = Question(
    key="7",
    request=ChatRequest(
        model="good", messages=(ChatMessage(role="user", content="Which?"),), max_tokens=50
    ),
    reply_type=Colour,
)


def read(reply: Colour) -> str:
    if reply.title == "plaid":
        raise BadReplyError("plaid is no colour")
    return reply.title


def test_a_reply_of_the_shape_becomes_a_value(start: Start) -> None:
    provider, client = start(in_turn(GOOD))
    assert ask(client, Notebook(), QUESTION, read) == Answer(value="red")
    sent = provider.requests[0]["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["required"] == ["title", "strength"]
    assert sent["schema"]["additionalProperties"] is False


def test_a_fence_around_the_json_is_no_fault(start: Start) -> None:
    _, client = start(in_turn(say('```json\n{"title": "red", "strength": "weak"}\n```')))
    assert ask(client, Notebook(), QUESTION, read) == Answer(value="red")


def test_thoughts_before_the_json_are_no_fault_and_quoted_ones_stay(start: Start) -> None:
    thought = '<think>{"title": "blue"}</think>\n```json\n{"title": "red", "strength": null}\n```'
    _, client = start(in_turn(say(thought)))
    assert ask(client, Notebook(), QUESTION, read) == Answer(value="red")
    _, client = start(in_turn(say_json({"title": "a</think>b", "strength": None})))
    assert ask(client, Notebook(), QUESTION, read) == Answer(value="a</think>b")


@pytest.mark.parametrize(
    "bad",
    [
        say("I would say red."),
        say_json({"title": "red"}),
        say_json({"title": "red", "strength": None, "more": 1}),
        say_json({"title": "plaid", "strength": None}),
        say(""),
        say('{"title": "re', finish_reason="length"),
        Served(b""),
    ],
)
def test_an_unusable_reply_is_asked_for_once_more(start: Start, bad: Served) -> None:
    provider, client = start(in_turn(bad, GOOD))
    assert ask(client, Notebook(), QUESTION, read) == Answer(value="red", is_repaired=True)
    assert len(provider.requests) == 2


def test_the_second_question_names_the_fault(start: Start) -> None:
    provider, client = start(in_turn(say_json({"title": "plaid", "strength": None}), GOOD))
    ask(client, Notebook(), QUESTION, read)
    asked = provider.requests[1]["messages"]
    assert [message["role"] for message in asked] == ["user", "assistant", "user"]
    assert "plaid is no colour" in asked[-1]["content"]


def test_two_unusable_replies_are_a_failure_and_both_are_kept(start: Start) -> None:
    _, client = start(in_turn(say("no")))
    notebook = Notebook()
    outcome = ask(client, notebook, QUESTION, read)
    assert isinstance(outcome, CallFailure)
    assert outcome.kind is CallFailureKind.BAD_REPLY
    assert list(notebook.kept) == ["7", "7.repair"]


def test_a_refusal_is_not_asked_for_again(start: Start) -> None:
    provider, client = start(in_turn(say(None, refusal="I will not.")))
    outcome = ask(client, Notebook(), QUESTION, read)
    assert outcome == CallFailure(kind=CallFailureKind.REFUSED, message="I will not.")
    assert len(provider.requests) == 1


def test_a_reply_in_the_ledger_is_not_paid_again(start: Start) -> None:
    provider, client = start(in_turn(say("nonsense"), GOOD))
    notebook = Notebook()
    first = ask(client, notebook, QUESTION, read)
    assert ask(client, notebook, QUESTION, read) == first
    assert len(provider.requests) == 2


def test_replies_that_were_of_no_use_do_not_bar_another_try(start: Start) -> None:
    provider, client = start(in_turn(say("no"), say("no"), say("no"), say("no"), GOOD))
    notebook = Notebook()
    for _ in range(2):
        assert isinstance(ask(client, notebook, QUESTION, read), CallFailure)
    assert ask(client, notebook, QUESTION, read) == Answer(value="red")
    assert len(provider.requests) == 5
    assert len(notebook.kept) == 5


def test_who_needs_the_answer_gets_the_reason_and_the_remedy(start: Start) -> None:
    _, client = start(in_turn(refuse(401, "wrong key")))
    with pytest.raises(ProviderError, match=r"wrong key.*Check the key of tested"):
        require_answer(ask(client, Notebook(), QUESTION, read))
