"""What `rft run` is told of a dry run: when an answer passes, and how records are chosen."""

from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.dry_run import DryRunSettings
from rft_app.services.dry_runs import list_dry_runs
from rft_app.storage.session import reading
from tests.cli.conftest import Rft

HALF = """
def grade(sample, item):
    return 0.5 if sample.output_text == item["wanted"] else 0.0
"""


@pytest.fixture
def dataset_id(rft: Rft, rows: Path, tmp_path: Path) -> str:
    """Forty answers of sixty get half of what there is to get."""
    grader = tmp_path / "half.py"
    grader.write_text(HALF)
    found = rft.json("import", rows, "--name", "Halves", "--objective", "Add up")["id"]
    rft.json("run", found, "--until", "grader", "--grader", grader, "--num-topics", 2)
    return found


def read_settings(rft: Rft, dataset_id: str) -> DryRunSettings:
    """Those of the newest dry run, as they are stored."""
    with rft.inside(), reading() as session:
        return list_dry_runs(session, dataset_id)[0].settings


def run(rft: Rft, dataset_id: str, *options: object) -> dict[str, Any]:
    return rft.json("run", dataset_id, *options)


def test_an_answer_passes_from_the_reward_that_is_named(rft: Rft, dataset_id: str) -> None:
    first = run(rft, dataset_id)
    assert (first["passRates"]["threshold"], first["passRates"]["passAt1"]) == (1.0, 0.0)
    told = run(rft, dataset_id, "--pass-reward", 0.5)
    assert told["passRates"]["threshold"] == 0.5
    assert told["passRates"]["passAt1"] == pytest.approx(40 / 60)
    assert told["statistics"]["mean"] == first["statistics"]["mean"]
    again = run(rft, dataset_id, "--sample-size", 30)
    assert (again["samplesEvaluated"], again["passRates"]["threshold"]) == (30, 0.5)


def test_records_are_chosen_by_topic_unless_told_otherwise(rft: Rft, dataset_id: str) -> None:
    run(rft, dataset_id, "--sample-size", 20)
    assert read_settings(rft, dataset_id).stratify is True
    run(rft, dataset_id, "--no-stratify")
    alike = read_settings(rft, dataset_id)
    assert (alike.stratify, alike.num_records) == (False, 20)
    run(rft, dataset_id, "--stratify")
    assert read_settings(rft, dataset_id).stratify is True
