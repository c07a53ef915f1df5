from dataclasses import replace

import pytest

from rft_app.domain.topic import TopicNode
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import FailureTally
from rft_app.pipeline._place_asking import PER_CALL, PlaceAsker
from rft_app.pipeline._placing import Leaf, Place
from rft_app.storage import jobs
from rft_app.storage.paid_calls import StoredPaidCalls
from rft_app.storage.session import unit_of_work
from tests.llm.conftest import Start
from tests.llm.conftest import start as start
from tests.llm.provider import in_turn, refuse, say_json

LEAVES = [Leaf(topic_id=11, node=TopicNode(key="Flights"), examples=())]
LEAVES.append(Leaf(topic_id=12, node=TopicNode(key="Bags", description="Lost bags"), examples=()))


def make_place(confidence: float) -> Place:
    return Place(11, confidence, "minilm", ((11, confidence), (12, 0.1)))


def make_asker(client: ChatClient) -> PlaceAsker:
    with unit_of_work() as session:
        job = enqueue(session, "categorize", None, {})
        jobs.begin_job(session, job.id, 0, "wk_test")
    return PlaceAsker(
        context=JobContext(job_id=job.id, dataset_id=None, args={}, worker_id="wk_test"),
        client=client,
        ledger=StoredPaidCalls("job_a", None),
        model="good",
        objective="Travel",
        leaves=LEAVES,
        num_at_once=2,
        failures=FailureTally(),
    )


def ignore(_number: int) -> None:
    """No progress is wanted."""


def sort(*places: tuple[int, int, str]) -> object:
    names = ("request", "topic", "certainty")
    return {"places": [dict(zip(names, place, strict=True)) for place in places]}


def whole_portion() -> object:
    """Every request of a full call belongs to the second topic."""
    return sort(*((n, 2, "likely") for n in range(1, PER_CALL + 1)))


def test_only_unsure_records_are_asked_about(database: object, start: Start) -> None:
    reply = say_json(sort((1, 2, "certain"), (2, 0, "unclear")))
    provider, client = start(in_turn(reply))
    before = [make_place(0.9), make_place(0.3), make_place(0.2)]
    seen: list[int] = []
    asked = make_asker(client).improve(["fly", "where is it", "hm"], before, seen.append)
    assert asked.places[0] == before[0]
    assert asked.places[1] == Place(12, 0.95, "llm", ((12, 0.95), (11, 0.3)))
    assert asked.places[2] == before[2], "No topic fits, so it stays where it was."
    assert not asked.unasked
    assert (seen[0], seen[-1]) == (1, 3)
    said = provider.requests[0]["messages"][1]["content"]
    assert "2. Bags. Lost bags" in said
    assert "1. where is it\n2. hm" in said


def test_the_same_records_are_paid_once_and_in_portions(database: object, start: Start) -> None:
    provider, client = start(in_turn(say_json(whole_portion()), say_json(sort((1, 2, "likely")))))
    count = PER_CALL + 1
    texts = [f"x{n}" for n in range(count)]
    for _ in range(2):
        asker = replace(make_asker(client), num_at_once=1)
        asked = asker.improve(texts, [make_place(0.1)] * count, ignore)
        assert {place.method for place in asked.places} == {"llm"}
    assert len(provider.requests) == 2


def test_a_reply_about_other_records_or_topics_is_never_read_for_these(
    database: object, start: Start
) -> None:
    provider, client = start(in_turn(say_json(sort((1, 2, "likely")))))
    asker = make_asker(client)
    turned = replace(asker, leaves=LEAVES[::-1])
    for each, text, topic_id in ((asker, "one", 12), (asker, "another", 12), (turned, "one", 11)):
        asked = each.improve([text], [make_place(0.1)], ignore)
        assert asked.places[0].topic_id == topic_id
    assert len(provider.requests) == 3


def test_a_failed_call_leaves_places_and_is_counted(database: object, start: Start) -> None:
    bad = say_json(sort((1, 9, "likely")))
    good = say_json(whole_portion())
    _, client = start(in_turn(good, bad, bad))
    asker, texts = make_asker(client), [f"x{n}" for n in range(PER_CALL + 1)]
    asked = replace(asker, num_at_once=1).improve(texts, [make_place(0.1)] * len(texts), ignore)
    assert {place.method for place in asked.places[:-1]} == {"llm"}
    assert asked.places[-1] == make_place(0.1)
    assert not asked.unasked
    assert asker.failures.counts == {"bad_reply": 1}


@pytest.mark.parametrize(
    "short", [[(1, 2, "certain")], [(1, 2, "certain"), (2, 1, "likely"), (2, 2, "likely")]]
)
def test_a_request_that_a_reply_leaves_out_or_answers_twice_is_asked_for_again(
    database: object, start: Start, short: list[tuple[int, int, str]]
) -> None:
    whole = say_json(sort((1, 2, "certain"), (2, 2, "likely")))
    provider, client = start(in_turn(say_json(sort(*short)), whole))
    asker = make_asker(client)
    asked = asker.improve(["a", "b"], [make_place(0.1)] * 2, ignore)
    assert [place.topic_id for place in asked.places] == [12, 12]
    assert not asker.failures.counts
    assert "Of 2 requests 1 have no single answer: 2." in str(provider.requests[1]["messages"])


def test_requests_that_no_reply_answers_keep_their_place_and_are_counted(
    database: object, start: Start
) -> None:
    replies = [say_json(sort((1, 2, "certain"))), say_json(sort((2, 2, "likely")))]
    provider, client = start(in_turn(*replies))
    asker = make_asker(client)
    asked = asker.improve(["a", "b", "c"], [make_place(0.1)] * 3, ignore)
    assert [place.method for place in asked.places] == ["llm", "llm", "minilm"]
    assert asked.places[2] == make_place(0.1)
    assert not asked.unasked
    assert asker.failures.counts == {"bad_reply": 1}
    assert "Of 3 requests 1 have no single answer: 3." in asker.failures.describe()
    again = make_asker(client).improve(["a", "b", "c"], [make_place(0.1)] * 3, ignore)
    assert again == asked
    assert len(provider.requests) == 2, "What was paid is read again."


def test_what_a_short_reply_held_counts_when_the_second_fails(
    database: object, start: Start
) -> None:
    _, client = start(in_turn(say_json(sort((1, 2, "certain"))), refuse(401)))
    asker = make_asker(client)
    asked = asker.improve(["a", "b"], [make_place(0.1)] * 2, ignore)
    assert [place.method for place in asked.places] == ["llm", "minilm"]
    assert asked.unasked == {1}, "Every further call would fail, so it is asked another time."


def test_records_stay_unasked_when_no_call_helped(database: object, start: Start) -> None:
    _, client = start(in_turn(refuse(401)))
    asked = make_asker(client).improve(["x"], [make_place(0.1)], ignore)
    assert asked.unasked == {0}
