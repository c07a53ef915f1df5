"""Words, and which of them say nothing about a topic."""

# pyright: reportMissingTypeStubs=false
# scikit-learn ships no types.

import re
from collections.abc import Iterator

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_CHAT = """
    hi hello hey hiya dear greetings howdy bonjour hola morning afternoon evening welcome bye
    goodbye please pls thanks thank thankyou thx cheers sorry apologies excuse okay ok yes yeah
    yep yup no nope nah sure certainly absolutely definitely correct right exactly indeed great
    good nice fine perfect awesome wonderful excellent sounds cool alright well oh ah hmm um uh
    wow fantastic want wants wanted wanting need needs needed needing like liked love wish hope
    hoping looking look trying try tried wondering wonder know knows let lets tell give get got
    getting go goes going make makes making do does did doing done help helps helping assist
    assistance support proceed confirm understand think thought see say said mean means ask
    asking question questions mind appreciate able possible way thing things something anything
    everything really just actually also still maybe perhaps possibly currently now soon today
    kindly dont don't can't cant won't didn't doesn't isn't wasn't couldn't wouldn't shouldn't
    haven't hasn't i'm im i'd id ids i've ive i'll ill it's that's what's there's let's you're
    we're they're you've you'd could would should might may must shall will can cannot ahead
    best glad happy all set moment minute bit lot kind upcoming recent recently earlier later
    already due reason reasons total sum number numbers named ones tomorrow yesterday ago yet
    january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday vous plait plaît s'il merci oui por favor
    gracias bitte danke stop user assistant agent use using used work works working problem
    issue wait bother quick hurry ta
"""
_TELLING = "bill call cancel computer cry detail find fire interest move show system top"
"""Entries of scikit-learn's list that may be a topic."""
FILLERS = frozenset(_CHAT.split()) | (frozenset[str](ENGLISH_STOP_WORDS) - set(_TELLING.split()))
"""Stop words, greetings, thanks, agreement and the small change of asking for something."""


def iterate_words(text: str) -> Iterator[str]:
    """The words of a text in lower case, apostrophes straightened; numbers are no words.

    Example:
        >>> list(iterate_words("I can’t find 2 bags"))
        ['i', "can't", 'find', 'bags']
    """
    for match in _WORD.finditer(text):
        yield match.group().lower().replace("’", "'")
