import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.services.dry_runs import get_dry_run
from rft_app.services.grader_suggestion import MIN_AGREEMENT, suggest_grader
from rft_app.storage.dry_runs import load_plan
from rft_app.storage.grades import iterate_grades
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading
from tests.cli.conftest import Rft, make_installation, working

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def rft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rft]:
    """An installation without MiniLM: no figure here depends on the topics, and reading 1,319
    questions for them takes longer than all else."""
    installation = make_installation(tmp_path_factory.mktemp("data"))
    installation.environment["RFT_TEXT_FEATURES"] = "tfidf"
    with working(installation) as running:
        yield running


RECORDED = "def grade(sample, item):\n    return item['reward']\n"
FINAL_NUMBER = """import re

def grade(sample, item):
    found = re.findall(r"-?\\d[\\d,]*\\.?\\d*", sample["output_text"].replace("$", ""))
    said = float(found[-1].replace(",", "")) if found else None
    return said == float(item["reference"].replace(",", ""))
"""


def validate(shared_data: Path, kind: str, path: Path) -> str:
    script = shared_data.parent / "validators" / "validate_openai.py"
    done = subprocess.run(
        [sys.executable, script, kind, path], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()[0] if done.stdout else done.stderr


def test_airline_trajectories_from_the_file_to_a_valid_export(
    rft: Rft, shared_data: Path, tmp_path: Path
) -> None:
    script = tmp_path / "recorded.py"
    script.write_text(RECORDED)
    source = shared_data / "derived" / "tau_airline_traces.jsonl"

    dataset = rft.json("import", source, "--name", "Airline", "--objective", "Book and change")
    assert dataset["stats"]["totalRecords"] == 200
    report = rft.json(
        *("run", dataset["id"], "--until", "dry_run", "--grader", script, "--num-topics", 4)
    )
    assert report["statistics"]["mean"] == pytest.approx(0.42)
    assert report["samplesEvaluated"] == 200

    out = tmp_path / "airline.zip"
    rft.json("export", dataset["id"], "--format", "openai_sft", "--out", out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    for name in ("train.jsonl", "test.jsonl"):
        assert validate(shared_data, "sft", tmp_path / name).endswith(" 0 errors")

    lines = tmp_path / "airline.jsonl"
    rft.json("export", dataset["id"], "--format", "openai_sft", "--out", lines)
    assert validate(shared_data, "sft", lines).endswith(" 0 errors")


@pytest.fixture(scope="module")
def school(rft: Rft, shared_data: Path) -> str:
    """1,319 problems with a number as reference, and four models' solutions of each."""
    rows = shared_data / "derived" / "gsm8k_rft_openai.jsonl"
    dataset_id: str = rft.json("import", rows, "--name", "School", "--objective", "Solve")["id"]
    solutions = shared_data / "gsm8k" / "example_model_solutions.jsonl"
    assert rft.json("import-rollouts", dataset_id, solutions)["parsed"] == 4 * 1319
    return dataset_id


def grade_all(rft: Rft, dataset_id: str, grader: Path) -> Any:
    """The report of a dry run over all solutions."""
    return rft.json(
        *("run", dataset_id, "--grader", grader, "--num-topics", 4),
        *("--sample-size", 1319, "--rollouts", 4),
    )


def read_truth(shared_data: Path) -> dict[tuple[str, str], bool]:
    """By question and solution, whether the file says that it is correct."""
    lines = (shared_data / "gsm8k" / "example_model_solutions.jsonl").read_bytes().splitlines()
    return {
        (row["question"], one["solution"]): one["is_correct"]
        for row in map(orjson.loads, lines)
        for one in row.values()
        if isinstance(one, dict)
    }


def list_differences(rft: Rft, dataset_id: str, shared_data: Path) -> tuple[int, list[str]]:
    """How many grades the last dry run has, and each solution that it grades against the truth."""
    truth = read_truth(shared_data)
    with rft.inside(), reading() as session:
        run = get_dry_run(session, dataset_id)
        grades = list(iterate_grades(session, run.id))
        solutions = load_rollouts(session, dataset_id, load_plan(session, run.id))
    differing = [
        f"{grade.reward} for {solution.sample['output_text'][-80:]!r}"
        for grade, solution in zip(grades, solutions, strict=True)
        if grade.reward != truth[solution.question, solution.sample["output_text"]]
    ]
    return len(grades), differing


def test_school_problems_with_four_solutions_each(rft: Rft, school: str, tmp_path: Path) -> None:
    script = tmp_path / "recorded.py"
    script.write_text(RECORDED)
    report = grade_all(rft, school, script)

    assert report["rollouts"] == 5276
    assert report["samplesEvaluated"] == 1319
    assert report["statistics"]["mean"] == pytest.approx(0.379, abs=5e-4)
    assert report["learnableShare"] == pytest.approx(0.554, abs=5e-4)


def test_a_script_that_reads_the_final_number_agrees_with_the_truth_of_every_solution(
    rft: Rft, school: str, shared_data: Path, tmp_path: Path
) -> None:
    script = tmp_path / "final_number.py"
    script.write_text(FINAL_NUMBER)
    report = grade_all(rft, school, script)

    assert report["failed"] == 0
    num_graded, differing = list_differences(rft, school, shared_data)
    assert num_graded == 5276
    assert differing == [], "accuracy 1.0: no solution is graded against is_correct"


def test_the_suggested_grader_says_how_well_it_grades_and_keeps_to_it(
    rft: Rft, school: str, shared_data: Path, tmp_path: Path
) -> None:
    with rft.inside(), reading() as session:
        suggestion = suggest_grader(session, school)
    assert suggestion is not None
    assert suggestion.agreement is not None
    assert suggestion.agreement.num_checked >= 300
    assert suggestion.agreement.share >= MIN_AGREEMENT
    checked = f"{suggestion.agreement.num_same} of {suggestion.agreement.num_checked} recorded"
    assert checked in suggestion.reason

    path = tmp_path / "suggested.json"
    path.write_text(suggestion.spec.model_dump_json())
    grade_all(rft, school, path)
    num_graded, differing = list_differences(rft, school, shared_data)
    assert num_graded == 5276
    assert 1 - len(differing) / num_graded >= MIN_AGREEMENT


def test_references_that_work_out_their_number_are_as_good_as_the_number(
    rft: Rft, shared_data: Path, tmp_path: Path
) -> None:
    """GSM8K's own file has the whole solution as reference, which ends in `#### 18`."""
    lines = (shared_data / "gsm8k" / "test.jsonl").read_bytes().splitlines()[:200]
    rows = tmp_path / "test.jsonl"
    rows.write_bytes(b"\n".join(lines) + b"\n")
    dataset_id = rft.json("import", rows, "--name", "Worked", "--objective", "Solve")["id"]
    solutions = shared_data / "gsm8k" / "example_model_solutions.jsonl"
    assert rft.json("import-rollouts", dataset_id, solutions)["parsed"] == 4 * 200

    with rft.inside(), reading() as session:
        suggestion = suggest_grader(session, dataset_id)
    assert suggestion is not None
    assert suggestion.agreement is not None
    assert suggestion.agreement.num_same == suggestion.agreement.num_checked >= 300
