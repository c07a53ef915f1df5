"""A topic tree made by a model: the proposal, taking it, and what providers do instead."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from rft_app.domain.job import Job, JobStatus
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError
from rft_app.jobs.queue import cancel_job, get_job, list_jobs, retry_job
from rft_app.llm import client as client_module
from rft_app.services.topic_generation import (
    GenerateSettings,
    apply_proposal,
    find_open_proposal,
    get_proposal,
    start_generate,
)
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import (
    FAILURES,
    Behaviour,
    FakeProvider,
    Json,
    Served,
    configured,
    in_turn,
    refuse,
    say_json,
)
from tests.services.topic_trees import DATASET, add_texts, num_paid, read_tree, run_job, sizes, work

Serve = Callable[[Behaviour], AbstractContextManager[FakeProvider]]


def topic(*path: str, keywords: tuple[str, ...] = ("refund", "money")) -> Json:
    return {"path": list(path), "description": f"About {path[-1]}.", "keywords": list(keywords)}


TREE = say_json(
    {
        "topics": [
            topic("Money", "Refund"),
            topic("Money"),
            topic("Delivery/Address", keywords=("address", "deliver")),
        ]
    }
)


@pytest.fixture(autouse=True)
def dataset(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    get_settings.cache_clear()
    add_texts(["I want a refund, my money", "Deliver to another address", "Refund the money"])


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Configures a provider while a block runs."""
    return lambda behave: configured(monkeypatch, behave)


def start(**settings: object) -> Job:
    wanted = GenerateSettings.model_validate({"source": "model", **settings})
    with unit_of_work() as session:
        return start_generate(session, DATASET, wanted)


def test_a_proposal_is_made_and_taken_and_records_go_into_it(serve: Serve) -> None:
    with serve(in_turn(TREE)) as provider:
        job = run_job(start(instructions="Money first", num_topics=2))
    asked = provider.requests[0]["messages"][1]["content"]
    assert "Instructions: Money first" in asked
    assert "about 2 topics" in asked
    assert "- Deliver to another address" in asked
    assert provider.requests[0]["model"] == "good"
    assert read_tree().nodes == (), "A proposal changes nothing."
    with unit_of_work() as session:
        proposal = get_proposal(session, DATASET, job.id)
        assert find_open_proposal(session, DATASET) == get_job(session, job.id)
        assert (proposal.source, proposal.method) == ("model", "good")
        done = apply_proposal(session, DATASET, proposal)
        assert find_open_proposal(session, DATASET) is None, "It was taken."
    assert done.label == "Took 3 topics from the model good"
    tree = read_tree()
    assert [node.key for node in tree.nodes] == ["Money", "Money/Refund", "Delivery or Address"]
    assert tree.nodes[0].description == "About Money."
    assert num_paid(job) == 1


def test_applied_at_once_the_records_are_placed_by_a_second_job(serve: Serve) -> None:
    with serve(in_turn(TREE)):
        run_job(start(is_applied=True))
    with reading() as session:
        waiting = next(job for job in list_jobs(session, DATASET) if job.kind == "categorize")
    run_job(waiting)
    assert sizes() == {"Money": 2, "Money/Refund": 2, "Delivery or Address": 1, "": 0}


@pytest.mark.parametrize("name", FAILURES)
def test_a_provider_that_does_not_help_fails_the_job_and_says_why(serve: Serve, name: str) -> None:
    answer, said = FAILURES[name]
    with serve(in_turn(answer)) as provider:
        job = work(start())
        assert job.status is JobStatus.FAILED
        assert job.error is not None
        assert (job.error.code, said in job.error.message) == ("provider", True), job.error
        with unit_of_work() as session, pytest.raises(ConflictError, match="failed"):
            get_proposal(session, DATASET, job.id)
        before = num_paid(job)

        with unit_of_work() as session:
            retry_job(session, job.id)
        provider.behave = lambda _request, _number: TREE
        assert work(job, attempt=1).status is JobStatus.DONE, "Trying again asks again."
    assert num_paid(job) == before + 1


@pytest.mark.parametrize(
    ("topics", "fault"),
    [
        ([], "1 to 60 are wanted"),
        ([topic("A", "B", "C")], "deeper than 2 levels"),
        ([topic(f"Topic {n}") for n in range(61)], "There are 61 topics"),
        ([topic("A"), topic(" ")], "needs 1 to 80 characters"),
        ([topic("x" * 200)], "needs 1 to 80 characters"),
    ],
)
def test_a_tree_that_cannot_be_is_asked_for_once_more_with_its_fault(
    serve: Serve, topics: list[Json], fault: str
) -> None:
    with serve(in_turn(say_json({"topics": topics}), TREE)) as provider:
        job = work(start())
    assert job.status is JobStatus.DONE, job.error
    assert fault in provider.requests[1]["messages"][-1]["content"]
    assert num_paid(job) == 2


def test_cancelled_while_the_model_thinks_it_keeps_what_was_paid(serve: Serve) -> None:
    job = None

    def behave(_request: Json, _number: int) -> Served:
        if job is not None:
            with unit_of_work() as session:
                cancel_job(session, job.id)
        return replace(TREE, delay_s=0.3)

    with serve(behave) as provider:
        job = start(is_applied=True)
        assert work(job).status is JobStatus.CANCELLED
        assert (num_paid(job), read_tree().nodes) == (1, ())
        with unit_of_work() as session:
            retry_job(session, job.id)
        assert work(job, attempt=1).status is JobStatus.DONE
        assert len(provider.requests) == 1, "The reply is not paid again."
    assert len(read_tree().nodes) == 3


def test_cancelled_while_it_waits_for_a_busy_provider_it_asks_no_more(serve: Serve) -> None:
    job = None

    def behave(_request: Json, _number: int) -> Served:
        if job is not None:
            with unit_of_work() as session:
                cancel_job(session, job.id)
        return refuse(429, headers={"Retry-After": "60"})

    with serve(behave) as provider:
        job = start()
        assert work(job).status is JobStatus.CANCELLED
    assert len(provider.requests) == 1


def test_what_cannot_be_asked_is_refused_before_a_job_starts(serve: Serve) -> None:
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        start()
    with serve(in_turn(TREE)), pytest.raises(InvalidInputError, match="Choose one of: good, local"):
        start(model="better")
