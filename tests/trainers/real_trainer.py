"""The real trainer for tests, where its environment is: the one named, else the one of `make`."""

import os
import subprocess
from pathlib import Path

import pytest

from rft_app.settings import get_settings
from rft_app.trainers.environment import clean_environment, find_environment

NAMED = os.environ.get("RFT_TRAINER_PYTHON", "")
"""As it was before the tests cleaned the environment."""
SCRIPT = Path(__file__).with_name("tiny_base.py")


def take_trainer(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let it be the trainer's Python; the test is skipped where there is none."""
    if NAMED:
        monkeypatch.setenv("RFT_TRAINER_PYTHON", NAMED)
        get_settings.cache_clear()
    environment = find_environment()
    if environment.obstacle:
        pytest.skip(environment.obstacle)
    return environment.python


def make_base(python: str, folder: Path) -> Path:
    """A base model of random weights that is trained in moments."""
    subprocess.run(
        [python, "-B", str(SCRIPT), str(folder)],
        check=True,
        capture_output=True,
        env=clean_environment() | {"HF_HUB_OFFLINE": "1"},
    )
    return folder
