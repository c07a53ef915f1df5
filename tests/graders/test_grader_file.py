"""Files that hold a grader, and files that hold none."""

from typing import Any

import orjson
import pytest

from rft_app.domain.grader import GraderSpec, ScriptSpec, StringCheckSpec, parse_spec
from rft_app.errors import InvalidInputError
from rft_app.graders.grader_file import parse_grader
from rft_app.graders.python_file import to_python

SCRIPT = "def grade(sample, item):\n    return 1\n"
MULTI: dict[str, Any] = {
    "kind": "multi",
    "graders": {"same": {"kind": "string_check"}, "own": {"kind": "script", "source": SCRIPT}},
}
OPENAI = {
    "type": "string_check",
    "name": "a",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference}}",
}


@pytest.mark.parametrize(
    "spec", [StringCheckSpec(), parse_spec(MULTI), ScriptSpec(source=SCRIPT.rstrip() + "\n")]
)
def test_what_was_written_here_comes_back(spec: GraderSpec) -> None:
    as_json = parse_grader("a.json", spec.model_dump_json().encode())
    assert as_json == spec
    back = parse_grader("A.PY", to_python(spec).encode())
    if isinstance(spec, ScriptSpec) and isinstance(back, ScriptSpec):
        back = back.model_copy(update={"source": back.source.rstrip() + "\n"})
    assert back == spec


def test_openai_graders_and_scripts_of_others_are_taken() -> None:
    assert parse_grader("a.json", b"\xef\xbb\xbf" + orjson.dumps(OPENAI)) == StringCheckSpec()
    assert parse_grader("a.py", SCRIPT.encode()) == ScriptSpec(source=SCRIPT)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.txt", b"x", r"a \.py script or a \.json file"),
        ("a.json", b" \n", "is empty"),
        ("a.py", b"\xff\xfe", r"not text in UTF-8 \(byte 1\)"),
        ("a.json", b'{\n"kind": }', r"not JSON.*line 2"),
        ("a.json", b"[1]", "holds no grader"),
        ("a.json", b'{"type": "endpoint"}', "no grader here for OpenAI's type 'endpoint'"),
        ("a.json", b'{"kind": "string_check", "pattern": "a"}', "pattern"),
        ("a.json", orjson.dumps(OPENAI | {"operation": "near"}), "operation"),
        ("a.py", b"RFT_SPEC = '{'", "RFT_SPEC` in the file is not JSON"),
        ("a.py", b"#" * 100_001, "source"),
    ],
)
def test_a_file_without_a_grader_is_refused_by_name(name: str, raw: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        parse_grader(name, raw)
