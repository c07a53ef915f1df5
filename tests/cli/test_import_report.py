"""What the command line says of the bad lines of a file."""

import gzip
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Rft

NEW = ("--name", "Report", "--objective", "Say what is wrong")
GOOD = b'{"id": "q-%d", "question": "What is %d?", "answer": "%d"}\n'


@pytest.fixture
def bad_rows(tmp_path: Path) -> Path:
    """Three good lines, then 23 bad ones of which one tries to steer the terminal."""
    path = tmp_path / "rows.jsonl"
    good = b"".join(GOOD % (n, n, n) for n in range(3))
    path.write_bytes(good + b'{"a": "\x7f' + "\x9b2J".encode() + b'"}\n' + b"{oops\n" * 22)
    return path


def test_the_first_bad_lines_are_named(rft: Rft, bad_rows: Path) -> None:
    done = rft("import", bad_rows, *NEW)

    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in told] == [f"line {n}" for n in range(4, 24)]
    assert "[wrong_shape]" in told[0]
    assert told[1].startswith("line 5: The line is not valid JSON")
    assert told[1].endswith("[not_json] {oops")
    assert "… and 3 more: GET /api/optimization/imports/imp_" in done.stderr
    assert done.stderr.replace("\n", "").isprintable()


def test_programs_get_the_same_lines_and_their_number(rft: Rft, bad_rows: Path) -> None:
    report = rft.json("import", bad_rows, *NEW)["import"]

    assert report["errorsTotal"] == 23
    assert [fault["lineNumber"] for fault in report["errors"]] == list(range(4, 24))
    assert report["errors"][1]["excerpt"] == "{oops"


def test_bad_lines_of_rollouts_and_of_feedback_are_named_too(
    rft: Rft, bad_rows: Path, tmp_path: Path
) -> None:
    dataset_id = rft.json("import", bad_rows, *NEW)["id"]
    answers, said = tmp_path / "answers.jsonl", tmp_path / "said.jsonl"
    answers.write_text('{"record_id": "q-0", "output": "0"}\n{"record_id": "q-9", "output": "0"}\n')
    said.write_text('{"record_id": "q-1", "rating": 5}\n{"record_id": "q-1", "rating": 9}\n')

    of_rollouts = rft("import-rollouts", dataset_id, answers).stderr
    again = rft("import-rollouts", dataset_id, answers)
    of_feedback = rft("feedback", "import", dataset_id, said, "--reviewer", "Ann").stderr

    assert "line 2: No record has the id 'q-9' or this question. [no_record] {" in of_rollouts
    assert again.returncode == 0, "an answer that is here already is no fault"
    assert "1  answers that are here already; they count once" in again.stdout
    assert "line 2: `rating` is '9'. Write a whole number from 1 to 5." in of_feedback


def test_a_file_that_is_cut_off_is_no_success(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    packed = gzip.compress(b"".join(GOOD % (n, n, n * n) for n in range(4000)))
    path.write_bytes(packed[: len(packed) // 2])

    done = rft("import", path, *NEW)
    for_programs = rft("import", path, *NEW, "--json")

    told = done.stdout.splitlines()[2]
    assert done.returncode == for_programs.returncode == 1
    assert told.startswith("Incomplete. Stopped after line ")
    assert told.endswith(": the file is cut off. Import it again whole.")
    dataset = orjson.loads(for_programs.stdout)
    assert (dataset["import"]["isComplete"], dataset["import"]["errorsTotal"]) == (False, 1)
    assert f"Incomplete. {dataset['import']['damage']}" == told
    assert dataset["stats"]["totalRecords"] == dataset["import"]["valid"] > 1000


def test_a_file_without_answers_is_told_with_the_remedy(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    question = b'{"messages": [{"role": "user", "content": "%d?"}], "reference_answer": "%d"}\n'
    path.write_bytes(b"".join(question % (n, n) for n in range(3)))

    done = rft("import", path, *NEW)

    assert done.returncode == 0
    assert "None of the 3 rows holds an answer." in done.stderr
    assert "rft import-rollouts" in done.stderr


def test_the_warning_about_answers_is_in_the_report_for_programs(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "answered.jsonl"
    path.write_bytes(GOOD % (1, 1, 1))
    report = rft.json("import", path, *NEW)["import"]
    assert (report["answered"], report["withoutAnswers"]) == (1, "")
