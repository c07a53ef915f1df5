"""Records and briefs with defaults."""

from typing import Any

from rft_app.domain.message import Message
from rft_app.domain.record import Record, RecordId
from rft_app.strategies import Brief

SYSTEM = Message(role="system", content="You book flights.")
BOOK = {
    "type": "function",
    "function": {
        "name": "book",
        "parameters": {
            "type": "object",
            "properties": {
                "flight": {"type": "string"},
                "seats": {"type": "integer"},
                "cabin": {"type": "string", "enum": ["economy", "business"]},
            },
            "required": ["flight"],
        },
    },
}


def make_record(**changes: Any) -> Record:
    """A short conversation with a system prompt, an answer and a reference."""
    values = {
        "id": RecordId("rec_1"),
        "input": (
            SYSTEM,
            Message(role="user", content="Book LX 8."),
            Message(role="assistant", content="For how many?"),
            Message(role="user", content="Two."),
        ),
        "output": (Message(role="assistant", content="LX 8 is booked for two."),),
        "tools": (BOOK,),
        "reference": "LX 8",
        "metadata": {"wanted": "LX 8"},
    }
    return Record.model_validate(values | changes)


def make_brief(**changes: Any) -> Brief:
    """A brief about that record."""
    values = {
        "objective": "Book flights",
        "topic": "Booking/New",
        "topic_description": "New bookings",
        "keywords": ("book", "seat"),
        "source": make_record(),
        "examples": (make_record(),),
        "count": 2,
    }
    return Brief.model_validate(values | changes)
