"""What a file that holds no rows probably is."""

from pathlib import Path

import pytest

from rft_app.errors import InvalidInputError
from rft_app.services.file_preview import preview_file, require_readable


def refuse(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        require_readable(preview_file(path, file_name=path.name))
    return caught.value.message


def test_a_table_is_called_by_its_name_with_the_remedy(database: Path, tmp_path: Path) -> None:
    message = refuse(tmp_path / "rows.csv", "question,answer\n2+2?,4\n")
    assert "Line 1" in message
    assert "looks like CSV" in message


def test_broken_json_is_not_called_a_table(database: Path, tmp_path: Path) -> None:
    assert "CSV" not in refuse(tmp_path / "rows.jsonl", '{"question": "a", \n{"b"\n')
