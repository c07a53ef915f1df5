"""Names and objectives that are read from conversations."""

from rft_app.text.pattern import find_subject, find_title


def test_one_or_two_texts_suggest_a_name_where_they_want_the_same() -> None:
    parcel = "Please track the parcel to Oslo that I sent on Monday."
    assert find_title("", [parcel]) == "Track parcel questions"
    assert "parcel" in find_subject([parcel, "Where is my parcel to Bergen?"]).lower()
    assert find_subject(["Move my flight", "Cancel my hotel"]) == ""
    assert find_subject(["Hi"]) == ""
