"""`rft train` and `rft compare`, by a trainer that follows a script."""

import os
from pathlib import Path

import pytest

from rft_app.cli.following import Follower
from rft_app.cli.installation import ensure_schema
from rft_app.domain.job import JobStatus
from rft_app.jobs.running import JobRunner
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.training import get_training_draft
from rft_app.services.training_runs import get_training
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TrainingRunRow
from tests.cli.conftest import Rft
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import SETTINGS, follow_script, lose, prepare

SET = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]


def run_waiting(_: Follower) -> None:
    """Be the worker: run what waits to its end."""
    with reading() as session:
        waiting = jobs.list_active_attempts(session)
    for job_id, attempt in waiting:
        JobRunner(all_job_kinds(), "wk_test").run(job_id, attempt)


@pytest.fixture
def rft(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Rft:
    """Records, a grader and a scripted trainer; jobs run in this process."""
    data_dir.mkdir()
    ensure_schema()
    prepare(monkeypatch)
    monkeypatch.setattr(Follower, "_ensure_worker", run_waiting)
    return Rft(dict(os.environ))


def test_a_training_is_checked_without_starting(rft: Rft) -> None:
    ahead = rft.json("train", DATASET, "--check", *SET)
    assert (ahead["canStart"], ahead["numSteps"]) == (True, 4)
    told = rft("train", DATASET, "--check", *SET)
    assert told.returncode == 0
    assert "caution: " in told.stderr
    assert "held out, on the processor, " in told.stderr
    assert "; under a minute, " in told.stderr
    assert rft.json("train", "list", DATASET) == []


def test_a_training_runs_to_its_comparison(rft: Rft) -> None:
    done = rft("train", DATASET, *SET)
    assert done.returncode == 0, done.stderr
    (listed,) = rft.json("train", "list", DATASET)
    assert f"tuned model: {listed['fineTunedModel']}" in done.stdout
    assert "best checkpoint: step 4, validation reward 0.400" in done.stdout
    compared = rft("compare", listed["id"])
    assert compared.returncode == 0, compared.stderr
    for words in (
        "The tuned model is better: mean difference +1.000",
        "These records chose the checkpoint, too",
        "Tokens of an answer: base 4.0, tuned 2.5.",
        "Seconds for an answer, several at once: base 0.020, tuned 0.010.",
        "12 better, 0 worse, 0 the same, 0 not graded",
    ):
        assert words in compared.stdout
        assert words in done.stdout
    found = rft.json("compare", listed["id"])
    assert (found["isHeldOut"], found["tunedTokens"]) == (False, 2.5)
    assert rft.json("train", "status", listed["id"])["improvement"] == 1.0
    assert rft("train", "cancel", listed["id"]).returncode == 1
    refused = rft("compare", listed["id"], "--again")
    assert (refused.returncode, "would change nothing" in refused.stderr) == (1, True)
    with reading() as session:
        run = get_training(session, listed["id"])
    lose(run, [0, 3])
    assert rft.json("compare", listed["id"])["numUngraded"] == 2
    again = rft("compare", listed["id"], "--again")
    assert "12 better, 0 worse, 0 the same, 0 not graded" in again.stdout, again.stderr


def test_the_adapter_of_a_folder_comes_with_what_serves_it(rft: Rft) -> None:
    rft("train", DATASET, *SET)
    (listed,) = rft.json("train", "list", DATASET)
    assert "served here" in rft("train", "adapter", listed["id"]).stdout
    with rft.inside(), unit_of_work() as session:
        row = session.get_one(TrainingRunRow, listed["id"])
        row.base_model = "/models/larger"
        session.add(row)
    for verb in ("status", "adapter"):
        told = rft("train", verb, listed["id"]).stdout
        assert "serve it: vllm serve /models/larger --enable-lora --lora-modules larger:run" in told
        assert "then: rft providers add tuned --url" in told
    assert rft.json("train", "adapter", listed["id"])["baseModel"] == "/models/larger"


def test_one_that_fails_says_why_keeps_its_best_and_goes_on(rft: Rft) -> None:
    with rft.inside():
        follow_script(nan=[3])
    failed = rft("train", DATASET, *SET)
    assert failed.returncode == 1
    assert "not a finite number" in failed.stderr
    (listed,) = rft.json("train", "list", DATASET)
    status = rft("train", "status", listed["id"]).stdout
    assert "failed  2 of 4 steps" in status
    assert "tuned model: smollm2-135m:run-1-" in status
    refused = rft("compare", listed["id"])
    assert refused.returncode == 1
    assert f"is {JobStatus.FAILED}" in refused.stderr
    resumed = rft("train", "resume", listed["id"])
    assert resumed.returncode == 0, resumed.stderr
    assert "done  4 steps" in resumed.stdout
    assert "The tuned model is better" in resumed.stdout


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (("--set", "learning_rate"), 2, "name=value"),
        (("--set", "warmth=3"), 1, "There is no setting 'warmth'. There are: num_steps, "),
        (("--set", "max_steps=3"), 1, "There is no setting 'max_steps'. Did you mean 'num_steps'?"),
        (("--set", "num_steps=0"), 1, "'num_steps'"),
        (("--preset", "endless"), 2, "preset"),
        (("--epochs", "0"), 2, "epochs"),
        (("--trainer", "abacus"), 1, "abacus"),
        (("--base-model", "/no/such/folder"), 1, "/no/such/folder"),
    ],
)
def test_an_impossible_order_is_refused_by_name(
    rft: Rft, given: tuple[str, ...], code: int, words: str
) -> None:
    refused = rft("train", DATASET, *given)
    assert words in refused.stderr
    assert refused.returncode == code, refused.stderr
    assert rft.json("train", "list", DATASET) == []


def test_a_training_that_is_not_there_is_named(rft: Rft) -> None:
    for verb in (("train", "status"), ("train", "adapter"), ("train", "resume"), ("compare",)):
        refused = rft(*verb, "train_none")
        assert refused.returncode == 1
        assert "There is no training train_none" in refused.stderr


def test_what_a_training_left_behind_is_read(rft: Rft) -> None:
    rft("train", DATASET, *SET, "--no-stratify", "--test-generated")
    (listed,) = rft.json("train", "list", DATASET)
    run = listed["id"]
    assert [one["step"] for one in rft.json("train", "metrics", run, "--after", 1)] == [2, 3, 4]
    table = rft("train", "metrics", run, "--metric", "reward").stdout.splitlines()
    assert table[0].split() == ["STEP", "REWARD"]
    assert len(table) == 5
    assert "There may be more: --after 2" in rft("train", "metrics", run, "--limit", 2).stderr
    saved = rft.json("train", "checkpoints", run)
    assert [one["step"] for one in saved if one["isBest"]] == [4]
    assert "best" in rft("train", "checkpoints", run).stdout.splitlines()[-1].split()
    answers = rft.json("train", "rollouts", run)
    assert {(one["phase"], one["step"]) for one in answers} == {("train", 4)}
    page = rft("train", "rollouts", run, "--step", 3, "--limit", 1)
    assert answers[0]["recordId"].startswith("rec_")
    assert "Train answers of step 3" in page.stderr
    assert "More: --phase train --step 3 --cursor 1" in page.stderr
    absent = rft("train", "rollouts", run, "--step", 99)
    assert "There is no such train answer. There are some of steps" in absent.stderr
    assert rft.json("train", "rollouts", run, "--phase", "tuned")
    topics = rft.json("train", "topics", run)
    assert topics["numSteps"] == 1
    assert topics["topics"]
    assert topics["topics"][0]["topic"] in rft("train", "topics", run).stdout
    assert rft.json("train", "log", run)["text"] == rft("train", "log", run).stdout.strip()


@pytest.mark.parametrize("verb", ["metrics", "checkpoints", "rollouts", "topics", "log"])
def test_a_training_that_is_not_there_is_told(rft: Rft, verb: str) -> None:
    absent = rft("train", verb, "train_absent")
    assert (absent.returncode, absent.stdout) == (1, "")
    assert "train_absent" in absent.stderr


def test_an_unknown_metric_is_wrong_use(rft: Rft) -> None:
    refused = rft("train", "metrics", "train_x", "--metric", "rewrd")
    assert refused.returncode == 2
    assert "validation_reward" in refused.stderr


def test_how_the_records_are_split_is_chosen(rft: Rft) -> None:
    rft("train", DATASET, *SET, "--no-stratify", "--test-generated")
    with rft.inside(), reading() as session:
        draft = get_training_draft(session, DATASET)
    assert (draft.stratify_by_topic, draft.test_generated) == (False, True)
