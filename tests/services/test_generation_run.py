import pytest

from rft_app.domain.candidate import CandidateState
from rft_app.domain.generation import GenerationSettings
from rft_app.domain.job import Job, JobStatus
from rft_app.jobs.queue import retry_job
from rft_app.llm import client as client_module
from rft_app.services.generation import find_last_report, find_paid, start_generation
from rft_app.services.regeneration import start_regeneration
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import GenerationRunRow, JobRow
from tests.llm.provider import FAILURES, Served, in_turn, refuse, say, say_json
from tests.services.generation_world import DATASET, World, read_candidates, vary
from tests.services.generation_world import world as world


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)


def start(**settings: object) -> Job:
    values = {"variations_per_record": 3, "max_synthetic_ratio": 1.0, **settings}
    with unit_of_work() as session:
        return start_generation(session, DATASET, GenerationSettings.model_validate(values))


def test_a_run_makes_candidates_that_wait_for_review(world: World) -> None:
    with world.provider() as provider:
        job = world.work(start())
    assert job.status is JobStatus.DONE, job.error
    assert job.result is not None
    assert (job.result["num_generated"], job.result["num_passing"]) == (6, 6)
    assert job.result["cost_usd"] == pytest.approx(2 * 0.002)
    assert job.result["note"] == ""
    assert len(provider.requests) == 2
    rows = read_candidates()
    assert {row.state for row in rows} == {CandidateState.PENDING}
    assert {row.topic_key for row in rows} == {"Bags"}
    assert {row.source_seq for row in rows} == {101, 102}
    with reading() as session:
        report = find_last_report(session, DATASET)
    assert report is not None
    assert report.num_generated == 6


def test_a_cost_that_is_not_known_is_not_zero(world: World) -> None:
    with world.provider():
        job = world.work(start(model="local"))
    assert job.result is not None
    assert job.result["cost_usd"] is None
    assert job.result["num_calls"] == 2


def test_copies_and_strays_do_not_pass(world: World) -> None:
    copied = {"user_messages": ["My bag is lost in Bern."], "answer": None}
    stray = {"user_messages": ["Book a flight to Bern, then a flight on."], "answer": None}
    fine = {"user_messages": ["Lost: my bag, somewhere at your airport"], "answer": None}
    with world.provider(in_turn(say_json({"variations": [copied, stray, fine]}))):
        job = world.work(start(topics=("Bags",), variations_per_record=3))
    assert job.result is not None
    rows = read_candidates()
    assert (rows[0].near_seq, rows[0].similarity) == (101, 1.0)
    assert (rows[1].nearest_topic, rows[1].is_topic_kept) == ("Flights", False)
    assert [row.passes for row in rows[:3]] == [False, False, True]
    again = {row.near_candidate_seq for row in rows[4:]}
    assert again == {rows[1].seq, rows[2].seq}, "The second reply repeats the first."


def test_what_a_provider_could_not_do_is_a_note_beside_what_it_did(world: World) -> None:
    answers = in_turn(refuse(400, "content_filter"), say_json({"variations": []}), say("?"))

    def behave(request: dict[str, object], number: int) -> Served:
        return vary(request, number) if number == 3 else answers(request, number)

    with world.provider(behave, CONCURRENCY="1"):
        job = world.work(start(variations_per_record=1, topics=("Bags",)))
    assert job.status is JobStatus.FAILED
    with world.provider(in_turn(refuse(400, "content_filter"), vary_once()), CONCURRENCY="1"):
        job = world.work(start())
    assert job.status is JobStatus.DONE, job.error
    assert job.result is not None
    assert job.result["failures"] == {"refused": 1}
    assert "1 of 2 calls brought nothing (1 refused)" in job.result["note"]


def vary_once() -> Served:
    texts = ["Where is my lost bag?", "Bag gone, help", "They lost the suitcase of mine"]
    return say_json({"variations": [{"user_messages": [text], "answer": None} for text in texts]})


@pytest.mark.parametrize(("answer", "said"), FAILURES.values(), ids=FAILURES)
def test_a_run_that_brings_nothing_fails_and_says_why(
    world: World, answer: Served, said: str
) -> None:
    with world.provider(in_turn(answer)):
        job = world.work(start())
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error.code == "provider"
    assert said in job.error.message
    assert not read_candidates()


def test_a_wrong_key_ends_the_run_at_once(world: World) -> None:
    with world.provider(in_turn(refuse(401)), CONCURRENCY="1") as provider:
        world.work(start(strategy="topic_description", variations_per_record=1))
    assert len(provider.requests) == 1


def test_a_provider_that_goes_down_ends_the_run_and_keeps_what_came(world: World) -> None:
    texts = {"records": [{"user": "Where is my lost bag?", "answer": "Here.", "reference": "x"}]}

    def behave(request: dict[str, object], number: int) -> Served:
        return say_json(texts) if number == 0 else refuse(500)

    with world.provider(behave, CONCURRENCY="1", MAX_ATTEMPTS="1") as provider:
        settings = {"strategy": "topic_description", "variations_per_record": 1}
        job = world.work(start(**settings))
    assert job.status is JobStatus.DONE, job.error
    assert job.result is not None
    assert job.result["num_generated"] == 1
    assert "5 of 6 calls brought nothing (5 server error)" in job.result["note"]
    assert len(provider.requests) == 6


def test_cancelled_in_the_middle_it_keeps_what_was_paid(world: World) -> None:
    settings = {"strategy": "message_variation", "variations_per_record": 1}
    with world.provider(CONCURRENCY="1") as provider:
        job = start(**settings, topics=("Bags",))
        provider.behave = world.stop_after(job, 0)
        job = world.work(job)
        assert job.status is JobStatus.CANCELLED
        num_paid = len(provider.requests)
        assert num_paid == 1
        assert len(read_candidates()) == 1
        assert job.progress_label == "1 of 2 records generated, $0.002 spent"
        with reading() as session:
            assert find_paid(session, job.id).num_calls == 1
        provider.behave = vary
        with unit_of_work() as session:
            retry_job(session, job.id)
        world.work(job, attempt=1)
        assert len(provider.requests) == 2, "The first call is not paid again."
    assert len(read_candidates()) == 2


def test_run_again_it_pays_for_nothing_twice(world: World) -> None:
    with world.provider() as provider:
        job = world.work(start())
        before = [(row.seq, row.body) for row in read_candidates()]
        with unit_of_work() as session:
            row = session.get_one(JobRow, job.id)
            row.status, row.worker_id = "running", "wk_test"
            run = session.get_one(GenerationRunRow, row.result["run_id"])  # type: ignore[index]
            run.report = None
            session.add_all([row, run])
        world.work(job)
        assert len(provider.requests) == 2
    assert [(row.seq, row.body) for row in read_candidates()] == before


def test_one_made_again_takes_the_place_of_the_old_one(world: World) -> None:
    with world.provider() as provider:
        world.work(start())
        old = read_candidates()[0]
        with unit_of_work() as session:
            job = start_regeneration(session, DATASET, [f"cand_{old.seq:x}"])
        job = world.work(job)
        assert job.status is JobStatus.DONE, job.error
        assert len(provider.requests) == 3
    rows = read_candidates()
    assert rows[0].state == CandidateState.REPLACED
    assert (rows[-1].state, rows[-1].source_seq) == (CandidateState.PENDING, old.source_seq)
    assert len(rows) == 7


def test_a_model_without_temperature_is_named(world: World) -> None:
    def behave(request: dict[str, object], number: int) -> Served:
        if "temperature" in request:
            return refuse(400, "temperature is not supported", param="temperature")
        return vary(request, number)

    with world.provider(behave):
        job = world.work(start())
    assert job.result is not None
    assert "takes no temperature" in job.result["note"]
