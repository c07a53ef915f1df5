"""A judge on the command line: refused without a provider, priced before it is asked."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Rft, make_installation, working
from tests.llm.provider import FakeProvider, Json, Served, say_json


def rate(request: Json, number: int) -> Served:
    """Half the answers are good."""
    return say_json({"reasoning": "So.", "score": number % 2})


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rft]:
    """An installation with a provider, and a worker."""
    with FakeProvider(rate).running() as provider:
        bare = make_installation(tmp_path_factory.mktemp("data"))
        settings = {"RFT_LLM_BASE_URL": provider.url, "RFT_LLM_MODELS": "good=1/10"}
        with working(Rft({**bare.environment, **settings})) as installation:
            yield installation


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    path = tmp_path / "judge.json"
    path.write_bytes(orjson.dumps({"kind": "judge", "prompt": "Rate {{sample.output_text}}"}))
    return path


def test_a_judge_is_asked_after_its_cost_was_told(priced: Rft, rows: Path, judge: Path) -> None:
    named = ("--name", "Sums", "--objective", "Add")
    dataset_id = priced.json("import", rows, *named)["id"]
    done = priced("run", dataset_id, "--grader", judge, "--sample-size", 20, "--num-topics", 2)
    assert done.returncode == 0, done.stderr
    assert "Judge: asks good, estimated cost $0.0" in done.stderr
    assert "nothing measured yet" in done.stderr
    assert "judged by good · 20 calls paid, $0.0400\n" in done.stdout
    assert done.stdout.count("pass@") == 1

    told = priced.json("run", dataset_id, "--sample-size", 10, "--model", "good", "--estimate")
    assert (told["calls"], told["pacedBy"], told["answers"]["pacedBy"]) == (40, 1, None)
    assert told["seconds"] > 0
    assert told["answers"]["seconds"] > 0
    said = priced("run", dataset_id, "--sample-size", 10, "--estimate").stdout
    assert said.startswith("Judge: asks good, estimated cost $0.0")
    assert "the pace of run 1" in said
    refused = priced("run", dataset_id, "--grader", judge, "--estimate")
    assert (refused.returncode, "--until grader" in refused.stderr) == (2, True)
    tried = priced("grader", "try", dataset_id, "--sample-size", 2)
    assert tried.stderr.startswith("Judge: asks good, estimated cost $0.0")
    assert "2 calls paid" in tried.stderr

    bare = Rft({k: v for k, v in priced.environment.items() if not k.startswith("RFT_LLM")})
    refused = bare("run", dataset_id, "--grader", judge, "--sample-size", 10)
    assert refused.returncode == 1
    assert "RFT_LLM_BASE_URL" in refused.stderr
