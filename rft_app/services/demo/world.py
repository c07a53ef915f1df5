"""Who travels, where, and what the agent may do: the made-up world of the demo."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

CITIES = (
    ("Lisbon", "LIS"),
    ("Vienna", "VIE"),
    ("Oslo", "OSL"),
    ("Dublin", "DUB"),
    ("Athens", "ATH"),
    ("Warsaw", "WAW"),
    ("Milan", "MXP"),
    ("Seville", "SVQ"),
    ("Helsinki", "HEL"),
    ("Prague", "PRG"),
    ("Marseille", "MRS"),
    ("Edinburgh", "EDI"),
    ("Bologna", "BLQ"),
    ("Porto", "OPO"),
    ("Zürich", "ZRH"),
    ("Hamburg", "HAM"),
    ("Kraków", "KRK"),
    ("Montréal", "YUL"),
    ("Boston", "BOS"),
    ("Tokyo", "HND"),
    ("Nairobi", "NBO"),
    ("Lima", "LIM"),
    ("Reykjavík", "KEF"),
    ("Valencia", "VLC"),
)
FIRST_NAMES = (
    *("Amara", "Jonas", "Priya", "Mateo", "Ingrid", "Tomasz", "Leila", "Hugo", "Mei", "Óscar"),
    *("Fatima", "Niall", "Chiara", "Kofi", "Hanna", "Dario", "Yuki", "Esther", "Pavel", "Rosa"),
    *("Selin", "Anders", "Beatriz", "Omar", "Linnea", "Viktor", "Noor", "Clément", "Grace", "Ravi"),
)
LAST_NAMES = (
    *("Okafor", "Lindqvist", "Moreau", "Castellanos", "Byrne", "Kowalczyk", "Haddad", "Tanaka"),
    *("Ferreira", "Novák", "Adeyemi", "Rossi", "Weber", "Petrov", "Iyer", "Sandoval", "Murphy"),
    *("Hansen", "Demir", "Dubois", "Mensah", "Virtanen", "Gallo", "Nakamura", "Larsen", "Costa"),
)
HOTELS = (
    *("the Harbour House", "Hotel Alameda", "the Old Mill Inn", "Casa Verde", "the Tramway Hotel"),
    *("Hotel Meridiana", "the Lantern Rooms", "Pension Rosenhof", "the Quay Hotel", "Villa Aurora"),
)
REASONS = (
    *("my daughter has a fever", "a meeting moved", "the conference was called off"),
    *("I mixed up the weeks", "work needs me a day longer", "my visa is late"),
    *("we are moving flats", "my partner broke an ankle", "plans fell through"),
    *("my train was cancelled", "my boss said no", "the wedding is off", "our sitter quit"),
    *("I caught the flu", "school starts early", "my passport expired", "the fair has moved"),
    *("grandma is in hospital", "I have to be in court", "our dog is ill", "I got a new job"),
    *("the course is full", "my tooth hurts", "the concert moved", "a friend backed out"),
    *("the house is flooded", "my exam was moved", "the festival is sold out"),
)
BAGS = (
    *("a cello case", "a folded stroller", "two pairs of skis", "a road bike in a box"),
    *("one extra suitcase", "a surfboard", "a golf bag", "a 23 kg suitcase", "a second cabin bag"),
)
PARTIES = ("one adult", "two adults", "a family of three", "four people")

SYSTEM_PROMPT = (
    "You are the booking assistant of Wayfinch, a small travel agency. Look things up with the "
    "tools instead of guessing. Ask before you charge or refund. End with one short message that "
    "names the booking code and every amount in euros."
)


@dataclass(frozen=True)
class Trip:
    """One traveller's journey, from which a story takes what it needs."""

    name: str
    origin: str
    origin_code: str
    city: str
    city_code: str
    flight: str
    other_flight: str
    day: str
    other_day: str
    code: str
    time: str
    other_time: str
    amount: float
    hotel: str
    nights: int
    travellers: int
    party: str
    reason: str
    reason_start: str
    """The reason as the start of a sentence."""
    bag: str


def make_trip(rng: Random) -> Trip:
    """Draw one journey."""
    (origin, origin_code), (city, city_code) = rng.sample(CITIES, 2)
    day = date(2026, 2, 1) + timedelta(days=rng.randrange(300))
    travellers, reason = rng.choice((1, 1, 1, 2, 2, 3, 4)), rng.choice(REASONS)
    return Trip(
        name=f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}",
        origin=origin,
        origin_code=origin_code,
        city=city,
        city_code=city_code,
        flight=f"WF{rng.randrange(100, 990)}",
        other_flight=f"WF{rng.randrange(100, 990)}",
        day=_day(rng, day),
        other_day=_day(rng, day + timedelta(days=rng.choice((-3, -2, -1, 1, 2, 4, 7)))),
        code="".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=6)),
        time=f"{rng.randrange(6, 22):02}:{rng.choice(('05', '10', '25', '40', '55'))}",
        other_time=f"{rng.randrange(6, 23):02}:{rng.choice(('00', '15', '30', '50'))}",
        amount=round(rng.uniform(24, 640), 2),
        hotel=rng.choice(HOTELS),
        nights=rng.choice((2, 2, 3, 3, 4, 5, 7)),
        travellers=travellers,
        party=PARTIES[travellers - 1],
        reason=reason,
        reason_start=reason[0].upper() + reason[1:],
        bag=rng.choice(BAGS),
    )


def _day(rng: Random, day: date) -> str:
    month = day.strftime("%B")
    return rng.choice((f"{day.day} {month}", f"{month} {day.day}", f"{day:%A} {day.day} {month}"))


def _tool(name: str, description: str, /, **properties: str) -> dict[str, Any]:
    parameters = {key: {"type": kind} for key, kind in properties.items()}
    return {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": parameters,
                "required": list(parameters),
            },
        },
    }


TOOLS = (
    _tool(
        "search_flights", "Flights of a day.", origin="string", destination="string", day="string"
    ),
    _tool("book_flight", "Book and charge.", flight="string", name="string", travellers="integer"),
    _tool("get_booking", "What is stored under a booking code.", code="string"),
    _tool("change_flight", "Move a booking to another flight.", code="string", flight="string"),
    _tool("cancel_booking", "Cancel; says what is refunded.", code="string", reason="string"),
    _tool("add_baggage", "Add one piece of baggage.", code="string", item="string"),
    _tool("search_hotels", "Free rooms.", city="string", day="string", nights="integer"),
    _tool("book_hotel", "Book a room.", hotel="string", name="string", nights="integer"),
    _tool("flight_status", "Times, gate and delay of a flight.", flight="string", day="string"),
)
