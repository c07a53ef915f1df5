"""How the messages of a record are written, as far as an export must know before it copies them.

Extract looks once and stores the answer with the record, so that an export need not parse what it
only copies.
"""

from enum import IntEnum


class MessageKind(IntEnum):
    """One bit each: what occurs among a record's messages up to the answer, and how they stand.

    A record of which any other message is part has none of these bits.  Every message has exactly
    the fields that its kind names, and none of them is null but for the content of `CALLS`.
    """

    SYSTEM = 1
    """Instructions as text."""
    DEVELOPER = 2
    """The same in the newer word."""
    USER = 4
    """Text."""
    ANSWER = 8
    """An assistant turn of text."""
    CALLS = 16
    """An assistant turn with a list of tool calls; it may have no text."""
    RESULT = 32
    """Text of a tool, with the id of its call."""
    NAMED_RESULT = 64
    """The same with the tool's name."""
    LATE_INSTRUCTIONS = 128
    """Instructions do not only stand at the beginning."""
    QUESTION = 256
    """The last message given is a user's or a tool's."""
    ANSWERED = 512
    """There is an answer."""
    WHOLE = 1024
    """Nothing follows the answer or, where there is none, the last message given."""
    LEFT_OPEN = 2048
    """The conversation goes on, or ends in results, though a tool call has no result yet."""
