"""Names and objectives that are read from conversations."""

from rft_app.text.pattern import find_languages, find_subject, find_title


def test_one_or_two_texts_suggest_a_name_where_they_want_the_same() -> None:
    parcel = "Please track the parcel to Oslo that I sent on Monday."
    assert find_title("", [parcel]) == "Track parcel questions"
    assert "parcel" in find_subject([parcel, "Where is my parcel to Bergen?"]).lower()
    assert find_subject(["Move my flight", "Cancel my hotel"]) == ""
    assert find_subject(["Hi"]) == ""


def test_a_language_is_named_where_enough_was_said_in_it() -> None:
    orders = [f"Where is order {number}?" for number in range(3)]
    assert find_languages(orders) == []
    assert find_languages(["Do as me", "Order 7", "Oslo"]) == []
    assert find_languages([*orders, "Can you tell me how to cancel it in the app?"]) == [
        ("English", 1.0)
    ]
    told = "Wie kann ich mein Paket mit der App und nicht auf dem Amt verfolgen?"
    assert find_languages([told, "How can I track my parcel with the app?"]) == [
        *(("English", 0.5), ("German", 0.5))
    ]
    portuguese = "Como eu cancelo uma compra em que não sei o número do pedido e os itens?"
    assert find_languages([portuguese]) == [("Portuguese", 1.0)]
