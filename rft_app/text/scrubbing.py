"""Find what names a person or opens a door in texts, and put placeholders in its place.

All expressions run in RE2, in time proportional to the text, those of users, too.  What they find
is checked: cards by their issuer and Luhn's digit, IBANs by their country and modulo 97
(python-stdnum), numbers of phones by the plans of their countries (phonenumbers), addresses by
`ipaddress`.
"""

import ipaddress
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeGuard

import msgspec
import phonenumbers
import re2  # pyright: ignore[reportMissingTypeStubs]
from stdnum import iban, luhn

from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.errors import InvalidInputError

_re2: Any = re2  # it has no types
_OPTIONS: Final = _re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20
_EMAIL: Final = r"[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,24}"
_IBAN: Final = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){3,9}\b"
_CARD: Final = r"\b[0-9](?:[ -]?[0-9]){11,22}\b"
_IP: Final = r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}"
_PHONE: Final = r"\+?[0-9(][0-9() ./\x{2011}\x{2013}-]{5,24}[0-9]"
_KEY: Final = "|".join(
    (
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,-]*?"
        r"-----END [A-Z ]{0,40}PRIVATE KEY-----",
        r"\b(?:sk|pk)-[A-Za-z0-9_-]{16,}",
        r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}",
        r"\b(?:github_pat|npm|hf|glsa)_[A-Za-z0-9_]{20,}",
        r"\b(?:glpat|pypi)-[A-Za-z0-9_-]{16,}",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"\bAIza[A-Za-z0-9_-]{35}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"(?i:\bbearer)\s{1,3}([A-Za-z0-9._~+/-]{16,}=*)",
        r"(?i:\bauthorization)[\"'\\]{0,2}\s{0,3}[:=]\s{0,3}[\"'\\]{0,2}(?i:basic)\s{1,3}"
        r"([A-Za-z0-9+/_-]{4,}={0,2})",
        r"://[^\s:/@\"'<>\\]{1,64}:([^\s/@\"'<>\\]{1,128})@",
        r"(?i:(?:\b|_)(?:api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret"
        r"|secret[_-]?(?:access[_-]?)?key|password|passwd))[\"'\\]{0,2}\s{0,3}[:=]\s{0,3}[\"'\\]{0,2}([A-Za-z0-9._~+/!@#$%^&*=-]{6,})",
    )
)
_DATE: Final = _re2.compile(
    r"(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]"
    r"|[0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:19|20)[0-9]{2}"
)
_DIGITS: Final = _re2.compile("[0-9]+")
_PLACEHOLDER: Final = _re2.compile(r"<([A-Z][A-Z0-9_]*)_([0-9]{1,9})>")
_ISSUERS: Final = _re2.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11,16}|35[2-8][0-9]{13,16}|(?:50|5[6-9]|6[0-9])[0-9]{11,17}"
)
_CARD_DIGITS: Final = range(12, 20)
_NEAR: Final = frozenset("_-/.:")
_FEWEST_DIGITS: Final = 7
_MAX_TRIES: Final = 8
"""Of a short piece of text, to find numbers in it."""

_LEAST_DRAWN: Final = 100_000_000
_MOST_DRAWN: Final = 999_999_999
_SECRET: Final = secrets.token_bytes(32)
"""Of this process: without it, nobody can find out a value by trying."""

Span = tuple[int, int, str]
"""Where a value begins and ends, and the same for all ways to write it."""


class Placeholders:
    """Of one trace: the same value has the same placeholder wherever it stands.

    Example:
        >>> Placeholders("<EMAIL_1>").take("EMAIL", "a@example.com", "A@example.com")
        '<EMAIL_2>'
    """

    def __init__(self, known: str = "") -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()
        self._scope: str | None = None
        self.counts: Counter[str] = Counter()
        """Replacements by kind, in small letters."""
        self.values: dict[str, tuple[str, int]] = {}
        """What each placeholder stands for, as it was first written, and how often."""
        for found in _PLACEHOLDER.finditer(known) if "<" in known else ():
            name, number = found.group(1), int(found.group(2))
            if number < _LEAST_DRAWN:
                self._numbers[name] = max(self._numbers[name], number)

    def draw_within(self, scope: str) -> None:
        """Give values numbers that no other value has in all that is replaced for a scope.

        For parts of a trace that are replaced one by one: each would count from 1, and make two
        people one.
        """
        self._scope = scope

    def take(self, kind: str, value: str, written: str) -> str:
        """The placeholder of a value."""
        name = self._names.get((kind, value))
        if name is None:
            name = self._names[kind, value] = f"<{kind}_{self._choose_number(kind, value)}>"
        self.counts[kind.lower()] += 1
        first, number = self.values.get(name, (written, 0))
        self.values[name] = first, number + 1
        return name

    def _choose_number(self, kind: str, value: str) -> int:
        if self._scope is None:
            self._numbers[kind] += 1
            return self._numbers[kind]
        told = "\0".join((self._scope, kind, value)).encode(errors="surrogatepass")
        drawn = int.from_bytes(blake2b(told, key=_SECRET, digest_size=16).digest())
        return _LEAST_DRAWN + drawn % (_MOST_DRAWN - _LEAST_DRAWN + 1)


class _Detector(NamedTuple):
    kind: str
    expression: Any
    find: Callable[[str, Any], Iterable[Span]]
    """Values in a text, given a match of the expression."""


class Scrubber:
    """Rules, ready to be used on texts.

    Raises:
        InvalidInputError: A pattern is none of RE2, or matches the empty text.
    """

    def __init__(self, rules: ScrubRules) -> None:
        phone = _phone_finder(rules.region)
        known: dict[ScrubKind, tuple[str, Callable[[str, Any], Iterable[Span]]]] = {
            ScrubKind.KEY: (_KEY, _find_key),
            ScrubKind.EMAIL: (_EMAIL, _find_email),
            ScrubKind.IBAN: (_IBAN, _find_iban),
            ScrubKind.CARD: (_CARD, _find_card),
            ScrubKind.IP: (_IP, _find_ip),
            ScrubKind.PHONE: (_PHONE, phone),
        }
        self._detectors = [
            _Detector(each.name, compile_pattern(each.name, each.pattern), _find_all)
            for each in rules.patterns
        ]
        self._detectors += [
            _Detector(kind.name, _re2.compile(expression, _OPTIONS), find)
            for kind, (expression, find) in known.items()
            if kind in rules.kinds
        ]
        self.finds_cards = ScrubKind.CARD in rules.kinds

    def scrub(self, text: str, placeholders: Placeholders) -> str:
        """The text with placeholders."""
        for kind, expression, find in self._detectors:
            text = _replace(text, kind, _spans(text, expression, find), placeholders)
        return text

    def scrub_number(self, number: int, placeholders: Placeholders) -> int | str:
        """A whole number, which may be a card's."""
        text = str(number)
        if not self.finds_cards or not is_card(text):
            return number
        return placeholders.take(ScrubKind.CARD.name, text, text)


def compile_pattern(name: str, pattern: str) -> Any:  # noqa: ANN401  # the library has no types
    """A user's expression.

    Raises:
        InvalidInputError: RE2 does not take it, or it matches the empty text.
    """
    try:
        expression = _re2.compile(pattern, _OPTIONS)
    except _re2.error as error:
        told = error.args[0] if error.args else error
        why = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise InvalidInputError(
            f"The pattern {name} cannot be used: {why}. RE2 has no look-around and no references "
            "to groups, so that no text makes it slow."
        ) from error
    if expression.search("") is not None:
        raise InvalidInputError(f"The pattern {name} matches the empty text.")
    return expression


def require_region(region: str) -> None:
    """Check that a region has a plan of phone numbers.

    Raises:
        InvalidInputError: It has none.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInputError(
            f"There is no plan of phone numbers for the region {region!r}. Write the two letters of"
            " a country, e.g. DE."
        )


def is_card(digits: str) -> bool:
    """Whether digits are the number of a card: issuer, length and check digit."""
    is_long = len(digits) in _CARD_DIGITS
    return is_long and _ISSUERS.fullmatch(digits) is not None and luhn.is_valid(digits)


def _spans(text: str, expression: Any, find: Callable[[str, Any], Iterable[Span]]) -> list[Span]:  # noqa: ANN401
    return [span for found in expression.finditer(text) for span in find(text, found)]


def _replace(text: str, kind: str, spans: Sequence[Span], placeholders: Placeholders) -> str:
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for start, stop, value in spans:
        pieces += (text[end:start], placeholders.take(kind, value, text[start:stop]))
        end = stop
    return "".join([*pieces, text[end:]])


def _find_all(_text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    """All of the match."""
    if found.end() > found.start():
        yield found.start(), found.end(), found.group()


def _find_key(_text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    """The secret itself, not the words before it."""
    group = next((n for n in range(1, found.re.groups + 1) if found.group(n) is not None), 0)
    yield found.start(group), found.end(group), found.group(group)


def _find_email(_text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    start = found.start() + len(found.group()) - len(found.group().lstrip(".'-"))
    yield start, found.end(), found.group().lstrip(".'-").lower()


def _find_iban(_text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    """The longest beginning that is one: words in capitals may follow."""
    words = found.group().split(" ")
    for number in range(len(words), 0, -1):
        written = " ".join(words[:number])
        if iban.is_valid(written):
            yield found.start(), found.start() + len(written), written.replace(" ", "")
            return


def _find_card(text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    """Neighbouring groups of digits that are one: other numbers may stand before and behind."""
    groups = [(each.start(), each.end()) for each in _DIGITS.finditer(found.group())]
    at = 0
    while at < len(groups):
        last = _find_card_end(found.group(), groups[at:])
        if last is not None:
            start, stop = found.start() + groups[at][0], found.start() + groups[at + last][1]
            yield start, stop, _digits(text[start:stop])
            at += last
        at += 1


def _find_card_end(written: str, groups: Sequence[tuple[int, int]]) -> int | None:
    """The last of the groups that the first begins a card's number with; `None` where none."""
    total = 0
    for place, (start, stop) in enumerate(groups):
        total += stop - start
        if total in _CARD_DIGITS and is_card(_digits(written[groups[0][0] : stop])):
            return place
    return None


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _find_ip(text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
    written, start, stop = found.group(), found.start(), found.end()
    before, after = text[start - 1 : start], text[stop : stop + 1]
    is_word = before.isalnum() or after.isalnum() or before in {".", ":"}
    is_longer = after == "." and text[stop + 1 : stop + 2].isdecimal()
    if is_word or is_longer or not any(map(str.isdecimal, written)):
        return
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return
    if not (address.is_loopback or address.is_unspecified):
        yield start, stop, str(address)


def _phone_finder(region: str) -> Callable[[str, Any], Iterator[Span]]:
    require_region(region)

    def find(text: str, found: Any) -> Iterator[Span]:  # noqa: ANN401
        written = found.group()
        before = text[found.start() - 1 : found.start()]
        is_part = before.isalnum() or before in _NEAR
        after = text[found.end() : found.end() + 1]
        is_plain = written.strip().isdecimal()
        if is_part or is_plain or after.isalnum() or _DATE.search(written) is not None:
            return
        for match in phonenumbers.PhoneNumberMatcher(
            written, region, phonenumbers.Leniency.VALID, _MAX_TRIES
        ):
            number = match.raw_string
            if not number.isdecimal() and len(_digits(number)) >= _FEWEST_DIGITS:
                start = found.start() + match.start
                form = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
                yield start, start + len(number), form

    return find


def scrub_value(value: Any, scrubber: Scrubber, placeholders: Placeholders) -> Any:  # noqa: ANN401
    """JSON with placeholders in its texts; text that is JSON itself stays JSON."""
    if isinstance(value, str):
        return _scrub_text(value, scrubber, placeholders)
    if isinstance(value, int) and not isinstance(value, bool):
        return scrubber.scrub_number(value, placeholders)
    if _is_object(value):
        return {
            scrubber.scrub(key, placeholders): scrub_value(inner, scrubber, placeholders)
            for key, inner in value.items()
        }
    if _is_list(value):
        return [scrub_value(inner, scrubber, placeholders) for inner in value]
    return value


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _scrub_text(text: str, scrubber: Scrubber, placeholders: Placeholders) -> str:
    if text.startswith("data:"):  # a file: nothing in it is text
        return text
    if text[:1] + text[-1:] not in {"{}", "[]"}:
        return scrubber.scrub(text, placeholders)
    try:
        inner = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return scrubber.scrub(text, placeholders)
    num_before = placeholders.counts.total()
    scrubbed = scrub_value(inner, scrubber, placeholders)
    if placeholders.counts.total() == num_before:
        return text
    return msgspec.json.encode(scrubbed).decode()
