"""What is found in texts, what is left alone, and how long it takes."""

import time

import pytest

from rft_app.domain.scrubbing import ScrubKind, ScrubPattern, ScrubRules
from rft_app.errors import InvalidInputError
from rft_app.text.scrubbing import Placeholders, Scrubber, scrub_value

ALL = Scrubber(ScrubRules(kinds=tuple(ScrubKind)))


def scrub(text: str, scrubber: Scrubber = ALL) -> str:
    return scrubber.scrub(text, Placeholders(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail alice@example.com, or BOB@Mail.Example.co.uk.", "Mail <EMAIL_1>, or <EMAIL_2>."),
        ("Alice@example.com is alice@EXAMPLE.com", "<EMAIL_1> is <EMAIL_1>"),
        ("jürgen@bücher.example", "<EMAIL_1>"),
        ("Pay with 4111 1111 1111 1111 123", "Pay with <CARD_1> 123"),
        ("5500-0000-0000-0004 and 378282246310005", "<CARD_1> and <CARD_2>"),
        ("To DE89 3704 0044 0532 0130 00 TODAY", "To <IBAN_1> TODAY"),
        ("GB82WEST12345698765432", "<IBAN_1>"),
        ("From 203.0.113.7:8080 to 2001:db8::ff00:42:8329.", "From <IP_1>:8080 to <IP_2>."),
        ("Call +41 44 668 18 00 or (415) 555-2671.", "Call <PHONE_1> or <PHONE_2>."),
        ("+1 415 555 2671 = 415-555-2671", "<PHONE_1> = <PHONE_1>"),
        ("key sk-proj-abcdefghijklmnopqrst", "key <KEY_1>"),
        ("Authorization: Bearer abcdefghijklmnop123456", "Authorization: Bearer <KEY_1>"),
        ("postgres://app:s3cret@db.example/x", "postgres://app:<KEY_1>@db.example/x"),
        ('{"api_key": "abcd1234efgh"', '{"api_key": "<KEY_1>"'),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=<KEY_1>"),
        ("OPENAI_API_KEY: abcd1234efgh", "OPENAI_API_KEY: <KEY_1>"),
        ('"secretAccessKey":"wJalrXUtnFEMI"', '"secretAccessKey":"<KEY_1>"'),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic <KEY_1>"),
        ('{"authorization": "basic dTpw="}', '{"authorization": "basic <KEY_1>"}'),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "<KEY_1>"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----!",
            "<KEY_1>!",
        ),
    ],
)
def test_a_value_is_replaced_and_nothing_beside_it(text: str, expected: str) -> None:
    assert scrub(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Order 4155552671 of 2026-11-22 02:16:41, 10 000 000 pieces at 1,234,567.89",
        "1763776800000 1234567890123456 4111111111111112",
        "DE89 3704 0044 0532 0130 01",
        "Version 1.2.3.4.5, 300.1.1.1, std::vector, a::b, 12:30:45, 127.0.0.1, ::1",
        "3.141592653589793 and 00f067aa0ba902b7 and 0191e7a4-58b3-7c9d-8a6f-1b2c3d4e5f60",
        "Basic English, basic authorization and a secret key: none",
        "see @alice, a@b, x@y.1 and sk-short",
        "22.11.2026 14:05",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert scrub(text) == text


def test_only_chosen_kinds_are_replaced() -> None:
    emails = Scrubber(ScrubRules(kinds=(ScrubKind.EMAIL,)))

    assert scrub("a@example.com 203.0.113.7", emails) == "<EMAIL_1> 203.0.113.7"


def test_numbers_of_ones_own_country_need_no_code() -> None:
    german = Scrubber(ScrubRules(kinds=(ScrubKind.PHONE,), region="DE"))

    assert scrub("Tel. 030 / 90 18 20", german) == "Tel. <PHONE_1>"
    with pytest.raises(InvalidInputError, match="'ZZ'"):
        Scrubber(ScrubRules(region="ZZ"))


def test_patterns_of_ones_own_come_first() -> None:
    rules = ScrubRules(
        kinds=(ScrubKind.EMAIL,), patterns=(ScrubPattern(name="ORDER", pattern=r"ORD-\d+"),)
    )

    assert scrub("ORD-7 of ORD-8, ORD-7", Scrubber(rules)) == "<ORDER_1> of <ORDER_2>, <ORDER_1>"


@pytest.mark.parametrize("pattern", ["(", "(?=a)b", r"(a)\1", "a*", "(?:a{1000}){1000}"])
def test_a_pattern_that_cannot_be_used_is_refused_with_its_name(pattern: str) -> None:
    rules = ScrubRules(patterns=(ScrubPattern(name="MINE", pattern=pattern),))

    with pytest.raises(InvalidInputError, match="MINE"):
        Scrubber(rules)


def test_numbers_go_on_behind_placeholders_that_are_there() -> None:
    assert scrub("<EMAIL_4> and a@example.com") == "<EMAIL_4> and <EMAIL_5>"


def test_what_was_replaced_is_counted() -> None:
    placeholders = Placeholders()
    ALL.scrub("a@example.com A@example.com 203.0.113.7", placeholders)

    assert dict(placeholders.counts) == {"email": 2, "ip": 1}
    assert placeholders.values["<EMAIL_1>"] == ("a@example.com", 2)


def test_json_stays_json_with_its_numbers() -> None:
    arguments = '{"to": "a@example.com", "card": 4111111111111111, "n": 12, "s": "say \\"hi\\""}'
    greedy = Scrubber(
        ScrubRules(kinds=tuple(ScrubKind), patterns=(ScrubPattern(name="SAY", pattern='".*"'),))
    )

    assert scrub_value(arguments, ALL, Placeholders()) == (
        '{"to":"<EMAIL_1>","card":"<CARD_1>","n":12,"s":"say \\"hi\\""}'
    )
    assert scrub_value(arguments, greedy, Placeholders()).endswith('"s":"say <SAY_1>"}')


def test_json_without_a_value_stays_byte_for_byte() -> None:
    text = '{ "amount": 12.50,  "ok": true }'

    assert scrub_value(text, ALL, Placeholders()) == text


@pytest.mark.parametrize(
    "piece",
    ["a", "1 ", "1.1.", "+1((", "a@", "a.b@c.", "AA11 ", "::", "1-2 ", "4111 ", "password=", "<"],
)
def test_no_text_takes_long(piece: str) -> None:
    """Time grows with the length, whatever the text is: four times the text, not sixteen."""

    def measure(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        scrub(text)
        return time.process_time() - start

    measure(1_000)
    short, long = measure(10_000), measure(40_000)
    assert long < 10 * max(short, 0.02)
