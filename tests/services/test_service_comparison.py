"""Base against tuned model after a training at a service: both answer through the provider."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from rft_app.domain.job import JobStatus
from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.domain.training_comparison import Finding
from rft_app.domain.training_run import Phase, TrainingOutcome, TrainingRun
from rft_app.errors import ConflictError
from rft_app.services.providers import add_provider
from rft_app.services.training_orders import TrainingRequest, look_ahead
from rft_app.services.training_runs import get_comparison, list_answers, start_training
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers import openai_compatible
from rft_app.trainers.grading import TrainingGrader
from tests.llm.fine_tuning_service import CHAT, KEY, FakeService
from tests.pipeline.graded_dataset import DATASET, add_records, configure
from tests.services.training_world import work

TUNED, BASE = "ft:base:tuned", "o4-mini"
SCRIPT = (
    "def grade(sample, item):\n"
    "    return 1.0 if sample.output_text == item['reference'] else 0.25\n"
)
NUM_RECORDS = 200
NUM_VALIDATED, NUM_COMPARED = 13, 27
"""Of 40 that are held out."""


def find_reference(request: dict[str, Any]) -> str:
    """The right answer: the number in the question."""
    return request["messages"][-1]["content"].rpartition(" ")[2]


@pytest.fixture
def service(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    for name, value in {"POLL_S": 0.01, "FIRST_WAIT_S": 0.01, "LONGEST_WAIT_S": 0.02}.items():
        monkeypatch.setattr(openai_compatible, name, value)
    add_records(["0.5"] * NUM_RECORDS)
    configure(SCRIPT)
    with FakeService().running() as found:
        found.answers = {BASE: lambda _: "I do not know", TUNED: find_reference}
        priced = Model(name=BASE, input_usd_per_million=1_000.0, output_usd_per_million=2_000.0)
        provider = Provider(
            name="azure", kind=ProviderKind.STORED, base_url=found.url, models=(priced,)
        )
        with unit_of_work() as session:
            add_provider(session, provider, NewKey(secret=SecretStr(KEY)))
        yield found


def ask_for(**settings: Any) -> TrainingRequest:
    return TrainingRequest(
        trainer="openai_compatible", provider="azure", base_model=BASE, settings=settings
    )


def order(request: TrainingRequest | None = None) -> TrainingRun:
    with unit_of_work() as session:
        return start_training(session, DATASET, request or ask_for())


def finish(run: TrainingRun) -> TrainingOutcome:
    done = work(run)
    assert (done.status, done.error) == (JobStatus.DONE, "")
    assert done.outcome is not None
    return done.outcome


def count_asked(service: FakeService) -> dict[str, int]:
    models = [request["model"] for request in service.asked]
    return {model: models.count(model) for model in sorted({*models})}


def test_both_models_answer_held_out_records_that_chose_nothing(service: FakeService) -> None:
    run = order()
    outcome = finish(run)
    with reading() as session:
        found = get_comparison(session, run.id)
        answers = list_answers(session, run.id, Phase.TUNED, outcome.best_step, limit=200).rows
    assert (found.n, found.base_mean, found.tuned_mean) == (NUM_COMPARED, 0.25, 1.0)
    assert (found.finding, found.num_better, found.num_ungraded) == (Finding.BETTER, 27, 0)
    assert outcome.is_held_out
    assert (outcome.base_tokens, outcome.tuned_tokens) == (4.0, 4.0)
    assert {row.text for row in answers} == {row.reference for row in answers}
    assert count_asked(service) == {TUNED: NUM_COMPARED, BASE: NUM_COMPARED}
    assert {request["temperature"] for request in service.asked} == {0.0}
    sent = {row["messages"][-1]["content"] for rows in service.files.values() for row in rows}
    asked = {request["messages"][-1]["content"] for request in service.asked}
    assert len(service.files["file-2"]) == NUM_VALIDATED
    assert not sent & asked, "what the service has seen proves nothing"
    told = service.orders[0]["method"]["reinforcement"]["hyperparameters"]
    assert told.keys() == {"n_epochs", "reasoning_effort"}


def test_what_it_cost_is_told_and_what_is_unknown_is_no_zero(service: FakeService) -> None:
    paid = finish(order()).paid
    assert paid is not None
    assert (paid.num_calls, paid.num_unpriced) == (2 * NUM_COMPARED, NUM_COMPARED)
    assert paid.cost_usd is None
    assert paid.known_usd == pytest.approx(NUM_COMPARED * (10 * 1_000 + 4 * 2_000) / 1e6)


def test_a_worker_that_is_killed_meanwhile_pays_for_no_answer_twice(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = order()
    with monkeypatch.context() as patched:
        patched.setattr(TrainingGrader, "grade", _be_killed)
        with pytest.raises(KeyboardInterrupt):
            work(run)
    assert count_asked(service) == {TUNED: NUM_COMPARED}
    assert finish(run).comparison is not None
    assert count_asked(service) == {TUNED: NUM_COMPARED, BASE: NUM_COMPARED}


def _be_killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_tuned_model_that_is_not_served_yet_costs_nothing_and_claims_nothing(
    service: FakeService,
) -> None:
    del service.answers[TUNED]
    run = order()
    outcome = finish(run)
    assert (outcome.model, outcome.comparison) == (TUNED, None)
    assert f"{TUNED} gave no answer" in outcome.not_compared
    assert "does not exist" in outcome.not_compared
    assert BASE not in count_asked(service)
    with reading() as session, pytest.raises(ConflictError, match="were not compared"):
        get_comparison(session, run.id)


def test_a_model_is_not_compared_with_itself(service: FakeService) -> None:
    run = order(ask_for().model_copy(update={"base_model": TUNED}))
    outcome = finish(run)
    assert outcome.comparison is None
    assert "not compared with itself" in outcome.not_compared
    assert not service.asked


def test_answers_that_do_not_come_are_in_no_figure(service: FakeService) -> None:
    service.failing[CHAT] = [400] * 3
    run = order()
    found = finish(run).comparison
    assert found is not None
    assert (found.n, found.num_ungraded, found.tuned_mean) == (NUM_COMPARED - 3, 3, 1.0)
    with reading() as session:
        assert len(list_answers(session, run.id, Phase.BASE, 0, limit=200).rows) == NUM_COMPARED


def test_it_is_announced_with_its_calls_and_can_be_left_out(service: FakeService) -> None:
    def read(request: TrainingRequest) -> str:
        with reading() as session:
            checks = look_ahead(session, DATASET, request).checks
        return next(one.finding for one in checks if one.name == "comparing")

    assert "up to 40 held-out records each" in read(ask_for())
    assert "80 calls of azure, which are paid" in read(ask_for())
    assert "10 calls of azure" in read(ask_for(num_compared=5))
    without = ask_for(num_compared=0)
    assert "will not be compared" in read(without)
    outcome = finish(order(without))
    assert (outcome.comparison, outcome.paid) == (None, None)
    assert "num_compared" in outcome.not_compared
    assert len(service.files["file-2"]) == 40
    assert not service.asked
