"""Saving a person's version of a record: content and topic in one go, and what goes out of date."""

from pathlib import Path

import pytest

from rft_app.domain.message import Message
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordFilter, RecordId
from rft_app.domain.record_change import ChangeKind
from rft_app.domain.record_draft import RecordDraft
from rft_app.domain.topic import TopicNode
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services.record_changes import restore_records, select_only, undo_change
from rft_app.services.record_saving import SavedRecord, find_fault_words, save_record
from rft_app.services.records import get_record, list_records
from rft_app.services.topic_files import import_topics
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import chat, make_dataset


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    found = make_dataset(tmp_path, *(chat(f"question {n}") for n in range(4)))
    with unit_of_work() as session:
        import_topics(session, found, [TopicNode(key="Money"), TopicNode(key="Bags")])
    return found


def first(dataset_id: str) -> tuple[RecordId, RecordDraft]:
    with reading() as session:
        row = list_records(session, dataset_id, RecordFilter()).rows[0]
        return row.id, RecordDraft.of(get_record(session, dataset_id, row.id))


def save(dataset_id: str, record_id: str, draft: RecordDraft, topic: str) -> SavedRecord:
    with unit_of_work() as session:
        return save_record(session, dataset_id, record_id, draft, topic)


def ask(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def test_content_and_topic_are_saved_together_and_the_edit_can_be_undone(dataset_id: str) -> None:
    old_id, draft = first(dataset_id)
    saved = save(dataset_id, old_id, draft.model_copy(update={"messages": ask("New?")}), "Money")
    assert saved.record_id != old_id
    assert saved.change.kind is ChangeKind.EDIT
    assert saved.outdated == {StepName.TOPICS}
    with unit_of_work() as session:
        assert get_record(session, dataset_id, saved.record_id).topic == "Money"
        undo_change(session, saved.change.id)
        assert not get_record(session, dataset_id, old_id).is_archived
        assert get_record(session, dataset_id, saved.record_id).is_archived


def test_a_replaced_version_that_was_restored_is_a_replaced_one_again_once_that_is_undone(
    dataset_id: str,
) -> None:
    old_id, draft = first(dataset_id)
    save(dataset_id, old_id, draft.model_copy(update={"messages": ask("New?")}), "Money")
    with unit_of_work() as session:
        restored = restore_records(session, dataset_id, select_only([old_id]))
        assert not get_record(session, dataset_id, old_id).is_archived
        undo_change(session, restored.id)
        assert get_record(session, dataset_id, old_id).is_archived
        deleted = list_records(session, dataset_id, RecordFilter(is_deleted=True))
        assert [row.id for row in deleted.rows] == []


def test_another_topic_alone_makes_no_new_record(dataset_id: str) -> None:
    old_id, draft = first(dataset_id)
    saved = save(dataset_id, old_id, draft, "Bags")
    assert (saved.record_id, saved.change.kind) == (old_id, ChangeKind.MOVE)
    with pytest.raises(InvalidInputError, match="Nothing is different"):
        save(dataset_id, old_id, draft, "Bags")


def test_an_invalid_version_loses_its_topic_and_says_why(dataset_id: str) -> None:
    old_id, draft = first(dataset_id)
    broken = draft.model_copy(update={"messages": (*draft.messages, *ask(" "))})
    save(dataset_id, old_id, draft, "Bags")
    with reading() as session:
        words = find_fault_words(session, dataset_id, broken)
    assert words == "Turn 2: A message has neither text nor tool calls."
    saved = save(dataset_id, old_id, broken, "Bags")
    with reading() as session:
        found = get_record(session, dataset_id, saved.record_id)
        assert (found.reason is None, found.topic) == (False, None)
        assert find_fault_words(session, dataset_id, draft) == ""


def test_nothing_is_saved_where_the_topic_is_unknown_or_the_record_was_replaced(
    dataset_id: str,
) -> None:
    old_id, draft = first(dataset_id)
    new = draft.model_copy(update={"messages": ask("New?")})
    with pytest.raises(NotFoundError, match="no topic “Gone”"):
        save(dataset_id, old_id, new, "Gone")
    assert first(dataset_id)[0] == old_id
    save(dataset_id, old_id, new, "")
    with pytest.raises(ConflictError, match="was edited or deleted"):
        save(dataset_id, old_id, draft.model_copy(update={"reference": "x"}), "")
