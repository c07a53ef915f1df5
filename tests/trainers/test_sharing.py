"""Prompts that are read once for a group, where the trainer's environment is."""

import json
import subprocess
from pathlib import Path

import pytest

from rft_app.llm.embedded import find_weights
from rft_app.trainers.environment import clean_environment, find_environment

SCRIPT = Path(__file__).with_name("shared_step.py")


def test_a_step_with_shared_prompts_is_the_step_of_trl(tmp_path: Path) -> None:
    environment, weights = find_environment(), find_weights()
    if environment.obstacle:
        pytest.skip(environment.obstacle)
    assert weights is not None
    done = subprocess.run(
        [environment.python, "-B", str(SCRIPT), str(weights), str(tmp_path)],
        capture_output=True,
        env=clean_environment() | {"HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["num_other_answers"] == 0
    assert found["is_by_engine"]
    assert found["log_probabilities"] < 1e-3
    assert found["entropies"] < 1e-3
    assert found["gradient"] < 1e-3
