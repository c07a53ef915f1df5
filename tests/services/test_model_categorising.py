"""Categorise with a model: it decides what words and meaning leave unsure."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.topic import SURE
from rft_app.errors import InvalidInputError, NotAvailableError, NotFoundError
from rft_app.jobs.queue import cancel_job, retry_job
from rft_app.llm import client as client_module
from rft_app.pipeline import _place_asking
from rft_app.services import topic_edits
from rft_app.services.categorising import CategoriseSettings, start_categorise
from rft_app.settings import get_settings
from rft_app.storage.session import unit_of_work
from tests.llm.provider import (
    FAILURES,
    Behaviour,
    FakeProvider,
    Json,
    Served,
    configured,
    refuse,
    say_json,
)
from tests.services.test_categorising import LEAVES
from tests.services.topic_trees import (
    DATASET,
    add_texts,
    num_paid,
    places,
    require_fresh_counts,
    sizes,
    work,
)

CLEAR = ["I lost my black suitcase, it is a lost bag", "I want a ticket refund, a refund"]
STRANGE = [f"{word} 改签机票 {word}" for word in ("qqq", "zzz", "xxx", "www", "vvv", "kkk")]
PER_CALL = 2
NUM_CALLS = len(STRANGE) // PER_CALL
Serve = Callable[[Behaviour], AbstractContextManager[FakeProvider]]


def sort_into_last(request: Json, _number: int) -> Served:
    """Every request belongs to the last topic, certainly."""
    asked = request["messages"][1]["content"].split("Requests:")[1]
    count = len(re.findall(r"^\d+\. ", asked, re.MULTILINE))
    answers = [{"request": n + 1, "topic": 4, "certainty": "certain"} for n in range(count)]
    return say_json({"places": answers})


@pytest.fixture(autouse=True)
def dataset(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records that words decide and six that nothing does."""
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(_place_asking, "PER_CALL", PER_CALL)
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    get_settings.cache_clear()
    add_texts([*CLEAR, *STRANGE])
    with unit_of_work() as session:
        topic_edits.replace_topics(session, DATASET, LEAVES)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Configures a provider while a block runs."""

    return lambda behave: configured(monkeypatch, behave, CONCURRENCY="1")


def start(model: str = "good") -> Job:
    with unit_of_work() as session:
        return start_categorise(session, DATASET, CategoriseSettings(model=model))


def by_model() -> list[str | None]:
    """Topics of the records that the model placed."""
    return [topic for topic, _, method in places().values() if method == "llm"]


def test_unsure_records_go_where_the_model_says(serve: Serve) -> None:
    with serve(sort_into_last) as provider:
        job = work(start())
    assert job.status is JobStatus.DONE, job.error
    assert by_model() == ["Meals"] * 6
    assert [places()[seq][2] for seq in (1, 2)] == ["keyword", "keyword"]
    assert all((sure or 0) >= SURE for _, sure, _ in places().values()), "None is left unsure."
    assert len(provider.requests) == NUM_CALLS
    assert job.result == {
        "categorized": 8,
        "low_confidence": 0,
        "model": "good",
        "num_calls": NUM_CALLS,
        "cost_usd": pytest.approx(NUM_CALLS * 0.002),
        "failures": {},
        "failure_messages": {},
    }


def test_a_price_that_is_not_known_is_not_zero(serve: Serve) -> None:
    with serve(sort_into_last):
        job = work(start("local"))
    assert (job.result or {})["cost_usd"] is None


@pytest.mark.parametrize("name", FAILURES)
def test_a_provider_that_never_helps_fails_the_job_and_leaves_those_for_another_run(
    serve: Serve, name: str
) -> None:
    answer, said = FAILURES[name]
    with serve(lambda _request, _number: answer) as provider:
        job = work(start())
        assert job.status is JobStatus.FAILED
        assert job.error is not None
        assert said in job.error.message
        assert job.error.code == "provider"
        assert sizes()[""] == 6, "What words were sure of is placed."
        require_fresh_counts()

        provider.behave = sort_into_last
        job = work(start())
    assert job.status is JobStatus.DONE, job.error
    assert by_model() == ["Meals"] * 6


@pytest.mark.parametrize("name", FAILURES)
def test_one_call_that_fails_is_told_and_the_others_count(serve: Serve, name: str) -> None:
    answer, said = FAILURES[name]

    def behave(request: Json, number: int) -> Served:
        return answer if "xxx" in request["messages"][1]["content"] else sort_into_last(request, 0)

    with serve(behave):
        job = work(start())
    assert len(by_model()) in {2, 4}, "A fatal failure ends the run, any other costs one call."
    told = job.error.message if job.error else str((job.result or {})["failure_messages"])
    assert said in told
    if job.result is not None:
        assert sum(job.result["failures"].values()) == 1
        assert job.result["num_calls"] == num_paid(job) >= 2


def test_what_was_paid_before_the_credit_ended_is_placed_and_not_paid_again(serve: Serve) -> None:
    with serve(
        lambda request, n: refuse(402) if n == 1 else sort_into_last(request, n)
    ) as provider:
        job = work(start())
        assert job.status is JobStatus.FAILED
        assert len(provider.requests) == 2, "After no credit nobody asks on."
        assert (num_paid(job), by_model(), sizes()[""]) == (1, ["Meals"] * 2, 4)
        with unit_of_work() as session:
            retry_job(session, job.id)
        job = work(job, attempt=1)
        assert job.status is JobStatus.DONE, job.error
    assert len(provider.requests) == 2 + NUM_CALLS - 1
    assert by_model() == ["Meals"] * 6


def test_cancelled_in_the_middle_it_keeps_what_was_paid_and_asks_no_more(serve: Serve) -> None:
    job = None

    def behave(request: Json, number: int) -> Served:
        if number == 0 and job is not None:
            with unit_of_work() as session:
                cancel_job(session, job.id)
        return replace(sort_into_last(request, number), delay_s=0.3)

    with serve(behave) as provider:
        job = start()
        job = work(job)
    assert job.status is JobStatus.CANCELLED
    assert len(provider.requests) == 1
    assert (num_paid(job), by_model(), sizes()[""]) == (1, ["Meals"] * 2, 4)
    require_fresh_counts()
    with unit_of_work() as session:
        topic_edits.undo(session, DATASET)
    assert sizes()[""] == 8


def test_what_cannot_be_asked_is_refused_before_a_job_starts(serve: Serve) -> None:
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        start()
    with serve(sort_into_last):
        with pytest.raises(InvalidInputError, match="Choose one of: good, local"):
            start("better")
        with unit_of_work() as session, pytest.raises(NotFoundError):
            start_categorise(session, "ds_gone", CategoriseSettings(model="good"))
