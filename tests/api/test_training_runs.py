"""Trainings over REST, by a trainer that follows a script."""

import pytest
from fastapi.testclient import TestClient

from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import TrainingRun
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage.session import unit_of_work
from rft_app.storage.tables import TrainingRunRow
from rft_app.storage.tuned_models import name_model
from tests.api.conftest import DATASETS
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import SETTINGS, follow_script, lose, order, prepare, work

TRAIN = f"{DATASETS}/{DATASET}/train"
ASKED = {"hyperparameters": {"settings": SETTINGS}}


def at(run: TrainingRun | str, *parts: str) -> str:
    run_id = run if isinstance(run, str) else run.id
    return "/".join(("/api/optimization/training", run_id, *parts))


@pytest.fixture(autouse=True)
def world(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch)


@pytest.fixture
def run() -> TrainingRun:
    found = work(order())
    assert found.status is JobStatus.DONE
    return found


def test_a_training_is_looked_ahead_started_and_listed(client: TestClient) -> None:
    ahead = client.post(f"{TRAIN}/check", json=ASKED).json()
    assert (ahead["canStart"], ahead["numSteps"], ahead["numHeldOut"]) == (True, 4, 12)
    assert {"verdict", "held_out"} <= {one["name"] for one in ahead["checks"]}
    assert client.get(f"{DATASETS}/{DATASET}/training").json() == []
    started = client.post(TRAIN, json=ASKED)
    assert (started.status_code, started.json()["status"]) == (202, "pending")
    again = client.post(TRAIN, json=ASKED)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    (listed,) = client.get(f"{DATASETS}/{DATASET}/training").json()
    assert listed["id"] == started.json()["id"]
    assert listed["fineTunedModel"] is None


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"hyperparameters": {"settings": {"warmth": 3}}}, 422, "warmth"),
        ({"hyperparameters": {"settings": {"learning_rate": -1}}}, 422, "learning_rate"),
        ({"hyperparameters": {"nEpochs": 0}}, 422, "nEpochs"),
        ({"preset": "endless"}, 422, "preset"),
        ({"trainer": "abacus"}, 422, "abacus"),
        ({"baseModel": "/no/such/folder"}, 422, "/no/such/folder"),
    ],
)
def test_an_impossible_order_is_refused_and_named(
    client: TestClient, body: dict[str, object], status: int, words: str
) -> None:
    answer = client.post(TRAIN, json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert client.get(f"{DATASETS}/{DATASET}/training").json() == []


def test_a_training_that_is_done_tells_everything(client: TestClient, run: TrainingRun) -> None:
    found = client.get(at(run)).json()
    assert (found["status"], found["progress"], found["improvement"]) == ("completed", 100, 1)
    assert found["fineTunedModel"] == name_model(run.id, run.number)
    assert client.get(at(run.job_id)).json()["id"] == run.id
    first = client.get(at(run, "metrics"), params={"limit": 3})
    assert [one["step"] for one in first.json()] == [1, 2, 3]
    rest = client.get(at(run, "metrics"), params={"cursor": first.headers["X-Next-Cursor"]})
    assert [one["step"] for one in rest.json()] == [4]
    topics = client.get(at(run, "topics")).json()
    assert topics["numSteps"] == 1
    assert {"topic", "numFirst", "first", "numLast", "last"} == {*topics["topics"][0]}
    assert client.get(at("train_absent", "topics")).status_code == 404
    best = [one["step"] for one in client.get(at(run, "checkpoints")).json() if one["isBest"]]
    assert best == [4]
    assert client.get(at(run, "alerts")).json() == []
    assert client.get(at(run, "log")).status_code == 200


def test_answers_of_a_step_come_in_pages(client: TestClient, run: TrainingRun) -> None:
    steps = client.get(at(run, "rollouts", "steps")).json()
    number = next(o["numAnswers"] for o in steps if (o["phase"], o["step"]) == ("tuned", 4))
    where = {"step": "4", "phase": "tuned", "limit": "5"}
    first = client.get(at(run, "rollouts"), params=where)
    assert {(one["text"], one["score"]) for one in first.json()} == {("1", 1.0)}
    cursor = first.headers["X-Next-Cursor"]
    rest = client.get(at(run, "rollouts"), params={**where, "limit": "200", "cursor": cursor})
    assert len(first.json()) + len(rest.json()) == number
    assert "X-Next-Cursor" not in rest.headers
    assert client.get(at(run, "rollouts"), params={**where, "cursor": "x"}).status_code == 422


def test_a_comparison_tells_what_answers_cost_and_that_its_records_chose(
    client: TestClient, run: TrainingRun
) -> None:
    found = client.get(at(run, "comparison")).json()
    assert (found["finding"], found["numBetter"], found["numGroups"]) == ("better", 12, 12)
    assert (found["baseTokens"], found["tunedTokens"]) == (4.0, 2.5)
    assert (found["baseSeconds"], found["tunedSeconds"]) == (0.02, 0.01)
    assert found["isHeldOut"] is False
    assert "chose the checkpoint, too" in found["words"]


def test_an_adapter_that_is_not_served_here_comes_with_a_command(
    client: TestClient, run: TrainingRun
) -> None:
    here = client.get(at(run, "adapter")).json()
    assert (here["model"], here["command"]) == (name_model(run.id, run.number), "")
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, run.id)
        row.base_model = "/models/larger"
        session.add(row)
    there = client.get(at(run, "adapter")).json()
    assert there["folder"] == here["folder"]
    assert f"--lora-modules {there['model']}={there['folder']}" in there["command"]
    assert client.get(at(run)).json()["fineTunedModel"] is None


def test_a_training_that_failed_says_why_and_keeps_its_best(client: TestClient) -> None:
    follow_script(nan=[3])
    run = work(order())
    found = client.get(at(run)).json()
    assert found["status"] == "failed"
    assert "not a finite number" in found["error"]
    assert found["fineTunedModel"] == name_model(run.id, run.number)
    assert client.get(at(run, "adapter")).json()["isFinished"] is False
    for path, method in (("comparison", "GET"), ("finish", "POST"), ("cancel", "POST")):
        assert client.request(method, at(run, path)).status_code == 409
    assert client.post(at(run, "resume")).status_code == 202
    assert client.get(at(run)).json()["status"] == "pending"


def test_one_that_waits_is_cancelled_and_has_nothing_yet(client: TestClient) -> None:
    run = order()
    for path in ("comparison", "adapter"):
        assert client.get(at(run, path)).status_code == 409
    assert client.get(at(run, "log", "file")).status_code == 404
    assert client.post(at(run, "cancel")).status_code == 200
    assert work(run).status is JobStatus.CANCELLED


@pytest.mark.parametrize(
    "path", ["", "metrics", "alerts", "checkpoints", "rollouts/steps", "comparison", "adapter"]
)
def test_a_training_that_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(at("train_none", *([path] if path else [])))
    assert answer.status_code == 404
    assert "train_none" in answer.json()["error"]["message"]


def test_a_comparison_that_lacks_grades_is_made_again(client: TestClient, run: TrainingRun) -> None:
    whole = client.get(at(run, "comparison")).json()
    refused = client.post(at(run, "comparison"))
    assert (refused.status_code, "would change nothing" in refused.text) == (409, True)
    lose(run, [1, 2])
    assert client.get(at(run, "comparison")).json()["numUngraded"] == 2
    ordered = client.post(at(run, "comparison"))
    assert (ordered.status_code, ordered.json()["status"]) == (202, "queued")
    JobRunner(all_job_kinds(), "wk_test").run(ordered.json()["id"], 0)
    assert client.get(at(run, "comparison")).json() == whole
    assert client.post(at("train_none", "comparison")).status_code == 404
