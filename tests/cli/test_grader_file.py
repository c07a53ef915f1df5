from pathlib import Path

import orjson
import pytest
import typer

from rft_app.cli.pipeline_run import read_grader, require_grader_file
from rft_app.domain.grader import ScriptSpec, StringCheckSpec
from rft_app.errors import InvalidInputError

pytestmark = pytest.mark.usefixtures("data_dir")
THEIRS = {
    "type": "string_check",
    "name": "answer",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference}}",
}


def write(path: Path, content: object) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return path


def test_a_file_holds_a_script_our_settings_or_those_of_openai(tmp_path: Path) -> None:
    script = b"def grade(sample, item):\n    return 1\n"
    assert read_grader(write(tmp_path / "a.py", script)) == ScriptSpec(source=script.decode())
    ours = write(tmp_path / "ours.json", {"kind": "string_check"})
    assert read_grader(ours) == StringCheckSpec()
    assert read_grader(write(tmp_path / "theirs.json", THEIRS)) == StringCheckSpec()


def test_a_fault_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "theirs.json", THEIRS | {"operation": "regex"})
    with pytest.raises(InvalidInputError, match=r"theirs\.json: The OpenAI grader cannot be used"):
        read_grader(path)
    with pytest.raises(InvalidInputError, match=r"list\.json: It holds no grader"):
        read_grader(write(tmp_path / "list.json", []))
    with pytest.raises(typer.BadParameter):
        require_grader_file(tmp_path / "grader.txt")
