"""Files of topics: what is read, and what is said of what cannot be."""

from typing import Any

import pytest

from rft_app.domain.topic_file import parse_topics
from rft_app.errors import InvalidInputError


def keys(value: object) -> list[str]:
    return [node.key for node in parse_topics(value)]


def hierarchy(**topics: Any) -> dict[str, Any]:
    return {"version": "1", "topics": topics}


def test_bare_names_find_their_place_by_parent_or_by_child() -> None:
    value = hierarchy(
        seats={"description": "Where to sit", "parentTopic": "changes"},
        changes={"description": "", "subtopics": ["dates"]},
        dates={"keywords": ["new date"]},
        bags={"targetPercentage": 40},
    )
    nodes = parse_topics(value)
    assert [node.key for node in nodes] == ["changes", "changes/seats", "changes/dates", "bags"]
    assert nodes[1].description == "Where to sit"
    assert nodes[2].keywords == ("new date",)
    assert nodes[3].target_share == 0.4


def test_slash_paths_a_list_and_nested_names_are_read() -> None:
    wanted = ["A", "A/B", "A/C", "D"]
    assert keys({"topics": {"A": {}, "A/B": {}, "A/C": {"parentTopic": "A"}, "D": {}}}) == wanted
    assert keys(["A/B", "D", "A/C"]) == wanted
    assert keys({"topics": ["A/B", "A/C", "D"]}) == wanted
    assert keys({"A": {"B": {}, "C": None}, "D": []}) == wanted
    assert keys({"A": ["B", "C"], "D": None}) == wanted


def test_a_subtopic_without_an_entry_is_a_topic() -> None:
    assert keys(hierarchy(A={"subtopics": ["B"]})) == ["A", "A/B"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "an object with `topics`"),
        ({}, "no topics"),
        (hierarchy(), "no topics"),
        (hierarchy(a={"parentTopic": "b"}), "topics → a → parentTopic: there is no topic 'b'"),
        (
            hierarchy(a={"parentTopic": "b"}, b={"parentTopic": "c"}, c={"parentTopic": "a"}),
            "below each other: 'a' → 'b' → 'c' → 'a'",
        ),
        (hierarchy(a={"subtopics": ["a"]}), "below each other: 'a' → 'a'"),
        (
            hierarchy(a={"subtopics": ["c"]}, b={"subtopics": ["c"]}),
            "topics → b → subtopics: 'c' belongs to 'a', too",
        ),
        (hierarchy(a={"keywords": "one"}), "topics → a → keywords: Input should be a valid list"),
        (hierarchy(a={"keywords": [1]}), "topics → a → keywords → entry 1: "),
        (hierarchy(a=[]), "topics → a: "),
        ({"version": "1", "topics": 3}, "At topics: "),
        (hierarchy(**{"a/b": {}}), "topics → a/b: there is no topic 'a' in this file"),
        (hierarchy(A={}, a={}), "differ only in capitals"),
        (hierarchy(a={"targetPercentage": 120}), "topics → a → targetPercentage"),
        (hierarchy(a={"targetPercentage": 50}), "must add up to 100%"),
        (
            hierarchy(a={"targetPercentage": 50}, b={"parentTopic": "a"}),
            "only topics without topics below",
        ),
        (["a", "a"], "line 2: 'a' is there twice"),
        (["a//b"], "line 1: 'a//b' has an empty part"),
        ([1], "At entry 1: "),
        ({"a": {"b": 3}}, "At a/b: nested topics are an object, a list of names or null, not int"),
        ({"a/b": None}, "needs letters and no slash"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": None}}}}}}}, "6 levels"),
        ({"x" * 81: None}, "cannot be used"),
        ([f"t{number}" for number in range(2001)], "2,000 topics"),
    ],
)
def test_a_fault_is_named_with_its_place(value: object, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_topics(value)
    assert message in caught.value.message
