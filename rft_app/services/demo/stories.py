"""The six things travellers want, each told in many ways.

A story leaves the conversation just before the agent's last message and says what that message
has to contain.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

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
    talk.open(
        "I need to get from {origin} to {city} on {day}, party of {travellers}. The cheapest?",
        "Could you find me a flight to {city}? I'm leaving {origin} on {day}.",
        "Looking for plane tickets {origin} → {city}, {day}. Morning if possible.",
        "My sister is getting married in {city} and I have to fly there from {origin} on {day}.",
        "Book me on something to {city} around {day} please, starting in {origin}. Name: {name}.",
        "We'd love to spend a few days in {city}. Are there seats from {origin} on {day}?",
        "What would a one-way ticket from {origin} to {city} cost on {day}?",
        "{name} here. I want to fly to {city} on {day}, no overnight stops, from {origin}.",
        "Is there anything direct between {origin} and {city} on {day}? I hate changing planes.",
        "I have an interview in {city}, so I must arrive from {origin} on {day}. Any fare under "
        "{price}?",
        "Need a seat {origin_code}-{city_code} for {day}. Window, if they let you choose.",
        "Our choir ({travellers} people) travels to {city} on {day}. Please search flights from "
        "{origin}.",
    )
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
    talk.open(
        "Can I move my trip under {code} from {day} to {other_day}? {reason}.",
        "I have to change my flight to {city}. Code {code}. {other_day} would be ideal.",
        "Please rebook {code}: I can't travel on {day} because {reason}.",
        "My booking {code} says {day} but I need {other_day} instead.",
        "{name}, reservation {code}. Is a later departure than {time} possible on the same day?",
        "How much does it cost to switch {code} to {other_day}?",
        "Postpone my {city} flight, please! {reason}, so {other_day} it has to be. It's {code}.",
        "I picked the wrong date. Booking {code}, should have been {other_day}.",
        "Could you swap {flight} for an earlier one? Reservation number {code}.",
        "Something came up ({reason}). What are my options to reschedule {code}?",
        "Need to shift the outbound leg of {code} to {other_day}; the return can stay.",
    )
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
    talk.open(
        "Please cancel my booking {code}, {reason}.",
        "I want my money back for {code}. The trip to {city} is off.",
        "Cancel everything under {code}. Do I get a refund?",
        "What happens if I cancel {code} today? I won't make it to {city}: {reason}.",
        "Hotel and flight under {code} are no longer needed. How much will you return?",
        "You cancelled {flight} on me. I'd like a full refund, booking {code}.",
        "We can't travel any more ({reason}). Refund for reservation {code}?",
        "{name}. I wish to withdraw from my booking {code} and be reimbursed.",
        "Is {code} refundable? If so, cancel it.",
    )
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
    talk.open(
        "I'd like to bring {bag} on my flight to {city}. Booking {code}.",
        "How many kilos of luggage are included in {code}? I want to add {bag}.",
        "Add {bag} to {code} please.",
        "Travelling with {bag} on {flight} - what do I have to pay for baggage?",
        "Is {bag} okay as checked luggage? My reservation is {code}.",
        "We packed more than planned. Can you put {bag} on booking {code}?",
        "The airport desk wants a fortune for {bag}. Can I pay for the bag with you, {code}?",
        "My suitcase allowance under {code} is zero?! I need {bag} to come along.",
    )
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
    talk.open(
        "Can you find a hotel in {city} for {nights} nights from {day}?",
        "I need a room in {city}, arriving {day}. Quiet, please, and breakfast.",
        "Where can we stay in {city}? {travellers} adults, check-in {day}, {nights} nights.",
        "Is {hotel} in {city} free on {day}? I'd book {nights} nights.",
        "Looking for somewhere to sleep near the centre of {city} on {day}.",
        "My flight lands late, so a hotel close to {city_code} for {day} would be great.",
        "Double room, {city}, {nights} nights, from {day}. Nothing fancy. For {name}.",
    )
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
    talk.open(
        "Is {flight} on time today?",
        "Has my flight to {city} been delayed? Code {code}.",
        "Which gate does {flight} leave from, and when does boarding start?",
        "I heard there is a strike in {origin}. Does {flight} still depart at {time}?",
        "The departures board says delayed. What's the new departure time of {flight}, {code}?",
        "Picking up a friend: when does {flight} from {origin} really land?",
        "Will I still catch {flight}? My train to the airport is late.",
    )
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


STORIES: tuple[tuple[int, Callable[[Talk], Ending]], ...] = (
    (30, book_flight),
    (24, change_flight),
    (18, cancel),
    (13, baggage),
    (9, hotel),
    (6, status),
)
"""Share in percent, and story."""

TOOL_OF: Mapping[Callable[[Talk], Ending], str] = {
    book_flight: "book_flight",
    change_flight: "change_flight",
    cancel: "cancel_booking",
    baggage: "add_baggage",
    hotel: "book_hotel",
    status: "flight_status",
}
"""The call that does what the traveller wants."""
