"""A training from its order to its comparison, and all that can go wrong on the way."""

import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from rft_app.domain.grader import ScriptSpec, ToolCallsSpec
from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.training_comparison import Finding
from rft_app.domain.training_run import Phase, TrainingRun
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError
from rft_app.jobs.running import JobRunner
from rft_app.services import training_runs
from rft_app.services.datasets import delete_dataset
from rft_app.services.job_kinds import all_job_kinds
from rft_app.services.pipeline import get_step
from rft_app.services.training_orders import look_ahead
from rft_app.services.training_runs import (
    cancel_training,
    find_adapter,
    finish_training,
    get_comparison,
    list_answers,
    list_checkpoints,
    list_metrics,
    resume_training,
)
from rft_app.services.training_topics import compare_topics
from rft_app.services.tuned_models import find_place, write_vllm
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step
from rft_app.storage.tables import TraceBodyRow, TrainingRunRow
from rft_app.storage.training_runs import Place, put_metric
from rft_app.trainers import grading, trl_local
from rft_app.trainers.environment import TrainerEnvironment
from rft_app.trainers.grading import TrainingGrader
from rft_app.trainers.rewards import AnswerText, GradeRequest
from rft_app.trainers.run_folder import RunFolder
from rft_app.trainers.trl_local import EMBEDDED_FACTS, TrlLocal
from tests.pipeline.graded_dataset import DATASET, NUMBER_OF_TEXT, configure
from tests.services.training_world import (
    SETTINGS,
    attempt_of,
    follow_script,
    look,
    order,
    prepare,
    work,
)

PATIENCE_S = 20.0
ABSTAINING = """def grade(sample, item):
    if sample.output_text == "pass":
        return {"abstain": True, "reason": "unclear"}
    return float(sample.output_text)
"""


@pytest.fixture(autouse=True)
def world(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch)


def wait_for(is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_there():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.02)


def texts(run: TrainingRun, phase: Phase, step: int) -> list[tuple[str, float | None]]:
    with reading() as session:
        rows = list_answers(session, run.id, phase, step, limit=200).rows
    return [(row.text, row.reward) for row in rows]


def test_a_training_ends_with_a_paired_comparison_on_held_out_records() -> None:
    run = work(order())
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert run.outcome is not None
    with reading() as session:
        found = get_comparison(session, run.id)
        steps = [metric.step for metric in list_metrics(session, run.id)]
        step = get_step(session, DATASET, StepName.TRAIN)
    assert (found.base_mean, found.tuned_mean, found.difference) == (0.0, 1.0, 1.0)
    assert (found.finding, found.num_better) == (Finding.BETTER, 12)
    assert not run.outcome.is_held_out, "of so few records the checkpoint is chosen by the same"
    assert not found.is_held_out
    assert "chose the checkpoint, too" in found.words
    assert found.num_groups == 12
    assert found.costs == (
        "Tokens of an answer: base 4.0, tuned 2.5.",
        "Seconds for an answer, several at once: base 0.020, tuned 0.010.",
    )
    assert steps == [1, 2, 3, 4]
    assert step.facts["improvement"] == 1.0
    assert step.node.status is StepStatus.COMPLETE


def test_a_comparison_that_was_stored_before_says_how_its_records_were_chosen() -> None:
    run = work(order())
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, run.id)
        stored = orjson.loads(orjson.dumps(row.outcome))
        for name in ("is_held_out", "num_groups", "base_tokens"):
            del stored["comparison"][name]
        row.outcome = stored
        session.add(row)
    with reading() as session:
        found = get_comparison(session, run.id)
    assert (found.is_held_out, found.num_groups, found.base_tokens) == (False, None, 4.0)


def test_alerts_look_at_all_steps_of_a_long_training(monkeypatch: pytest.MonkeyPatch) -> None:
    run = work(order())
    monkeypatch.setattr(training_runs, "MAX_METRICS", 3)
    with unit_of_work() as session:
        put_metric(session, run.id, 9, {"failure_share": 1.0})
    with reading() as session:
        found = [alert.name for alert in training_runs.list_alerts(session, run.id)]
    assert found == ["failures"]


def test_answers_of_a_step_are_kept_with_their_grades() -> None:
    run = work(order())
    assert set(texts(run, Phase.TRAIN, 2)) == {("0.5", 0.5)}
    assert set(texts(run, Phase.TUNED, 4)) == {("1", 1.0)}


def test_what_the_grader_cannot_judge_is_no_zero() -> None:
    follow_script(words=[2])
    run = work(order())
    with reading() as session:
        rows = list_answers(session, run.id, Phase.TRAIN, 2).rows
        metric = list_metrics(session, run.id)[1]
    failed = [row for row in rows if row.failure_kind is not None]
    assert [row.reward for row in failed] == [None]
    assert failed[0].failure_kind is FailureKind.EXCEPTION
    assert metric.values["reward"] == 0.5


def test_abstentions_are_told_apart_from_failures() -> None:
    run = order()
    script = ScriptSpec(source=ABSTAINING)
    told = [AnswerText(key=seq, text=text) for seq, text in enumerate(("1", "pass", "word"), 1)]
    with TrainingGrader(DATASET, run.id, run.job_id, script) as grader:
        found = grader.grade(GradeRequest(phase=Phase.TRAIN, step=1, first=0, answers=tuple(told)))
    assert (found.rewards, found.num_abstained) == ((1.0, None, None), 1)


def test_a_killed_trainer_goes_on_from_its_last_checkpoint() -> None:
    follow_script(kill=[3])
    run = work(order())
    assert run.status is JobStatus.DONE
    begun = [one for one in RunFolder.of(run.id).read_events() if one["type"] == "begun"]
    assert [one["resumed_from"] for one in begun] == [0, 2]


def test_a_trainer_that_is_killed_again_fails_and_can_be_resumed() -> None:

    follow_script(kill=[2, 2])
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "was killed (SIGKILL), again" in run.error
    assert run.outcome is None
    with unit_of_work() as session:
        resume_training(session, run.id)
    again = work(run, attempt_of(run))
    assert again.status is JobStatus.DONE
    with reading() as session:
        assert [one.step for one in list_checkpoints(session, run.id)] == [1, 2, 3, 4]


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_taken() -> None:
    follow_script(damage=[2], kill=[3])
    run = work(order())
    events = RunFolder.of(run.id).read_events()
    assert run.status is JobStatus.DONE
    assert [one["resumed_from"] for one in events if one["type"] == "begun"] == [0, 1]
    notes = [one["message"] for one in events if one["type"] == "note"]
    assert notes == ["The checkpoint of step 2 is damaged."]


def test_a_loss_that_is_no_number_fails_and_keeps_the_best_checkpoint() -> None:
    follow_script(nan=[3])
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "not a finite number" in run.error
    assert run.best is not None
    assert run.best.step == 2
    with reading() as session:
        assert not find_adapter(session, run.id).is_finished
        with pytest.raises(ConflictError, match="is failed"):
            get_comparison(session, run.id)


@pytest.mark.parametrize(
    ("happening", "told"), [("full", "The disk is full"), ("memory", "Memory ran out")]
)
def test_what_the_machine_lacks_is_told_with_what_is_kept_and_how_to_go_on(
    happening: str, told: str
) -> None:
    follow_script(**{happening: [3]})
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert run.error.startswith(f"{told}")
    assert "The best checkpoint, of step 2, is kept." in run.error
    assert run.outcome is None
    folder = RunFolder.of(run.id)
    assert not (folder.path / "checkpoints" / "checkpoint-3").exists()
    assert not (folder.path / "reserve").exists()
    with unit_of_work() as session:
        assert not find_adapter(session, run.id).is_finished
        assert get_step(session, DATASET, StepName.TRAIN).node.status is StepStatus.FAILED
        resume_training(session, run.id)
    again = work(run, attempt_of(run))
    begun = [one for one in folder.read_events() if one["type"] == "begun"]
    assert [one["resumed_from"] for one in begun] == [0, 2]
    assert (again.status, again.num_done) == (JobStatus.DONE, 4)


def test_a_trainer_that_cannot_even_report_says_that_the_disk_is_full() -> None:
    follow_script(untold=[3, 3])
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "could not write its last report: the disk is full, again" in run.error
    assert "memory" not in run.error


def test_answers_that_cannot_be_stored_for_want_of_room_end_it_as_a_full_disk_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = grading.put_answers

    def fail_at_step_3(session: Session, run_id: str, place: Place, *rest: Any) -> None:
        if (place.phase, place.step) == (Phase.TRAIN, 3):
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))
        store(session, run_id, place, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(grading, "put_answers", fail_at_step_3)
        run = work(order())
    told = (
        "The disk is full. The best checkpoint, of step 2, is kept. Free some space, then resume."
    )
    assert (run.status, run.error) == (JobStatus.FAILED, told)
    with unit_of_work() as session:
        resume_training(session, run.id)
    assert work(run, attempt_of(run)).status is JobStatus.DONE


def test_where_nothing_was_kept_that_is_said() -> None:
    follow_script(nan=[1])
    run = work(order())
    assert "No checkpoint was kept yet." in run.error
    with reading() as session, pytest.raises(ConflictError, match="has kept no adapter"):
        find_adapter(session, run.id)


def test_a_cancelled_training_keeps_its_best_checkpoint() -> None:
    follow_script(wait=[3])
    run = order()
    worker = threading.Thread(target=work, args=(run,))
    worker.start()
    wait_for(lambda: look(run).num_done == 2)
    with unit_of_work() as session:
        cancel_training(session, run.id)
    worker.join(PATIENCE_S)
    found = look(run)
    assert found.status is JobStatus.CANCELLED
    assert found.best is not None
    assert found.best.step == 2
    with reading() as session:
        assert (find_adapter(session, run.id).folder / "adapter_model.safetensors").exists()


def test_a_training_that_is_finished_early_is_compared_and_says_so() -> None:
    follow_script(wait=[3])
    run = order()
    with unit_of_work() as session, pytest.raises(ConflictError, match="is queued"):
        finish_training(session, run.id)
    worker = threading.Thread(target=work, args=(run,))
    worker.start()
    wait_for(lambda: look(run).num_done == 2)
    with unit_of_work() as session:
        finish_training(session, run.id)
    worker.join(PATIENCE_S)
    found = look(run)
    assert (found.status, found.num_done) == (JobStatus.DONE, 2)
    assert found.outcome is not None
    assert found.outcome.best_step == 2
    assert found.outcome.comparison is not None


def test_rewards_in_training_are_told_by_topic() -> None:
    run = work(order(settings={**SETTINGS, "num_steps": 8}))
    with reading() as session:
        found = compare_topics(session, run)
    assert found.num_steps == 2
    assert {(one.first, one.last) for one in found.topics} == {(0.5, 0.5)}
    assert sum(one.num_last for one in found.topics) > 0


def test_a_trainer_outlives_its_worker_and_the_next_one_finds_it() -> None:
    follow_script(wait=[3])
    run, runner = order(), JobRunner(all_job_kinds(), "wk_test")
    worker = threading.Thread(target=runner.run, args=(run.job_id, 0))
    worker.start()
    wait_for(lambda: look(run).num_done == 2)
    folder = RunFolder.of(run.id)
    pid = folder.find_pid()
    runner.is_stopping = True
    worker.join(PATIENCE_S)
    assert folder.find_pid() == pid is not None
    second = threading.Thread(target=work, args=(run,))
    second.start()
    time.sleep(0.5)
    assert folder.find_pid() == pid
    with unit_of_work() as session:
        cancel_training(session, run.id)
    second.join(PATIENCE_S)
    begun = [one for one in RunFolder.of(run.id).read_events() if one["type"] == "begun"]
    assert len(begun) == 1
    assert look(run).status is JobStatus.CANCELLED


def test_against_a_no_go_a_reason_is_needed_and_kept() -> None:
    with unit_of_work() as session:
        result = StepResult(outcome=StepStatus.FAILED, summary="NO_GO", facts={"verdict": "NO_GO"})
        finish_step(session, DATASET, StepName.DRY_RUN, result, settings={}, input_hash="")
    with pytest.raises(InvalidInputError, match="NO_GO"):
        order()
    assert order(reason="To see it fail").reason == "To see it fail"


def test_without_a_trainer_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing = TrainerEnvironment(python="python", versions={})
    monkeypatch.setattr(trl_local, "find_environment", lambda: nothing)
    with pytest.raises(NotAvailableError, match="make trainer"):
        order()


def test_a_setting_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInputError, match="warmth"):
        order(settings={"warmth": 3})
    with pytest.raises(InvalidInputError, match="learning_rate"):
        order(settings={"learning_rate": -1})


def test_a_folder_that_is_no_model_is_refused(tmp_path: object) -> None:
    with pytest.raises(InvalidInputError, match="a chat template"):
        order(base_model=str(tmp_path))


def test_looking_ahead_tells_steps_time_and_what_speaks_against_it() -> None:
    with reading() as session:
        found = look_ahead(session, DATASET)
    assert found.estimate is not None
    assert found.num_steps == 36
    assert 0 < found.estimate.low_s < found.estimate.high_s
    levels = {check.name: check.level for check in found.checks}
    assert levels["verdict"] == "caution"
    assert levels["held_out"] == "caution"


def find_tools_check() -> tuple[str, str] | None:
    """Level and finding of the check of tools."""
    with reading() as session:
        checks = look_ahead(session, DATASET).checks
    return next(((one.level, one.finding) for one in checks if one.name == "tools"), None)


def give_tools() -> None:
    """Each record has a tool from now on."""
    with unit_of_work() as session:
        for row in session.exec(select(TraceBodyRow)):
            row.body = orjson.dumps({**orjson.loads(row.body), "tools": [{"type": "function"}]})
            session.add(row)


def test_a_grader_of_calls_does_not_start_where_no_call_could_come() -> None:
    assert find_tools_check() is None
    configure(ToolCallsSpec(reference="{{item.reference}}"))
    level, finding = find_tools_check() or ("", "")
    assert (level, "No record" in finding) == ("stop", True)
    give_tools()
    level, finding = find_tools_check() or ("", "")
    assert (level, "does not show them" in finding) == ("stop", True)
    with pytest.raises(ConflictError, match="does not show them"):
        order()
    configure(NUMBER_OF_TEXT)
    assert (find_tools_check() or ("", ""))[0] == "caution"


def test_a_base_model_that_knows_tools_is_shown_them(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = EMBEDDED_FACTS.model_copy(update={"shows_tools": True})
    monkeypatch.setattr(TrlLocal, "describe_base", lambda *_: facts)
    give_tools()
    configure(ToolCallsSpec(reference="{{item.reference}}"))
    assert find_tools_check() is None
    lines = (RunFolder.of(work(order()).id).path / "train.jsonl").read_text().splitlines()
    assert orjson.loads(orjson.loads(lines[0])["tools"]) == [{"type": "function"}]


def test_a_second_training_of_a_dataset_waits_its_turn() -> None:
    order()
    with pytest.raises(ConflictError, match="still queued"):
        order()


def test_an_adapter_of_a_folder_comes_with_the_command_that_serves_it() -> None:
    run = work(order())
    assert (place := find_place(run)) is not None
    assert (place.command, place.base_model) == ("", "smollm2-135m")
    settings = run.settings.model_copy(update={"lora_rank": 20})
    other = run.model_copy(update={"base_model": "/models/my base", "settings": settings})
    assert (place := find_place(other)) is not None
    assert place.model == f"my-base:run-1-{run.id[-6:]}"
    assert place.command == (
        f"vllm serve '/models/my base' --enable-lora --lora-modules {place.model}={place.folder} "
        "--max-lora-rank 32"
    )
    assert write_vllm(run.model_copy(update={"base_model": "/m"}), place.folder, "n").endswith(
        "--max-lora-rank 16"
    )


def test_files_of_a_training_go_with_its_dataset() -> None:
    run = work(order())
    folder = RunFolder.of(run.id).path
    with unit_of_work() as session:
        delete_dataset(session, DATASET)
    assert not folder.exists()
