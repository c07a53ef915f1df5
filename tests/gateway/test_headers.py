"""What a client's headers say, whatever bytes they are."""

import pytest

from rft_app.gateway.headers import read_headers


@pytest.mark.parametrize(
    ("sent", "told"),
    [("größe, 東京".encode(), "größe, 東京"), ("größe".encode("latin-1"), "größe"), (b"a", "a")],
    ids=["utf-8", "latin-1", "ascii"],
)
def test_own_headers_are_utf_8_and_else_latin_1(sent: bytes, told: str) -> None:
    assert read_headers([(b"x-rft-tags", sent)]).known == {"x-rft-tags": told}


def test_headers_that_go_on_keep_their_bytes() -> None:
    ((_, value),) = read_headers([(b"x-other", "größe".encode())]).passed_on

    assert value.encode("latin-1") == "größe".encode()
