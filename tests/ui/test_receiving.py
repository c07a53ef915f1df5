"""Files that come together are stored each for itself, or not at all."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from rft_app.settings import get_settings
from rft_app.ui.state.receiving import Receiving


@dataclass
class Piece:
    filename: str
    offset: int
    data: bytes


def receive(*pieces: Piece, max_bytes: int = 100, max_files: int = 2) -> Receiving:
    uploads = get_settings().folder("uploads")
    found = Receiving(uploads / "first", max_bytes, max_files)
    for piece in pieces:
        found.begins_with(piece)
        found.write(piece)
    return found


def test_pieces_go_to_their_file(database: Path) -> None:
    found = receive(Piece("a", 0, b"12"), Piece("a", 2, b"34"), Piece("b/c.jsonl", 0, b"5"))
    assert [(file.name, file.path.read_bytes()) for file in found.files] == [
        *(("a", b"1234"), ("c.jsonl", b"5"))
    ]
    assert found.words == "c.jsonl, after 1 file"
    assert found.find_fault(0) == ""
    found.is_taken = True
    found.close()
    assert all(file.path.exists() for file in found.files)


def test_two_files_of_one_name_stay_two(database: Path) -> None:
    found = receive(Piece("a", 0, b"1"), Piece("a", 0, b"2"))
    assert [file.path.read_bytes() for file in found.files] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("pieces", "num_before", "fault"),
    [
        ([Piece("a", 0, b"")], 0, "The file is empty."),
        ([Piece("a", 0, b"1"), Piece("b", 0, b"")], 0, "b is empty. Leave it out."),
        ([Piece("a", 0, b"1"), Piece("b", 0, b"2")], 1, "These are 3 files; at most 2"),
        ([Piece("a", 0, b"1" * 60), Piece("b", 0, b"1" * 60)], 0, "They have 120 B"),
    ],
)
def test_what_cannot_be_taken_is_told_and_deleted(
    database: Path, pieces: list[Piece], num_before: int, fault: str
) -> None:
    found = receive(*pieces)
    assert fault in found.find_fault(num_before)
    found.close()
    assert not list(get_settings().folder("uploads").iterdir())
