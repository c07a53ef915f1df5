"""`rft deploy` and what belongs to it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Rft, make_installation


@pytest.fixture
def rft(tmp_path: Path) -> Rft:
    return make_installation(tmp_path / "data")


def test_a_model_is_deployed_looked_at_and_rolled_back(rft: Rft) -> None:
    assert "Nothing is deployed" in rft("deployments").stderr
    none = rft("rollback", "bot", "--reason", "z")
    assert "There is no deployment 'bot'. Nothing is deployed yet." in none.stderr
    url = ("--url", "http://127.0.0.1:9/v1")
    assert not rft("providers", "add", "lab", *url, "--model", "a", "--model", "b").returncode
    rft("demo")
    (dataset, *_) = rft.json("datasets", "list")
    models = ("--base", "lab/a", "--tuned", "lab/b")
    wrong = rft("deploy", dataset["id"], *models, "--ratio", "2")
    assert wrong.returncode == 2
    assert "share of an A/B test lies between" in " ".join(wrong.stderr.split())
    limit = ("--max-graded-per-day", "20")
    made = rft("deploy", dataset["id"], *models, *limit, "--ratio", "0.3", "--reason", "first")
    assert made.returncode == 0, made.stderr
    assert "a: 30% of traffic" in made.stdout
    assert rft.json("deployments", "a")["deployment"]["maxGradedPerDay"] == 20
    assert rft.json("adjust", "a", "--ratio", "0.5", "--reason", "x")["tunedShare"] == 0.5
    more = rft.json("adjust", "a", "--max-graded-per-day", "50", "--reason", "dear")
    assert (more["maxGradedPerDay"], more["tunedShare"]) == (50, 0.5)
    assert rft.json("promote", "a", "--reason", "y")["mode"] == "replace"
    assert rft.json("deployments", "a")["history"][0]["reason"] == "y"
    shown = rft("deployments", "a").stdout
    assert "No evidence yet" in shown
    assert "TOKENS IN" in shown
    assert "local user promoted: y" in shown
    assert rft.json("rollback", "a", "--reason", "z")["state"] == "rolled_back"
    assert rft("rollback", "a", "--reason", "z").returncode == 1
    assert "rolled back" in rft("deployments").stdout
