from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_app.traces.rows import Damage, SourceRow, split_array, split_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('ab"\\[]{},\né', max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def cut(raw: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


def lines(raw: bytes, size: int = 7, max_bytes: int = 1000) -> list[SourceRow]:
    return list(split_lines(cut(raw, size), 0, 0, max_bytes))


def elements(raw: bytes, size: int = 7, max_bytes: int = 1000) -> list[SourceRow]:
    return list(split_array(cut(raw, size), 0, 0, max_bytes))


def test_lines_are_numbered_as_in_the_file() -> None:
    found = lines(b"a\n\n \nb\r\nc")

    assert [(row.number, row.data) for row in found] == [(1, b"a"), (4, b"b\r"), (5, b"c")]


def test_reading_goes_on_after_any_line() -> None:
    raw = b"one\n\ntwo\nthree\n"
    found = lines(raw)

    for index, row in enumerate(found):
        rest = list(split_lines(iter([raw[row.end :]]), row.number, row.end, 1000))
        assert rest == found[index + 1 :]


def test_a_line_beyond_the_limit_is_only_measured() -> None:
    found = lines(b"ok\n" + b"x" * 5000 + b"\nok\n" + b"y" * 1001, max_bytes=1000)

    assert [(row.number, row.size_bytes, row.is_too_long) for row in found] == [
        (1, 2, False),
        (2, 5000, True),
        (3, 2, False),
        (4, 1001, True),
    ]
    assert len(found[1].data) < 1000


@given(st.lists(JSON, max_size=6), st.integers(1, 40), st.booleans())
def test_array_elements_come_out_whole(values: list[object], size: int, is_pretty: bool) -> None:
    option = orjson.OPT_INDENT_2 if is_pretty else 0
    raw = b" \n" + orjson.dumps(values, option=option) + b"\n"

    assert [orjson.loads(row.data) for row in elements(raw, size)] == values


@given(st.lists(JSON, min_size=1, max_size=6), st.integers(1, 40))
def test_reading_goes_on_after_any_element(values: list[object], size: int) -> None:
    raw = orjson.dumps(values)
    found = elements(raw)

    for index, row in enumerate(found):
        rest = list(split_array(cut(raw[row.end :], size), row.number, row.end, 1000))
        assert rest == found[index + 1 :]


def test_an_element_beyond_the_limit_is_only_measured() -> None:
    big = b'{"a":"' + b'\\"x' * 2000 + b'"}'
    found = elements(b"[1," + big + b",2]", size=64)

    assert [(row.size_bytes, row.is_too_long) for row in found] == [
        (1, False),
        (len(big), True),
        (1, False),
    ]
    assert found[2].data == b"2"


def test_an_array_that_breaks_off_gives_its_last_piece() -> None:
    found = elements(b'[{"a":1},{"b":')

    assert [(row.data, row.damage) for row in found] == [
        (b'{"a":1}', None),
        (b'{"b":', Damage.NOT_CLOSED),
    ]


@pytest.mark.parametrize("raw", [b"[1", b"[1,", b"[1, \n", b"[{}"])
def test_an_array_that_is_not_closed_is_damaged(raw: bytes) -> None:
    last = elements(raw)[-1]

    assert last.damage is Damage.NOT_CLOSED


def test_text_after_the_array_is_reported() -> None:
    found = elements(b"[1]\n{}")

    assert [(row.data, row.is_after_array) for row in found] == [(b"1", False), (b"{}", True)]
