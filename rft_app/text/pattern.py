"""What conversations have in common: who the model plays, what it is asked, in which language.

Everything here is read from the texts by rules; the same texts always give the same words.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rft_app.text.intent import extract_intent
from rft_app.text.naming import name_topics, stem
from rft_app.text.words import iterate_words

MAX_TITLE: Final = 60
MAX_NAME: Final = 60
MAX_OBJECTIVE: Final = 280
UNTITLED: Final = "Conversations"

_HEADING = re.compile(r"\A\s*#+\s*([^\n#]{3,80})")
_ROLE = re.compile(
    r"\b(?:you(?:'re| are)|as|act as|acting as)\s+(?:an?|the)\s+"
    r"((?:[\w'’/&+-]+[ ]){0,6}[\w'’/&+-]+)",
    re.IGNORECASE,
)
_ROLE_ENDS = re.compile(
    r"\s+(?:who|that|which|for|with|and|in|on|at|to|you|of|working|specialized|specialised|designed"
    r"|tasked|responsible|helping|trained|created|built|by|from)\b.*",
    re.IGNORECASE,
)
_VAGUE = {
    *("a", "assistant", "helpful", "ai", "agent", "model", "language", "large", "expert", "bot"),
    *("useful", "friendly", "chatbot", "the", "good", "very", "professional"),
}
_PAPER = re.compile(
    r"\s+(?:policy|policies|instructions?|guidelines?|system prompt|prompt|rules)$", re.IGNORECASE
)
_GOALS = (
    re.compile(
        r"\byour (?:task|job|goal|role|purpose|mission|objective) is to ([^.\n]{8,220})", re.I
    ),
    re.compile(r"\b(?:you can |you |to |can )?(help (?:\w+ )?[^.\n]{8,220})", re.I),
    re.compile(r"\byou (?:will|should|must) ([^.\n]{12,220})", re.I),
)
_LANGUAGES: Final = {
    "English": "the and you to of is in for my it that what how please can with on are",
    "German": "der die das und ich nicht ist ein eine mein wie zu mit bitte sie für auf kann",
    "French": "le la les et je ne est un une mon comment vous avec pour des pas que sur",
    "Spanish": "el los y yo no es una mi cómo para con por favor que de se las en",
    "Italian": "il gli e io non è una mio come per con che di si le un sono della",
    "Dutch": "het een en ik niet is van mijn hoe te met dat op voor kan je de aan",
    "Portuguese": "o os e eu não é uma meu como para com por que de se as em do",
}
_MARKS = {name: frozenset(words.split()) for name, words in _LANGUAGES.items()}
_WORD = re.compile(r"[^\W\d_]+")
_MIN_MARK_SHARE = 0.06
_FEWEST_MARKS = 3
"""A word or two may be a name, or of a language that is not among these."""
_LEAST_LEAD = 2
_MIN_LEAD_SHARE = 0.25
"""Before the language that comes next."""
_FEW_TEXTS = 3
"""Of fewer texts, the word for the subject must fit each."""
_MIN_ABOUT_SHARE = 0.4
"""A word names the subject when this part of the texts has it."""


def find_title(prompt: str, questions: Sequence[str]) -> str:
    r"""A short name of the application, in sentence case.

    Args:
        prompt: The system prompt; empty without one.
        questions: What users said, one text per conversation.

    Example:
        >>> find_title("# Airline Agent Policy\nAs an airline agent, you can help.", [])
        'Airline agent'
        >>> find_title("You are a support bot for Acme. Be brief.", [])
        'Support bot'
    """
    heading = _HEADING.search(prompt)
    if heading is not None and (title := _sentence(_PAPER.sub("", heading[1].strip(" *:")))):
        return title
    role = find_role(prompt)
    if role and not set(role.lower().split()) <= _VAGUE:
        return _sentence(role)
    subject = find_subject(questions)
    return f"{_sentence(subject)} questions" if subject else _sentence(role) or UNTITLED


def find_role(prompt: str) -> str:
    """Who the model is told to be, without article; empty when it is not told.

    Example:
        >>> find_role("You are an experienced travel planner who helps families.")
        'experienced travel planner'
    """
    found = _ROLE.search(prompt[:4000])
    return "" if found is None else _ROLE_ENDS.sub("", found[1]).strip()


def find_subject(questions: Sequence[str]) -> str:
    """The word or pair of words that most tells what users ask about; empty when none does."""
    intents = [intent for text in questions if (intent := extract_intent(text.split("\n")))]
    if not intents:
        return ""
    name = name_topics([intents])[0].name
    stems = {stem(word) for word in iterate_words(name)}
    num_about = sum(bool(stems & set(map(stem, iterate_words(text)))) for text in intents)
    least = _MIN_ABOUT_SHARE if len(intents) >= _FEW_TEXTS else 1
    return name if stems and num_about >= least * len(intents) else ""


def find_objective(prompt: str, title: str, questions: Sequence[str]) -> str:
    """One sentence that says what the model should get better at; empty when nothing tells.

    Example:
        >>> find_objective("You can help users book or cancel flights.", "Airline agent", [])
        'Help users book or cancel flights.'
    """
    for goal in _GOALS:
        found = goal.search(prompt[:4000])
        if found is not None:
            return _finish(found[1])
    if prompt and title != UNTITLED:
        return f"Answer as a good {title[0].lower()}{title[1:]} would: correct, complete and brief."
    subject = find_subject(questions)
    return f"Answer questions about {subject.lower()} correctly and completely." if subject else ""


def slug(title: str) -> str:
    """A name for a dataset.

    Example:
        >>> slug("Airline agent (v2)")
        'airline-agent-v2'
    """
    words = "".join(char if char.isalnum() else " " for char in title.lower()).split()
    return "-".join(words)[:MAX_NAME].strip("-")


def find_languages(texts: Iterable[str]) -> list[tuple[str, float]]:
    """Languages with the share of the texts that are in them, the most frequent first.

    Short texts that give no hint are left out; where all are short, they count as one. It is empty
    where too little was said to tell.

    Example:
        >>> find_languages(["How can I cancel my flight to the coast?", "12 + 4"])
        [('English', 1.0)]
        >>> find_languages(["Is it on the way?", "Where is my order?", "Cancel as soon as you can"])
        [('English', 1.0)]
        >>> find_languages(["Do as I say", "Order 7", "Order 8"])
        []
    """
    said = list(texts)
    found = Counter(language for text in said if (language := find_language(text)) is not None)
    if not found and (whole := find_language(" ".join(said))) is not None:
        found[whole] = 1
    total = found.total()
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(name, number / total) for name, number in ordered]


def find_language(text: str) -> str | None:
    """The language whose commonest words are the most in a text; `None` without enough of them.

    Languages share words: it must have more of them than any other.
    """
    words = _WORD.findall(text[:2000].lower())
    counts = {name: sum(word in marks for word in words) for name, marks in _MARKS.items()}
    best, second = sorted(counts, key=lambda name: -counts[name])[:2]
    is_clear = counts[best] - counts[second] >= max(_LEAST_LEAD, counts[best] * _MIN_LEAD_SHARE)
    is_enough = counts[best] >= max(_FEWEST_MARKS, _MIN_MARK_SHARE * len(words))
    return best if is_clear and is_enough else None


def _sentence(text: str) -> str:
    """At most `MAX_TITLE` characters, the first letter a capital, later words as names only."""
    words = text.split()
    plain = [word if _is_name(word) else word.lower() for word in words]
    joined = " ".join(plain)
    cut = joined if len(joined) <= MAX_TITLE else joined[:MAX_TITLE].rpartition(" ")[0]
    return cut[:1].upper() + cut[1:]


def _is_name(word: str) -> bool:
    """Whether capitals stand inside a word, as in `ACME` or `iPhone`."""
    return any(char.isupper() for char in word[1:])


def _finish(goal: str) -> str:
    text = " ".join(goal.split()).rstrip(" ,;:*`")
    if len(text) > MAX_OBJECTIVE:
        text = text[:MAX_OBJECTIVE].rpartition(" ")[0]
    return text[:1].upper() + text[1:] + "."
