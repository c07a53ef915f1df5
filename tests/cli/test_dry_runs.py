"""`rft dry-runs`, and the versions of `rft grader`: what was graded before, and by what."""

from pathlib import Path

import pytest

from rft_app.domain.grader import StringCheckSpec
from tests.cli.conftest import Rft, make_installation
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    configure,
    run_dry,
)

HALF = "def grade(sample, item):\n    return float(sample.output_text) / 2\n"


@pytest.fixture(scope="module")
def rft(tmp_path_factory: pytest.TempPathFactory) -> Rft:
    """Two dry runs: the second halves every reward and grades another answer besides."""
    made = make_installation(tmp_path_factory.mktemp("data"))
    assert made("datasets", "list").returncode == 0
    with made.inside():
        add_records(["0.2", "words", "1", "0"], topic_id=2)
        configure(StringCheckSpec())
        configure(NUMBER_OF_TEXT)
        run_dry()
        configure(HALF)
        add_answers(2, "0.6")
        run_dry()
    return made


def test_dry_runs_are_listed_in_pages_and_shown_by_number(rft: Rft) -> None:
    page = rft("dry-runs", "list", DATASET, "--limit", 1)
    assert "script v3" in page.stdout
    assert "More: --before 2" in page.stderr
    (first,) = rft.json("dry-runs", "list", DATASET, "--before", 2)
    assert (first["number"], first["failed"]) == (1, 1)
    for name in (1, first["runId"]):
        assert rft.json("dry-runs", "show", DATASET, name)["runId"] == first["runId"]
    assert rft("dry-runs", "show", DATASET).stdout.splitlines()[1].startswith("Dry run 2: 4 of 5")


@pytest.mark.parametrize("name", ["9", "dr_none", "9" * 30, "²"])
def test_a_run_that_is_not_there_is_named(rft: Rft, name: str) -> None:
    done = rft("dry-runs", "show", DATASET, name)
    assert (done.returncode, "dry run" in done.stderr) == (1, True), done.stderr


def test_two_runs_are_compared(rft: Rft) -> None:
    found = rft.json("dry-runs", "compare", DATASET, 1, 2)
    assert (found["first"]["number"], found["paired"]["worse"]) == (1, 2)
    told = rft("dry-runs", "compare", DATASET, 1, 2).stdout
    assert "3 records graded in both: mean difference -0.200; 0 better, 2 worse, 1 as good" in told
    assert "failure rate" in told
    assert "-5.0%" in told
    rows = rft.json("dry-runs", "compare", DATASET, 1, 2, "--records")
    assert [row["recordId"] for row in rows] == ["rec_3", "rec_1", "rec_4"]
    assert "-0.500" in rft("dry-runs", "compare", DATASET, 1, 2, "--records").stdout


def test_answers_are_listed_in_pages_or_by_lot(rft: Rft) -> None:
    page = rft("dry-runs", "rollouts", DATASET, 1, "--limit", 3)
    cursor = page.stderr.split("--cursor ")[1].strip()
    rest = rft("dry-runs", "rollouts", DATASET, 1, "--limit", 3, "--cursor", cursor)
    lines = [*page.stdout.splitlines()[1:], *rest.stdout.splitlines()[1:]]
    assert len(lines) == 4
    assert sum("failed" in line for line in lines) == 1
    (worst,) = rft.json("dry-runs", "rollouts", DATASET, 1, "--order", "worst", "--limit", 1)
    assert (worst["recordId"], worst["score"]) == ("rec_4", 0)
    picked = rft.json("dry-runs", "rollouts", DATASET, "--lot", "--limit", 2, "--topic", "Pay")
    assert len(picked) == 2
    assert rft("dry-runs", "rollouts", DATASET, "--lot", "--order", "worst").returncode == 2
    assert (
        "has none of these"
        in rft("dry-runs", "rollouts", DATASET, 1, "--error-kind", "timeout").stderr
    )


def test_answers_that_are_the_reference_are_told(tmp_path: Path) -> None:
    made = make_installation(tmp_path)
    assert made("datasets", "list").returncode == 0
    with made.inside():
        add_records(["1", "2", "words"])
        configure(StringCheckSpec())
        run_dry()
    told = made("dry-runs", "show", DATASET).stdout
    notice = made.json("dry-runs", "show", DATASET, 1)["notice"]
    assert notice.startswith("Of 3 recorded answers 2 are the reference itself")
    assert notice in told


def test_versions_of_a_grader_are_listed_compared_and_restored(rft: Rft) -> None:
    versions = rft.json("grader", "versions", DATASET)
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert "script v3" in rft("grader", "versions", DATASET).stdout
    told = rft("grader", "compare", DATASET, 2, 3).stdout
    assert (
        "-     return float(sample.output_text)\n+     return float(sample.output_text) / 2" in told
    )
    assert "kind: string_check → script" in rft("grader", "compare", DATASET, 1, 2).stdout
    assert "Both grade alike." in rft("grader", "compare", DATASET, 1, 1).stderr
    assert "no version 9" in rft("grader", "restore", DATASET, 9).stderr
    assert rft.json("grader", "restore", DATASET, 1)["version"] == 4
    assert [one["version"] for one in rft.json("grader", "versions", DATASET)] == [4, 3, 2, 1]
