"""Store records that did not come from a trace: edited, corrected, generated ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlmodel import Session

from rft_app.domain.facet import Facet, reward_bin
from rft_app.domain.hashing import question_hash
from rft_app.domain.message import Message
from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordId, SourceType, parse_record_id, record_id
from rft_app.domain.record_draft import RecordDraft
from rft_app.domain.validity_check import count_tokens, find_fault
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.exports.message_kinds import classify, kinds_of
from rft_app.services.record_settling import refresh_extract
from rft_app.settings import get_settings
from rft_app.storage.bodies import split_body
from rft_app.storage.count_shifts import count_added
from rft_app.storage.datasets import get_dataset_row, touch
from rft_app.storage.fingerprints import Fingerprints
from rft_app.storage.record_plan import map_leaf_ids
from rft_app.storage.records import (
    NewRecord,
    TopicAssignment,
    insert_bodies,
    insert_records,
    read_groups,
    set_topics,
)
from rft_app.storage.search import add_texts
from rft_app.storage.steps import get_step_row
from rft_app.storage.tags import ensure_tags, put_tag
from rft_app.storage.turns import Turn, decode_all_turns, last_question, searchable_text
from rft_app.traces.draft import clean, make_title


def add_records(
    session: Session,
    dataset_id: str,
    drafts: Sequence[RecordDraft],
    *,
    source_type: SourceType,
) -> list[RecordId]:
    """Check, fingerprint and store drafts, and make them findable; returns their ids in order.

    Invalid ones are stored, too, with their reason: `RecordDraft.find_fault` tells beforehand.
    Exact duplicates are marked and the dataset's counts are fresh afterwards.

    Raises:
        NotFoundError: The dataset, or the parent of a draft, is not there.
        InvalidInputError: An answer is no assistant message.
    """
    get_dataset_row(session, dataset_id)
    if not drafts:
        return []
    writer = _Writer(session, dataset_id, source_type)
    written = [writer.write(draft) for draft in drafts]
    first = insert_records(session, [entry.row for entry in written])
    seqs = list(range(first, first + len(written)))
    insert_bodies(session, [(seq, entry.body) for seq, entry in zip(seqs, written, strict=True)])
    add_texts(session, [(seq, entry.text) for seq, entry in zip(seqs, written, strict=True)])
    _place(session, dataset_id, seqs, written)
    _tag(session, dataset_id, seqs, drafts)
    count_added(session, dataset_id, f"{{key}} BETWEEN {seqs[0]} AND {seqs[-1]}")
    refresh_extract(session, dataset_id)
    touch(session, dataset_id)
    return list(map(record_id, seqs))


def max_record_tokens(session: Session, dataset_id: str) -> int:
    """The longest valid record: what Extract was last run with, else the setting."""
    chosen = get_step_row(session, dataset_id, StepName.EXTRACT).settings.get("max_tokens")
    return int(chosen or get_settings().max_record_tokens)


@dataclass(frozen=True, slots=True)
class _Written:
    """A draft, ready to be stored."""

    row: NewRecord
    body: bytes
    text: str
    draft: RecordDraft


class _Writer:
    """Turns drafts of one dataset into rows."""

    def __init__(self, session: Session, dataset_id: str, source_type: SourceType) -> None:
        self._session = session
        self._dataset_id = dataset_id
        self._source_type = source_type
        self._max_tokens = max_record_tokens(session, dataset_id)
        self._now_ms = time.time_ns() // 1_000_000

    def write(self, draft: RecordDraft) -> _Written:
        """Everything to store of one draft."""
        body = encode_body(draft)
        turns = decode_all_turns(body)
        text = searchable_text(turns, draft.reference, draft.trace_id)
        return _Written(self._make(draft, body, turns), body, text, draft)

    def _make(self, draft: RecordDraft, body: bytes, turns: Sequence[Turn]) -> NewRecord:
        turn = len(draft.messages)
        answer = None if draft.output is None else turn
        reason = find_fault(turns, answer, max_tokens=self._max_tokens)
        parts = split_body(body)
        fingerprints = Fingerprints(parts, turns)
        parent_seq, parents_group = self._find_parent(draft)
        group = parents_group if draft.group_key is None else draft.group_key
        facet = Facet(
            reason=reason,
            source_type=self._source_type,
            has_tools=bool(draft.tools) or any(message.tool_calls for message in turns),
            reward_bin=reward_bin(draft.reward),
        )
        first = next((m.text for m in turns if m.role == "user" and m.text.strip()), "")
        return NewRecord(
            dataset_id=self._dataset_id,
            trace_seq=None,
            turn=turn,
            facet=facet.pack(),
            source_type=self._source_type.value,
            reason=None if reason is None else reason.value,
            is_archived=False,
            group_key=fingerprints.of_conversation() if group is None else group,
            content_hash=fingerprints.of_record(turn),
            question_hash=question_hash(last_question(turns[:turn])),
            external_id=None if draft.trace_id is None else clean(draft.trace_id),
            title=make_title(first),
            num_messages=len(turns),
            num_tokens=count_tokens(turns),
            reward=draft.reward,
            created_at=self._now_ms,
            updated_at=self._now_ms,
            parent_seq=parent_seq,
            message_kinds=kinds_of(classify(parts.messages), turn),
        )

    def _find_parent(self, draft: RecordDraft) -> tuple[int | None, int | None]:
        if draft.parent is None:
            return None, None
        seq = parse_record_id(draft.parent)
        groups = {} if seq is None else read_groups(self._session, self._dataset_id, [seq])
        if seq is None or seq not in groups:
            raise NotFoundError(f"This dataset has no record {draft.parent!r}.")
        return seq, groups[seq]


def encode_body(draft: RecordDraft) -> bytes:
    """The canonical JSON that a draft is stored as.

    Raises:
        InvalidInputError: The answer is no assistant message.
    """
    if draft.output is not None and draft.output.role != "assistant":
        raise InvalidInputError(
            f"The answer is a message of the role {draft.output.role!r}; it must be 'assistant'.",
            field="output",
        )
    parts: dict[str, Any] = {
        "messages": list(map(_to_json, draft.conversation)),
        "tools": list(draft.tools),
        "tool_choice": draft.tool_choice,
        "parallel_tool_calls": draft.parallel_tool_calls,
        "reference": draft.reference,
        "metadata": draft.metadata,
    }
    is_kept = {name: value is not None and value not in ([], {}) for name, value in parts.items()}
    body = {name: value for name, value in parts.items() if is_kept[name] or name == "messages"}
    return msgspec.json.encode(body)


def _to_json(message: Message) -> dict[str, Any]:
    """What was said of a message; a field that nobody set is left out."""
    said = message.model_fields_set
    values = message.model_dump(mode="python")
    return {name: value for name, value in values.items() if value is not None or name in said}


def _place(
    session: Session, dataset_id: str, seqs: Sequence[int], written: Sequence[_Written]
) -> None:
    """Put valid records into the leaves they name."""
    leaves = map_leaf_ids(session, dataset_id)
    assignments = [
        TopicAssignment(
            seq,
            leaves[entry.draft.topic_key],
            entry.draft.topic_confidence,
            entry.draft.topic_method,
        )
        for seq, entry in zip(seqs, written, strict=True)
        if entry.draft.topic_key in leaves and entry.row.reason is None
    ]
    set_topics(session, dataset_id, assignments, is_last=False)


def _tag(
    session: Session, dataset_id: str, seqs: Sequence[int], drafts: Sequence[RecordDraft]
) -> None:
    named: dict[str, list[int]] = {}
    for seq, draft in zip(seqs, drafts, strict=True):
        for name in draft.tags:
            named.setdefault(name, []).append(seq)
    for name, tag_id in ensure_tags(session, dataset_id, named).items():
        put_tag(session, tag_id, named[name])
