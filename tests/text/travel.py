"""Requests to a travel agency, written for the tests, in four groups."""

PLACES = ("Oslo", "Rome", "Lima", "Kyoto", "Cairo", "Quito")

BAGS = (
    "My suitcase did not arrive in {}, where is my lost bag?",
    "The airline lost my bag on the way to {}.",
    "I want to report a lost bag, it was black, flight to {}.",
    "Lost bag! It never came out at {} airport.",
    "Can you trace a lost bag from {} please?",
)
REFUNDS = (
    "Please refund my ticket to {}, I cannot travel.",
    "How do I get a refund for the cancelled {} ticket?",
    "I was promised a ticket refund for {} weeks ago.",
    "Refund the ticket to {} to my card.",
    "When will the refund of my {} ticket be paid?",
)
CHANGES = (
    "I need to change my flight to {} to a later date.",
    "Can I change the flight to {} by two days?",
    "Change flight, please: {} on Friday instead of Monday.",
    "My meeting moved, so change my flight from {}.",
    "What does it cost to change a flight to {}?",
)
MEALS = (
    "I would like to order a vegetarian meal on the way to {}.",
    "Is there a vegetarian meal on board to {}?",
    "Add a vegetarian meal for my son, we fly to {}.",
    "My daughter is allergic to nuts, which meal is there to {}?",
    "Please book the vegetarian meal for {}.",
)
GROUPS = (BAGS, REFUNDS, CHANGES, MEALS)


def make_requests(num_places: int = len(PLACES)) -> tuple[list[str], list[int]]:
    """Texts, and the group each is in."""
    pairs = [
        (text.format(place), number)
        for place in PLACES[:num_places]
        for number, texts in enumerate(GROUPS)
        for text in texts
    ]
    return [text for text, _ in pairs], [number for _, number in pairs]
