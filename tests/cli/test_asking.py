"""`rft ask`: several models answer one prompt."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_app.cli.installation import ensure_schema
from tests.api.test_asking import REFERENCE, behave
from tests.cli.conftest import Rft
from tests.gateway.upstream import Upstream
from tests.pipeline.graded_dataset import DATASET, add_records, configure


@pytest.fixture
def rft(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rft]:
    """Two records, a grader that compares with their reference, and a provider."""
    data_dir.mkdir()
    ensure_schema()
    add_records(["1", "2"])
    configure(REFERENCE)
    with Upstream().running() as found:
        found.behave = behave
        monkeypatch.setenv("RFT_LLM_BASE_URL", found.url)
        monkeypatch.setenv("RFT_LLM_MODELS", "small=1/10,large,broken")
        yield Rft(dict(os.environ))


def test_models_are_asked_and_graded(rft: Rft) -> None:
    models = ("--model", "small", "--model", "large")
    shown = rft("ask", DATASET, "--record", "1", *models)
    assert shown.returncode == 0, shown.stderr
    assert "Reference: 1" in shown.stderr
    assert "4 tokens · $0.0001 · reward 1.000\n  1\n" in shown.stdout
    assert "cost unknown · reward 0.000\n  Three\n" in shown.stdout
    found = rft.json("ask", DATASET, "Hi", *models)
    assert [one["text"] for one in found["answers"]] == ["1", "Three"]
    failed = rft("ask", DATASET, "Hi", "--model", "broken")
    assert failed.returncode == 1
    assert "no whole answer: " in failed.stdout
    assert "no such deployment" in failed.stdout
    for wrong in ((), ("Hi", "--record", "1"), ("--record", "1", "--system", "Be brief.")):
        assert rft("ask", DATASET, *wrong).returncode == 2
