import pytest

from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError
from rft_app.traces.mapped import Extended, Mapped, parse_mapping
from rft_app.traces.reading import choose_shape
from tests.traces.reading_helpers import assistant, fault, read, read_mapped, user

ROW = {
    "uid": 5,
    "body": {"ask": "2+2?", "turns": [[user("a"), assistant("b")]]},
    "gold": {"value": 4},
    "said": "five",
    "score": 0.25,
    "who": "m1",
    "thread": "t9",
}


def test_columns_become_parts_of_the_record() -> None:
    trace, body = read_mapped(
        ROW,
        input="body.ask",
        output="said",
        reference="gold.value",
        reward="score",
        id="uid",
        group="thread",
        model="who",
    )

    assert body["messages"] == [user("2+2?"), assistant("five")]
    assert (body["num_prompt_messages"], body["reference"]) == (1, "4")
    assert (trace.reward, trace.external_id, trace.group, trace.model) == (0.25, "5", "t9", "m1")
    assert set(body["metadata"]) == {"body", "gold", "score", "thread", "uid", "who"}


def test_a_path_reaches_into_lists() -> None:
    _, body = read_mapped(ROW, messages="body.turns.0")

    assert body["messages"] == [user("a"), assistant("b")]


def test_a_question_alone_is_a_prompt() -> None:
    trace, body = read_mapped({"q": "Why?"}, input="q")

    assert (trace.num_turns, body["num_prompt_messages"]) == (0, 1)


def test_a_missing_column_is_named() -> None:
    found = fault(b'{"a":1}', Mapped({"input": "question"}))

    assert (found.reason, "`question`" in found.message) == (Reason.WRONG_SHAPE, True)


@pytest.mark.parametrize(
    "text", ["input", "=x", "input=", "nonsense=x", "output=a", "input=a,messages=b"]
)
def test_an_unusable_mapping_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_mapping(text)


RUN = {"trace_id": "r1", "messages": [user("a"), assistant("b")], "case": {"n": 3}, "score": 0.5}


def test_a_mapping_without_the_question_adds_to_the_shape_that_is_found() -> None:
    mapping = parse_mapping("group=case.n,reward=score,reference=absent")

    trace, body, name = read(RUN, choose_shape(None, mapping))

    assert (name, trace.group, trace.reward) == ("trajectory", "3", 0.5)
    assert (trace.external_id, body["messages"]) == ("r1", RUN["messages"])
    assert "reference" not in body


def test_a_mapped_reference_makes_an_open_conversation_a_prompt() -> None:
    row = {"messages": [user("a"), assistant("b"), user("c")], "gold": "d"}

    trace, body, _ = read(row, choose_shape("messages", {"reference": "gold"}))

    assert (body["reference"], body["num_prompt_messages"], trace.num_turns) == ("d", 3, 0)


def test_a_row_of_no_known_shape_asks_for_its_question() -> None:
    found = fault(b'{"a":1}', Extended({"group": "a"}, None))

    assert (found.reason, "`input` or `messages`" in found.message) == (Reason.WRONG_SHAPE, True)
