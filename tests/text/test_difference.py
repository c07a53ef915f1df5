"""What two texts differ in."""

import pytest

from rft_app.text.difference import Change, Piece, compare_texts


def join(pieces: list[Piece], *changes: Change) -> str:
    """The text of the pieces of these kinds."""
    return "".join(piece.text for piece in pieces if piece.change in changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Move my trip to May.", "Move my flight to May."),
        ("Cancel it", "Cancel it, please"),
        ("", "New"),
        ("Gone", ""),
        ("a b c d", "a x y d"),
    ],
)
def test_the_pieces_of_each_side_are_its_whole_text(old: str, new: str) -> None:
    found = compare_texts(old, new)
    assert join(found.old, Change.SAME, Change.REMOVED) == old
    assert join(found.new, Change.SAME, Change.ADDED) == new


def test_the_same_text_has_no_changes() -> None:
    found = compare_texts("Where is my bag?", "Where is my bag?")
    assert found.new == [Piece(Change.SAME, "Where is my bag?")]
    assert not found.is_rewritten


def test_a_changed_phrase_is_one_piece_with_the_blanks_in_it() -> None:
    found = compare_texts(
        "I would like to fly to New York on May 3, thank you very much.",
        "I would like to fly to San Francisco on May 3, thank you very much.",
    )
    assert [p.text for p in found.new if p.change is Change.ADDED] == ["San Francisco"]


def test_texts_that_share_little_are_rewritten() -> None:
    assert compare_texts("Book a table for two", "My parcel never arrived!").is_rewritten


def test_a_long_stretch_that_is_the_same_is_folded() -> None:
    same = "word " * 400
    found = compare_texts(f"{same}old", f"{same}new")
    assert [p.change for p in found.new] == [
        Change.SAME,
        Change.FOLDED,
        Change.SAME,
        Change.ADDED,
    ]
    assert "1,760 characters the same" in found.new[1].text


def test_huge_texts_are_compared_line_by_line() -> None:
    lines = [f"line {number} with some words" for number in range(1900)]
    changed = [*lines[:900], "another line", *lines[901:]]
    found = compare_texts("\n".join(lines), "\n".join(changed))
    assert [p.text for p in found.new if p.change is Change.ADDED] == ["another line\n"]
