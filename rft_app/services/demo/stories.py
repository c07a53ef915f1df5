"""The six things travellers want, each told in many ways.

A story leaves the conversation just before the agent's last message and says what that message
has to contain.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from rft_app.services.demo import wishes
from rft_app.services.demo.talk import Talk


class Ending(NamedTuple):
    """What the last message reports."""

    tool: str
    """The tool that must have been called."""
    done: tuple[str, ...]
    """Ways to say what was done."""
    amounts: tuple[str, ...] = ()
    """Ways to name the amount; empty where nothing is paid."""
    mentions: tuple[str, ...] = ()
    """Facts that must be in the text."""


CHARGES = (
    *("The total is {price}.", "I charged {price} to your card.", "That comes to {price} in all."),
    *("You paid {price}.", "Price: {price}, taxes included.", "Your card will show {price}."),
)


def book_flight(talk: Talk) -> Ending:
    """Find a flight and book it."""
    talk.open(*wishes.BOOK_FLIGHT)
    trip = talk.trip
    route = {"origin": trip.origin_code, "destination": trip.city_code, "day": trip.day}
    dearer = round(trip.amount + 61.3, 2)
    fares = [
        {"flight": trip.flight, "departs": trip.time, "price": trip.amount},
        {
            "flight": trip.other_flight,
            "departs": trip.other_time,
            "price": dearer,
        },
    ]
    talk.call("search_flights", route, {"flights": fares})
    talk.agent(
        "{flight} leaves {origin} at {time} and costs {price}. Shall I book it for {name}?",
        "The best fare is {price} on {flight} ({time}). There is also {other_flight} at "
        "{other_time}, a little dearer. Book the first?",
        "I found two flights. The cheaper one, {flight} at {time}, is {price}. Do you want it?",
        "On {day} I can offer {flight} to {city} at {time} for {price}. May I charge your card?",
    )
    talk.confirm()
    talk.call(
        "book_flight",
        {"flight": trip.flight, "name": trip.name, "travellers": trip.travellers},
        {"code": trip.code, "charged": trip.amount},
    )
    return Ending(
        "book_flight",
        (
            "You're booked on {flight} to {city}.",
            "Done! {flight} leaves {origin} at {time} on {day}.",
            "Your seat from {origin} to {city} is confirmed.",
            "All set for {city}, {name}.",
            "The ticket for {flight} is issued.",
        ),
        CHARGES,
    )


def change_flight(talk: Talk) -> Ending:
    """Move a booking to another day."""
    talk.open(*wishes.CHANGE_FLIGHT)
    trip = talk.trip
    stored = {"code": trip.code, "flight": trip.flight, "day": trip.day, "name": trip.name}
    talk.call("get_booking", {"code": trip.code}, stored)
    if talk.rng.random() < 0.6:
        route = {"origin": trip.origin_code, "destination": trip.city_code, "day": trip.other_day}
        other = {"flight": trip.other_flight, "departs": trip.other_time, "fee": trip.amount}
        talk.call("search_flights", route, {"flights": [other]})
    talk.agent(
        "{other_flight} on {other_day} has room. The change fee and fare difference are {price}. "
        "Go ahead?",
        "I can move you to {other_flight} at {other_time}. That costs {price}. Shall I?",
        "There's space on {other_day} with {other_flight}; you'd pay {price} more. All right?",
        "Changing to {other_day} is possible for {price}. Should I do it now?",
    )
    talk.confirm()
    talk.call(
        "change_flight",
        {"code": trip.code, "flight": trip.other_flight},
        {"code": trip.code, "flight": trip.other_flight, "fee": trip.amount},
    )
    return Ending(
        "change_flight",
        (
            "Your flight is now {other_flight} on {other_day}.",
            "I moved you to {other_flight}, departing {other_time}.",
            "The change went through: {other_day}, {other_flight}.",
            "You now travel on {other_day} instead of {day}.",
        ),
        (
            *("The change cost {price}.", "I charged {price} for it.", "Fee paid: {price}."),
            *("The difference of {price} is on your card.", "That was {price}."),
        ),
    )


def cancel(talk: Talk) -> Ending:
    """Cancel and refund."""
    talk.open(*wishes.CANCEL_BOOKING)
    trip = talk.trip
    stored = {"code": trip.code, "flight": trip.flight, "refundable": trip.amount}
    talk.call("get_booking", {"code": trip.code}, stored)
    talk.agent(
        "If I cancel now, {price} goes back to your card. Do you want me to?",
        "I'm sorry to hear that. The refundable part is {price}. Cancel?",
        "Your fare lets me return {price}; the rest is kept by the airline. Shall I cancel it?",
    )
    talk.confirm()
    talk.call(
        "cancel_booking",
        {"code": trip.code, "reason": trip.reason},
        {"code": trip.code, "status": "cancelled", "refund": trip.amount},
    )
    return Ending(
        "cancel_booking",
        (
            "Your booking is cancelled.",
            "I cancelled the trip to {city}.",
            "The cancellation is through.",
            "It's done, nothing more is reserved.",
        ),
        (
            *("You get {price} back within a week.", "{price} will be refunded to your card."),
            *("The refund is {price}.", "Expect {price} on your statement in 5 days."),
        ),
    )


def baggage(talk: Talk) -> Ending:
    """Add baggage, or ask what it costs."""
    talk.open(*wishes.ADD_BAGGAGE)
    trip = talk.trip
    talk.call(
        "get_booking", {"code": trip.code}, {"code": trip.code, "bags": 0, "bag_fee": trip.amount}
    )
    talk.agent(
        "Taking {bag} costs {price} on {flight}. Add it?",
        "Nothing is included in this fare. {bag} would be {price}; shall I add it?",
        "That can be checked in for {price}. Do you want me to add it to your booking?",
    )
    talk.confirm()
    talk.call(
        "add_baggage",
        {"code": trip.code, "item": trip.bag},
        {"code": trip.code, "bags": 1, "charged": trip.amount},
    )
    return Ending(
        "add_baggage",
        (
            "I added {bag} to your booking.",
            "Your luggage is registered for {flight}.",
            "Done, {bag} may travel with you.",
            "The extra piece is on your ticket.",
        ),
        ("The baggage fee was {price}.", *CHARGES),
    )


def hotel(talk: Talk) -> Ending:
    """Find a room and book it."""
    talk.open(*wishes.BOOK_HOTEL)
    trip = talk.trip
    talk.call(
        "search_hotels",
        {"city": trip.city, "day": trip.day, "nights": trip.nights},
        {"hotels": [{"hotel": trip.hotel, "total": trip.amount, "breakfast": True}]},
    )
    talk.agent(
        "{hotel} has a room for {price}, breakfast included. Shall I take it?",
        "I'd suggest {hotel}: {nights} nights for {price}. Book it?",
        "There is one good match, {hotel}, at {price} in total. Would you like it?",
    )
    talk.confirm()
    talk.call(
        "book_hotel",
        {"hotel": trip.hotel, "name": trip.name, "nights": trip.nights},
        {"code": trip.code, "charged": trip.amount},
    )
    return Ending(
        "book_hotel",
        (
            "Your room at {hotel} is reserved.",
            "{hotel} expects you on {day}.",
            "I booked {nights} nights in {city} for you.",
            "The room is yours, {name}.",
        ),
        CHARGES,
    )


def status(talk: Talk) -> Ending:
    """Ask whether a flight is on time."""
    talk.open(*wishes.FLIGHT_STATUS)
    trip = talk.trip
    gate = f"{talk.rng.choice('ABCD')}{talk.rng.randrange(1, 40)}"
    facts = {"code": trip.code, "scheduled": trip.time, "expected": trip.other_time, "gate": gate}
    talk.call("flight_status", {"flight": trip.flight, "day": trip.day}, facts)
    return Ending(
        "flight_status",
        (
            "{flight} now leaves at {other_time} from gate " + gate + ".",
            "New departure time: {other_time}, gate " + gate + ".",
            "It is expected at {other_time} instead of {time}. The gate is " + gate + ".",
        ),
        mentions=(trip.other_time,),
    )


Story = Callable[[Talk], Ending]

STORIES: tuple[tuple[int, Story], ...] = (
    (30, book_flight),
    (24, change_flight),
    (18, cancel),
    (13, baggage),
    (9, hotel),
    (6, status),
)
"""Share in percent, and story."""

TOOL_OF: Mapping[Story, str] = {
    book_flight: "book_flight",
    change_flight: "change_flight",
    cancel: "cancel_booking",
    baggage: "add_baggage",
    hotel: "book_hotel",
    status: "flight_status",
}
"""The call that does what the traveller wants."""
