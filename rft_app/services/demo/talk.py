"""One conversation under construction."""

from random import Random
from typing import Any

import orjson

from rft_app.services.demo.wording import vary
from rft_app.services.demo.world import SYSTEM_PROMPT, Trip

Json = dict[str, Any]

GREETINGS = (
    *("", "", "", "Hi! ", "Hello, ", "Hey there, ", "Good morning. ", "Good evening! ", "hi, "),
    *("Hello Wayfinch, ", "Sorry to bother you - ", "Quick one: ", "Hope you can help. ", "Ok so "),
)
GOODBYES = (
    *("", "", "", " Thanks!", " Thank you in advance.", " Cheers", " Many thanks."),
    *(" I'm in a bit of a hurry.", " Please let me know.", " That's all I know.", " Ta."),
)
CONFIRMATIONS = (
    *("Yes, please go ahead.", "ok do it", "That works for me.", "Sounds good, please proceed."),
    *("Yes.", "Perfect, go for it.", "Fine by me, thank you.", "Please do, right now!"),
    *("Hmm, alright then. Yes.", "Go ahead 👍", "Yes - all good.", "Okay, confirm."),
)


class Talk:
    """Messages in the order they were said, and what a right last answer must contain."""

    def __init__(self, rng: Random, trip: Trip) -> None:
        self.rng = rng
        self.trip = trip
        self.messages: list[Json] = [{"role": "system", "content": SYSTEM_PROMPT}]
        self.skipped_tool: str | None = None
        """A tool that this agent forgets to call."""

    def user(self, *options: str) -> None:
        """The traveller says one of the options."""
        self._say("user", self.rng.choice(options))

    def open(self, *options: str) -> None:
        """The traveller's first message."""
        greeting = self.rng.choice(GREETINGS)
        text = self.fill(vary(self.rng, self.rng.choice(options)))
        keeps_capital = text.startswith(("I ", "I'", self.trip.name))
        if greeting.endswith((", ", ": ", "- ", "so ")) and not keeps_capital:
            text = text[0].lower() + text[1:]
        content = greeting + text + self.rng.choice(GOODBYES)
        self.messages.append({"role": "user", "content": content})

    def agent(self, *options: str) -> None:
        """The agent says one of the options."""
        self._say("assistant", self.rng.choice(options))

    def confirm(self) -> None:
        """The traveller agrees."""
        self.user(*CONFIRMATIONS)

    def call(self, name: str, arguments: Json, result: Json) -> None:
        """The agent calls a tool and gets its result."""
        if name == self.skipped_tool:
            return
        call_id = f"call_{self.rng.randrange(16**8):08x}"
        function = {"name": name, "arguments": orjson.dumps(arguments).decode()}
        call = {"id": call_id, "type": "function", "function": function}
        self.messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        content = orjson.dumps(result).decode()
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})

    def fill(self, text: str) -> str:
        """Put the trip's facts into a text."""
        return text.format(**vars(self.trip), price=euros(self.trip.amount))

    def _say(self, role: str, text: str) -> None:
        self.messages.append({"role": role, "content": self.fill(text)})


def euros(amount: float) -> str:
    """An amount as the agent writes it.

    Example:
        >>> euros(1284.5)
        '€1,284.50'
    """
    return f"€{amount:,.2f}"
