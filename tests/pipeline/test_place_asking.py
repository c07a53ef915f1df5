from rft_app.domain.topic import TopicNode
from rft_app.llm.client import ChatClient
from rft_app.llm.failures import CallFailureKind
from rft_app.pipeline._place_asking import PER_CALL, PlaceAsker
from rft_app.pipeline._placing import Leaf, Place
from rft_app.storage.paid_calls import StoredPaidCalls
from tests.llm.conftest import Start
from tests.llm.conftest import start as start
from tests.llm.provider import in_turn, refuse, say_json

LEAVES = [Leaf(topic_id=11, node=TopicNode(key="Flights"), examples=())]
LEAVES.append(Leaf(topic_id=12, node=TopicNode(key="Bags", description="Lost bags"), examples=()))


def make_place(confidence: float) -> Place:
    return Place(11, confidence, "minilm", ((11, confidence), (12, 0.1)))


def make_asker(client: ChatClient) -> PlaceAsker:
    return PlaceAsker(client, StoredPaidCalls("job_a", None), "good", "Travel", LEAVES, 2)


def sort(*places: tuple[int, int, str]) -> object:
    names = ("request", "topic", "certainty")
    return {"places": [dict(zip(names, place, strict=True)) for place in places]}


def test_only_unsure_records_are_asked_about(database: object, start: Start) -> None:
    reply = say_json(sort((1, 2, "certain"), (2, 0, "unclear")))
    provider, client = start(in_turn(reply))
    before = [make_place(0.9), make_place(0.3), make_place(0.2)]
    after, failures = make_asker(client).improve("1", ["fly", "where is it", "hm"], before)
    assert after[0] == before[0]
    assert after[1] == Place(12, 0.95, "llm", ((12, 0.95), (11, 0.3)))
    assert after[2] == before[2], "No topic fits, so it stays where it was."
    assert not failures
    asked = provider.requests[0]["messages"][1]["content"]
    assert "2. Bags. Lost bags" in asked
    assert "1. where is it\n2. hm" in asked


def test_the_same_records_are_paid_once_and_in_portions(database: object, start: Start) -> None:
    provider, client = start(in_turn(say_json(sort((1, 2, "likely")))))
    count = PER_CALL + 1
    for _ in range(2):
        after, _ = make_asker(client).improve("1", ["x"] * count, [make_place(0.1)] * count)
        assert [place.method for place in after].count("llm") == 2
    assert len(provider.requests) == 2


def test_a_failed_call_leaves_places_and_is_counted(database: object, start: Start) -> None:
    for answer, kind in (
        (refuse(401), CallFailureKind.AUTH),
        (say_json(sort((1, 9, "likely"))), CallFailureKind.BAD_REPLY),
    ):
        _, client = start(in_turn(answer))
        after, failures = make_asker(client).improve(kind, ["x"], [make_place(0.1)])
        assert after == [make_place(0.1)]
        assert failures == {kind: 1}
