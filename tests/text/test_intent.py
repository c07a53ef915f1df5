"""What is left of a conversation when topics are found."""

import pytest

from rft_app.text.intent import MAX_CHARACTERS, extract_intent


@pytest.mark.parametrize(
    "messages",
    [
        [],
        ["Hi"],
        ["Hello there!", "###STOP###"],
        ["yes please", "Ok, thanks a lot!", "That's all I need."],
        ["My user ID is mia_li_3668 and the reservation ID is EUJUY6."],
        ["Sure, it's mia.li@example.com."],
        ["  \n "],
        ["42"],
    ],
)
def test_messages_that_want_nothing_leave_nothing(messages: list[str]) -> None:
    assert extract_intent(messages) == ""


def test_what_is_wanted_stays_and_what_names_the_case_goes() -> None:
    intent = extract_intent(
        [
            "Hi! I'd like to cancel flight HAT136, booked under mia_li_3668.",
            "Sure, my user ID is mia_li_3668.",
            "I don't have the reservation number at hand.",
            "See https://example.com/b/77 and write to a.b@example.com about the refund of $250.",
            "Thank you so much! ###STOP###",
        ]
    )
    assert "cancel flight" in intent
    assert "refund" in intent
    for gone in ("HAT136", "mia", "example", "250", "STOP", "Sure", "number", "\x00"):
        assert gone not in intent


def test_the_wish_beside_a_number_in_one_sentence_stays() -> None:
    intent = extract_intent(["I need to cancel my trip, my confirmation number is JMO1MG."])
    assert "cancel my trip" in intent
    assert "confirmation" not in intent


def test_the_first_messages_that_say_something_count() -> None:
    intent = extract_intent(["Hi", "Change my seat", "Yes", "by the window", "row two", "in May?"])
    assert intent == "Change my seat by the window row two"


def test_the_text_has_a_limit_and_ends_with_a_whole_word() -> None:
    intent = extract_intent(["luggage " * 10_000])
    assert len(intent) <= MAX_CHARACTERS
    assert set(intent.split()) == {"luggage"}


def test_other_scripts_are_kept() -> None:
    assert extract_intent(["予約をキャンセルしたい。"]) == "予約をキャンセルしたい。"
    assert extract_intent(["Отмените мой рейс"]) == "Отмените мой рейс"
