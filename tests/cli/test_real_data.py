import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def test_school_problems_with_four_solutions_each(
    rft: Rft, shared_data: Path, tmp_path: Path
) -> None:
    script = tmp_path / "recorded.py"
    script.write_text(RECORDED)
    rows = shared_data / "derived" / "gsm8k_rft_openai.jsonl"
    solutions = shared_data / "gsm8k" / "example_model_solutions.jsonl"

    dataset_id = rft.json("import", rows, "--name", "School", "--objective", "Solve")["id"]
    assert rft.json("import-rollouts", dataset_id, solutions)["parsed"] == 4 * 1319
    report = rft.json(
        *("run", dataset_id, "--grader", script, "--num-topics", 4),
        *("--sample-size", 1319, "--rollouts", 4),
    )

    assert report["rollouts"] == 5276
    assert report["samplesEvaluated"] == 1319
    assert report["statistics"]["mean"] == pytest.approx(0.379, abs=5e-4)
    assert report["learnableShare"] == pytest.approx(0.554, abs=5e-4)
