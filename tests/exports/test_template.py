"""Templates of the custom format."""

import pytest

from rft_app.errors import InvalidInputError
from rft_app.exports._template import parse_template

VALUES = {
    "input": b'"Say \\"hi\\"\\n"',
    "score": b"0.5",
    "reference": b"null",
    "tools": b'[{"type":"function"}]',
    "metadata.trip id": b"7",
}


def render(text: str) -> bytes:
    """A row of the values above."""
    return parse_template(text).render(VALUES.__getitem__)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('{"a": {{score}}}', b'{"a":0.5}'),
        ('{"a": "{{score}}"}', b'{"a":0.5}'),
        ('{"a": "{{ score }} of 1"}', b'{"a":"0.5 of 1"}'),
        ('{"a": "<{{input}}>"}', b'{"a":"<Say \\"hi\\"\\n>"}'),
        ('{"a": "<{{reference}}>", "b": {{reference}}}', b'{"a":"<>","b":null}'),
        ('{"a": "x {{tools}}"}', b'{"a":"x [{\\"type\\":\\"function\\"}]"}'),
        ('{"a": [{{score}}, {"b": {{tools}}}]}', b'{"a":[0.5,{"b":[{"type":"function"}]}]}'),
        ('{"a": {{metadata.trip id}}, "n": 1.5, "t": true}', b'{"a":7,"n":1.5,"t":true}'),
        ('{"\\"{": "}{", "e": {}, "l": []}', b'{"\\"{":"}{","e":{},"l":[]}'),
        ('{"{{score}}": 1}', b'{"{{score}}":1}'),
    ],
)
def test_variables_are_filled_in(text: str, row: bytes) -> None:
    assert render(text) == row


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a": {{score}', (1, 7), "has no end"),
        ('{"a": "x {{score"}', (1, 10), "has no end"),
        ('{\n  "a": {{#if x}}\n}', (2, 8), "is no variable"),
        ('{"a": {{score}}\n "b": 1}', (2, 2), "no JSON"),
        ('{"a": {{score}}, "b": {{score}} 1}', (1, 33), "no JSON"),
        ("[1]", (1, 1), "JSON object"),
        ("", (1, 1), "no JSON"),
    ],
)
def test_a_fault_names_line_and_column(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        parse_template(text)
    assert (caught.value.details["line"], caught.value.details["column"]) == place


def test_the_variables_are_listed_once_in_order() -> None:
    assert parse_template('{"a": "{{b}} {{a}}", "c": {{b}}}').names == ("b", "a")
