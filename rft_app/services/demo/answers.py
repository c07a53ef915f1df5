"""The agent's last message: often right, sometimes not, so that a grader has work to do."""

from enum import StrEnum
from random import Random

from rft_app.services.demo.stories import Ending
from rft_app.services.demo.talk import Talk, euros

CODES = (
    *("Your booking code is {code}.", "Booking reference: {code}.", "It is stored under {code}."),
    *("Please keep {code} handy.", "Code: {code}", "Quote {code} if you need us again."),
)
CLOSINGS = (
    *("", "", "", "Safe travels!", "Is there anything else?", "Have a good trip, {name}."),
    *("I sent everything to your e-mail.", "Enjoy {city}!", "Thank you for your patience."),
)
HAND_OVERS = (
    "I can't do this myself. A colleague will call you back within two hours.",
    "Sorry, the system does not let me finish. Please phone our service desk.",
    "That needs a human. I've put you in the queue for the team.",
)
RAMBLES = (
    "Let me also tell you about our newsletter, in which we write every month about the most "
    "charming places, seasonal fares, travel insurance, car hire and airport parking.",
    "As you may know, travelling is always a matter of preparation, and many of our customers "
    "like to arrive early, bring a book, and double-check their documents the evening before.",
    "If you are happy with my service today, you could rate this chat afterwards; it takes less "
    "than one minute and it helps us to train, to learn, and to get better for all travellers.",
)


class Flaw(StrEnum):
    """What is wrong with a last message."""

    NONE = "none"
    NO_CODE = "no_code"
    NO_AMOUNT = "no_amount"
    WRONG_AMOUNT = "wrong_amount"
    ONLY_DONE = "only_done"
    NO_CALL = "no_call"
    """Claims what no tool did."""
    HAND_OVER = "hand_over"
    RAMBLING = "rambling"


_WEIGHTS = {
    Flaw.NONE: 26,
    Flaw.NO_CODE: 15,
    Flaw.NO_AMOUNT: 12,
    Flaw.WRONG_AMOUNT: 9,
    Flaw.ONLY_DONE: 13,
    Flaw.NO_CALL: 9,
    Flaw.HAND_OVER: 9,
    Flaw.RAMBLING: 7,
}
RATINGS = {Flaw.NONE: 0.9, Flaw.RAMBLING: 0.6, Flaw.NO_CODE: 0.5, Flaw.NO_AMOUNT: 0.6}
"""What travellers think of it; the others get 0.2."""


def draw_flaw(rng: Random) -> Flaw:
    """Choose what goes wrong."""
    return rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]


def write_answer(talk: Talk, ending: Ending, flaw: Flaw) -> str:
    """The last message with one flaw."""
    rng = talk.rng
    if flaw is Flaw.HAND_OVER:
        return rng.choice(HAND_OVERS)
    parts = [rng.choice(ending.done)]
    if flaw is not Flaw.ONLY_DONE:
        parts += _details(talk, ending, flaw)
    parts.append(rng.choice(CLOSINGS))
    if flaw is Flaw.RAMBLING:
        parts += RAMBLES
    elif flaw is Flaw.ONLY_DONE and ending.mentions:
        parts[0] = "There is a new time for {flight}."
    return talk.fill(" ".join(part for part in parts if part))


def write_reference(talk: Talk, ending: Ending) -> str:
    """A right last message."""
    parts = [ending.done[0], CODES[0], *ending.amounts[:1]]
    return talk.fill(" ".join(parts))


def _details(talk: Talk, ending: Ending, flaw: Flaw) -> list[str]:
    rng = talk.rng
    details: list[str] = []
    if flaw is not Flaw.NO_CODE:
        details.append(rng.choice(CODES))
    if ending.amounts and flaw is not Flaw.NO_AMOUNT:
        sentence = rng.choice(ending.amounts)
        if flaw is Flaw.WRONG_AMOUNT:
            wrong = talk.trip.amount + rng.choice((-9.5, 10.0, 18.25, 40.0))
            sentence = sentence.replace("{price}", euros(wrong))
        details.append(sentence)
    rng.shuffle(details)
    return details
