"""Records that a person or a strategy wrote are stored like those of traces."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rft_app.domain.message import FunctionCall, Message, ToolCall
from rft_app.domain.message_kind import MessageKind
from rft_app.domain.record import Record, RecordFilter, RecordId, SourceType
from rft_app.domain.record_draft import RecordDraft
from rft_app.domain.validity import Reason
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.datasets import get_dataset
from rft_app.services.imports import start_import
from rft_app.services.record_writing import add_records
from rft_app.services.records import get_record, list_records
from rft_app.storage.records import iterate_record_bytes, read_groups, to_seqs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicRow
from tests.services.stored_dataset import chat, make_dataset, work


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    found = make_dataset(tmp_path, chat("cards"), chat("fees"))
    with unit_of_work() as session:
        keys = enumerate(("Money", "Money/Cards", "Money/Fees"), 900)
        session.add_all(
            TopicRow(id=id_, dataset_id=found, key=key, position=id_) for id_, key in keys
        )
    return found


def user(words: str) -> Message:
    return Message(role="user", content=words)


def draft(words: str, **changes: Any) -> RecordDraft:
    answer = Message(role="assistant", content=f"About {words}")
    return RecordDraft(**{"messages": (user(words),), "output": answer, **changes})


def add(dataset_id: str, *drafts: RecordDraft) -> list[RecordId]:
    with unit_of_work() as session:
        return add_records(session, dataset_id, drafts, source_type=SourceType.GENERATED)


def read(dataset_id: str, record_id: str) -> Record:
    with reading() as session:
        return get_record(session, dataset_id, record_id)


def find(dataset_id: str, **conditions: Any) -> list[RecordId]:
    with reading() as session:
        page = list_records(session, dataset_id, RecordFilter(**conditions))
    return [row.id for row in page.rows]


def test_a_written_record_knows_of_which_kinds_its_messages_are(dataset_id: str) -> None:
    added = add(dataset_id, draft("rates"), draft("fees", output=None))
    with reading() as session:
        records = list(iterate_record_bytes(session, dataset_id, to_seqs(added)))
    asked = MessageKind.USER | MessageKind.QUESTION | MessageKind.WHOLE
    answered = asked | MessageKind.ANSWER | MessageKind.ANSWERED
    assert [record.message_kinds for record in records] == [answered, asked]


def test_a_written_record_is_read_found_and_counted(dataset_id: str) -> None:
    call = ToolCall(id="c1", function=FunctionCall(name="rate", arguments="{}"))
    written = draft(
        "the rate",
        output=Message(role="assistant", content=None, tool_calls=(call,)),
        reference="3%",
        metadata={"who": 2**70},
        reward=0.5,
        topic_key="Money/Cards",
        topic_method="manual",
        topic_confidence=1.0,
        tags=("gold", "ask"),
    )
    [record_id] = add(dataset_id, written)
    record = read(dataset_id, record_id)
    assert (record.input, record.output) == (written.messages, (written.output,))
    assert (record.reference, record.metadata) == ("3%", {"who": 2**70})
    assert (record.topic, record.topic_confidence, record.tags) == (
        "Money/Cards",
        1.0,
        ("ask", "gold"),
    )
    assert (record.tools_inferred, record.reward) == (True, 0.5)
    found = {"search": "rate", "topic": "Money/Cards", "has_tools": True, "min_reward": 0.5}
    assert find(dataset_id, **found, source_types=(SourceType.GENERATED,)) == [record_id]
    with reading() as session:
        dataset = get_dataset(session, dataset_id)
    assert (dataset.stats.num_records, dataset.stats.num_generated) == (3, 1)
    assert dataset.nodes[0].summary == "3 records · 0% invalid"


def test_the_same_content_as_a_trace_is_its_duplicate(dataset_id: str) -> None:
    [original] = find(dataset_id, search="cards")
    first, second, other = add(dataset_id, draft("cards"), draft("cards"), draft("loans"))
    assert read(dataset_id, first).duplicate_of == original
    assert read(dataset_id, second).duplicate_of == original
    assert read(dataset_id, other).duplicate_of is None
    assert find(dataset_id, is_duplicate=True) == [second, first]


def test_how_a_file_writes_its_rows_does_not_make_them_differ(
    any_database: str, tmp_path: Path
) -> None:
    talk = chat("cards")
    turned = {"messages": [dict(reversed(message.items())) for message in talk["messages"]]}
    compact = msgspec.json.encode(talk)
    spaced = msgspec.json.format(compact, indent=0)
    path = tmp_path / "spaced.jsonl"
    path.write_bytes(b"\n".join([spaced, compact, msgspec.json.encode(turned), spaced]))
    dataset_id = make_dataset(tmp_path, chat("fees"))
    with unit_of_work() as session:
        start_import(session, dataset_id=dataset_id, path=path, file_name=path.name)
    work()
    add(dataset_id, draft("cards"))
    assert len(find(dataset_id, is_duplicate=True)) == 4
    with reading() as session:
        seqs = to_seqs(find(dataset_id, search="cards"))
        assert len(set(read_groups(session, dataset_id, seqs).values())) == 1


def test_a_successor_shares_its_parents_group(dataset_id: str) -> None:
    [parent] = find(dataset_id, search="cards")
    child, stranger = add(dataset_id, draft("new cards", parent=parent), draft("other"))
    with reading() as session:
        groups = read_groups(session, dataset_id, to_seqs([parent, child, stranger]))
    assert read(dataset_id, child).parent == parent
    assert len(set(groups.values())) == 2
    assert groups[to_seqs([parent])[0]] == groups[to_seqs([child])[0]]


def test_invalid_drafts_are_kept_with_the_reason_of_extract(dataset_id: str) -> None:
    faulty = {
        Reason.NO_MESSAGES: RecordDraft(messages=()),
        Reason.NO_USER_TURN: draft("x", messages=()),
        Reason.EMPTY_CONTENT: draft("x", messages=(user(" "),)),
        Reason.BAD_ROLE: draft("x", messages=(Message(role="boss", content="now"),)),
    }
    ids = add(
        dataset_id,
        *(one.model_copy(update={"topic_key": "Money/Fees"}) for one in faulty.values()),
    )
    for record_id, (reason, one) in zip(ids, faulty.items(), strict=True):
        record = read(dataset_id, record_id)
        assert (record.reason, record.topic) == (reason, None)
        assert one.find_fault(1000) is reason
    assert sorted(find(dataset_id, is_valid=False)) == sorted(ids)


def test_a_topic_that_holds_no_records_is_left_out(dataset_id: str) -> None:
    ids = add(dataset_id, draft("a", topic_key="Money"), draft("b", topic_key="Gone"))
    assert [read(dataset_id, id_).topic for id_ in ids] == [None, None]


def test_what_cannot_be_stored_is_refused_and_nothing_is(dataset_id: str) -> None:
    with pytest.raises(NotFoundError, match="rec_0"):
        add(dataset_id, draft("a"), draft("b", parent=RecordId("rec_0")))
    with pytest.raises(InvalidInputError, match="assistant"):
        add(dataset_id, draft("a", output=user("no")))
    assert len(find(dataset_id)) == 2


def test_an_unchanged_successor_has_the_same_body(dataset_id: str) -> None:
    [parent] = find(dataset_id, search="cards")
    record = read(dataset_id, parent)
    [copy] = add(dataset_id, RecordDraft.of(record))
    successor = read(dataset_id, copy)
    assert successor.duplicate_of == parent
    changed = {"id", "source_type", "duplicate_of", "parent", "created_at", "updated_at"}
    assert successor.model_dump(exclude=changed) == record.model_dump(exclude=changed)
