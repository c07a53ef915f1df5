"""Topics told by their own words."""

from rft_app.domain.topic import SURE
from rft_app.text.keywords import KeywordMatcher

MATCHER = KeywordMatcher(
    [["change flight", "later date"], ["refund", "ticket"], ["suitcase", "ticket"]],
    ["Changes", "Money back", "Lost bag"],
)


def best(text: str) -> tuple[int, bool] | None:
    ranked = MATCHER.rank(text)
    return (ranked[0][0], ranked[0][1] >= SURE) if ranked else None


def test_a_phrase_or_two_words_are_enough_and_one_word_is_not() -> None:
    assert best("Please change my flight") == (0, True)
    assert best("A refund for the ticket") == (1, False)
    assert best("Refund it") == (1, False)
    assert best("Where is my lost bag, a suitcase") == (2, True)


def test_a_name_alone_decides_nothing() -> None:
    assert best("My lost bag") == (2, False)


def test_forms_of_a_word_are_one_and_words_of_two_topics_compete() -> None:
    assert best("I changed flights") == (0, True)
    assert best("Change my flight and refund the ticket") == (0, False)


def test_a_text_without_any_word_has_no_topic() -> None:
    assert best("") is None
    assert best("Hello there") is None
