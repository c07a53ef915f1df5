"""A training at a fine-tuning service, and all that can go wrong on the way."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rft_app.domain.grader import JsonSchemaSpec, JudgeSpec, StringCheckSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.domain.provider import NewKey, Provider, ProviderKind
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.graders.openai_training import to_training_grader
from rft_app.services.models import list_models
from rft_app.services.pipeline import get_step
from rft_app.services.providers import add_provider
from rft_app.services.training_orders import TrainingProspect, TrainingRequest, look_ahead
from rft_app.services.training_runs import (
    cancel_training,
    list_checkpoints,
    list_metrics,
    read_log,
    resume_training,
)
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers import openai_compatible
from tests.builders import make_record_row, make_trace_rows
from tests.llm.fine_tuning_service import KEY, FakeService
from tests.pipeline.graded_dataset import DATASET, add_records, configure
from tests.services.training_world import attempt_of, look, work
from tests.services.training_world import order as order_any

SCRIPT = (
    "def grade(sample, item):\n"
    "    return 1.0 if sample.output_text == item['reference'] else 0.25\n"
)
ASKED: dict[str, Any] = {
    "trainer": "openai_compatible",
    "provider": "azure",
    "base_model": "o4-mini",
    "settings": {},
}


@pytest.fixture
def service(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    for name, value in {"POLL_S": 0.01, "FIRST_WAIT_S": 0.01, "LONGEST_WAIT_S": 0.02}.items():
        monkeypatch.setattr(openai_compatible, name, value)
    add_records(["0.5"] * 40)
    configure(SCRIPT)
    with FakeService().running() as found:
        provide(found)
        yield found


def provide(service: FakeService, key: str = KEY) -> None:
    provider = Provider(name="azure", kind=ProviderKind.STORED, base_url=service.url)
    with unit_of_work() as session:
        add_provider(session, provider, NewKey(secret=SecretStr(key)))


def order(**changes: Any) -> TrainingRun:
    return order_any(**{**ASKED, **changes})


def look_at(**changes: Any) -> TrainingProspect:
    with reading() as session:
        return look_ahead(session, DATASET, TrainingRequest(**{**ASKED, **changes}))


def find(prospect: TrainingProspect, name: str) -> str:
    one = next(one for one in prospect.checks if one.name == name)
    return f"{one.level}: {one.finding} {one.remedy}"


def test_a_training_uploads_orders_and_ends_with_a_model(service: FakeService) -> None:
    service.say(1, train_mean_reward=0.4, completion_tokens_mean=30.0)
    service.say(2, train_mean_reward=0.6, full_valid_mean_reward=0.5)
    service.save(1, 0.7)
    service.save(2, 0.5)
    run = work(order(num_epochs=2, settings={"batch_size": 4, "seed": 7}))
    assert (run.status, run.error) == (JobStatus.DONE, "")
    assert run.remote is not None
    assert (run.remote.job_id, run.remote.status) == ("ftjob-1", "succeeded")
    assert (run.remote.model, run.remote.trained_tokens) == ("ft:base:tuned", 12_345)
    assert run.total_steps == 20
    with reading() as session:
        metrics = {one.step: one.values for one in list_metrics(session, run.id)}
        saved = list_checkpoints(session, run.id)
        assert "Step 2/20" in read_log(session, run.id)
        assert get_step(session, DATASET, StepName.TRAIN).node.status is StepStatus.COMPLETE
    assert metrics == {
        1: {"reward": 0.4, "length": 30.0},
        2: {"reward": 0.6, "validation_reward": 0.5},
    }
    assert [(one.step, one.model, one.is_best) for one in saved] == [
        (1, "ft:base:ckpt-step-1", True),
        (2, "ft:base:ckpt-step-2", False),
    ]
    asked = service.orders[0]
    assert asked["method"]["reinforcement"]["hyperparameters"] == {
        "n_epochs": 2,
        "reasoning_effort": "medium",
        "batch_size": 4,
    }
    assert (asked["seed"], asked["model"]) == (7, "o4-mini")
    sides = service.files[asked["training_file"]], service.files[asked["validation_file"]]
    assert (len(sides[0]), len(sides[1])) == (run.num_train, run.num_held_out)


def test_the_service_grades_uploaded_rows_as_we_do(service: FakeService) -> None:
    work(order())
    grader = service.orders[0]["method"]["reinforcement"]["grader"]
    names: dict[str, Any] = {}
    exec(grader["source"], names)
    row = service.files["file-1"][0]
    right = {"output_text": row["reference_answer"], "output_json": None, "output_tools": []}
    item = {name: value for name, value in row.items() if name != "messages"}
    assert names["grade"](right, item) == 1.0
    assert names["grade"]({**right, "output_text": "other"}, item) == 0.25


def test_the_tuned_model_can_be_asked_through_its_provider(service: FakeService) -> None:
    work(order())
    with reading() as session:
        models = list_models(session).models
    found = [one for one in models if one.name == "ft:base:tuned"]
    assert [(one.provider, one.input_usd_per_million) for one in found] == [("azure", None)]


def test_a_worker_killed_after_the_order_pays_no_second_job(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = order()
    with monkeypatch.context() as patched:
        patched.setattr(openai_compatible.ServiceTraining, "_note_job", _be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    killed = look(run)
    assert killed.remote is not None
    assert (killed.remote.is_asked, killed.remote.job_id) == (True, "")
    assert work(run).status is JobStatus.DONE
    assert list(service.jobs) == ["ftjob-1"]
    assert len(service.files) == 2


def _be_killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_worker_killed_while_it_follows_goes_on_following(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = order()
    with monkeypatch.context() as patched:
        patched.setattr(openai_compatible.ServiceTraining, "_find_checkpoints", _be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    assert work(run).status is JobStatus.DONE
    assert service.calls["POST /fine_tuning/jobs"] == 1


def test_an_order_whose_answer_is_lost_is_found_again(service: FakeService) -> None:
    service.loses_answer_of = {"POST /fine_tuning/jobs"}
    assert work(order()).status is JobStatus.DONE
    assert list(service.jobs) == ["ftjob-1"]


def test_where_jobs_are_not_told_none_is_begun_twice(service: FakeService) -> None:
    service.loses_answer_of = {"POST /fine_tuning/jobs"}
    service.failing["GET /fine_tuning/jobs"] = [404]
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "so that none is paid twice" in run.error
    assert len(service.jobs) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_asked_again(service: FakeService, status: int) -> None:
    service.failing = {
        "POST /files": [status],
        "POST /fine_tuning/jobs": [status],
        "GET /fine_tuning/jobs/*": [status, status],
    }
    assert work(order()).status is JobStatus.DONE
    assert len(service.jobs) == 1


def test_a_wrong_key_is_named_and_the_training_goes_on_with_the_right_one(
    service: FakeService,
) -> None:
    service.failing["POST /files"] = [401]
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "401: not now. Check the key of azure in Settings" in run.error
    assert KEY not in run.error
    assert not service.jobs
    with unit_of_work() as session:
        resume_training(session, run.id)
    assert work(run, attempt_of(run)).status is JobStatus.DONE


def test_a_key_that_is_lost_while_it_runs_leaves_the_job_to_be_followed(
    service: FakeService,
) -> None:
    service.failing["GET /fine_tuning/jobs/*"] = [401]
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "The job ftjob-1 may go on there" in run.error
    with unit_of_work() as session:
        resume_training(session, run.id)
    assert work(run, attempt_of(run)).status is JobStatus.DONE
    assert len(service.jobs) == 1


def test_a_job_that_fails_there_says_why_and_cannot_go_on(service: FakeService) -> None:
    service.statuses = ["running", "failed"]
    service.error = {"code": "x", "message": "Too many grader errors", "param": None}
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert run.error == "The service's job ftjob-1 failed: Too many grader errors."
    with unit_of_work() as session, pytest.raises(ConflictError, match="ftjob-1 failed"):
        resume_training(session, run.id)


def test_stopping_stops_the_job_there(service: FakeService) -> None:
    service.statuses = ["running"]
    run = order()
    worker = threading.Thread(target=work, args=(run,))
    worker.start()
    while not service.calls["GET /fine_tuning/jobs/*/events"]:
        assert worker.is_alive()
    with unit_of_work() as session:
        cancel_training(session, run.id)
    worker.join(30)
    assert look(run).status is JobStatus.CANCELLED
    assert service.jobs["ftjob-1"]["status"] == "cancelled"


def test_a_job_that_was_stopped_there_says_so(service: FakeService) -> None:
    service.statuses = ["running", "cancelled"]
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert run.error == "The service's job ftjob-1 was cancelled there: it says no more."


def test_a_stop_that_does_not_arrive_is_no_silence(service: FakeService) -> None:
    service.statuses = ["running"]
    service.failing["POST /fine_tuning/jobs/*/cancel"] = [500]
    run = order()
    worker = threading.Thread(target=work, args=(run,))
    worker.start()
    while not service.calls["GET /fine_tuning/jobs/*/events"]:
        assert worker.is_alive()
    with unit_of_work() as session:
        cancel_training(session, run.id)
    worker.join(30)
    found = look(run)
    assert found.status is JobStatus.FAILED
    assert "could not be asked to stop ftjob-1" in found.error


def test_many_events_come_in_pages_and_in_order(service: FakeService) -> None:
    for step in range(1, 251):
        service.say(step, 250, train_mean_reward=step / 250)
    run = work(order())
    with reading() as session:
        found = list_metrics(session, run.id)
    assert [one.step for one in found] == list(range(1, 251))


def test_a_service_without_checkpoints_trains_all_the_same(service: FakeService) -> None:
    service.failing["GET /fine_tuning/jobs/*/checkpoints"] = [404] * 20
    assert work(order()).status is JobStatus.DONE


def test_what_it_means_is_said_before(service: FakeService) -> None:
    found = look_at()
    assert not found.obstacles
    assert "no new jobs after 2027-01-06" in found.notice
    assert "Records leave this machine: 40 records" in find(found, "leaving")
    assert "price is unknown" in find(found, "price")
    assert found.estimate is None


def test_records_that_end_with_a_tool_are_left_out_and_counted(service: FakeService) -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    messages = [
        {"role": "user", "content": "Look it up."},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c", "content": "7"},
        {"role": "assistant", "content": "It is 7."},
    ]
    with unit_of_work() as session:
        for seq in range(41, 61):
            body = {"messages": messages, "reference": str(seq), "metadata": {"task": seq}}
            session.add_all(make_trace_rows(seq, body))
            session.add(make_record_row(seq, turn=3))
        session.flush()
        refresh_counts(session, DATASET)
    assert "20 records end with another's turn" in find(look_at(), "asking")
    assert work(order()).status is JobStatus.DONE
    assert sum(len(rows) for rows in service.files.values()) == 40


def test_a_grader_without_translation_is_refused_by_name(service: FakeService) -> None:
    configure(JsonSchemaSpec(json_schema={"type": "object"}))
    found = look_at()
    assert "stop: The service cannot run" in find(found, "grader")
    assert "json schema" in find(found, "grader")
    assert "Write it as a script." in find(found, "grader")
    with pytest.raises(ConflictError, match="json schema"):
        order()


def test_a_judge_reads_the_columns_that_are_uploaded() -> None:
    judge = JudgeSpec(
        model="good", system_prompt="Want {{item.reference}}.", prompt="{{sample.output_text}}"
    )
    grader = to_training_grader(judge)
    assert "{{item.reference_answer}}" in str(grader["input"])
    labels = JudgeSpec(model="good", prompt="Good?", label_rewards={"good": 1.0, "bad": 0.0})
    with pytest.raises(InvalidInputError, match="no judges that give labels"):
        to_training_grader(labels)


@pytest.mark.parametrize(
    ("grader", "path"),
    [
        (StringCheckSpec(reference="{{item.messages.0.content}}"), "item.messages"),
        ("def grade(sample, item):\n    return len(item.get('rec_id'))\n", "item.rec_id"),
        ("def grade(s, item):\n    return len(s['messages'])\n", "sample.messages"),
    ],
)
def test_a_grader_that_reads_what_is_not_uploaded_is_refused(
    service: FakeService, grader: StringCheckSpec | str, path: str
) -> None:
    configure(grader)
    assert f"The grader reads {path}" in find(look_at(), "grader")


def test_a_training_without_a_model_or_with_strange_values_is_refused(
    service: FakeService,
) -> None:
    with pytest.raises(ConflictError, match="No base model is named"):
        order(base_model="")
    with pytest.raises(InvalidInputError, match="learning_rate"):
        order(settings={"learning_rate": 1e-4})
    with pytest.raises(InvalidInputError, match="no provider 'other'"):
        order(provider="other")
