"""From a stored trace to the records it gives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from rft_app.domain.facet import Facet, reward_bin
from rft_app.domain.hashing import question_hash
from rft_app.domain.record import SourceType
from rft_app.domain.validity import Reason
from rft_app.domain.validity_check import count_tokens, find_fault, last_turn
from rft_app.exports.message_kinds import classify, kinds_of
from rft_app.storage.bodies import calls_tools, present, split_body
from rft_app.storage.extraction import StoredTrace
from rft_app.storage.fingerprints import Fingerprints
from rft_app.storage.records import NewRecord
from rft_app.storage.turns import Turn, decode_all_turns, last_question


class ExtractMode(StrEnum):
    """Which assistant turns of a trace become records."""

    LAST = "last"
    EVERY = "every"


class _Opened(NamedTuple):
    """A stored trace, decoded once for all its records."""

    turns: Sequence[Turn]
    fingerprints: Fingerprints
    kinds: Sequence[int]
    has_tools: bool
    source_type: SourceType


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts traces of one dataset."""

    dataset_id: str
    mode: ExtractMode
    max_tokens: int
    source_types: Mapping[str, SourceType]
    """By import; a row with a better and a worse answer is a preference all the same."""
    now_ms: int

    def cut(self, trace: StoredTrace) -> Iterator[NewRecord]:
        """The trace's records; at least one, so that none is lost.

        The last answer of a conversation is that of its last call, so that calls which others
        continue give none.
        """
        if trace.is_continued and self.mode is ExtractMode.LAST:
            return
        parts = split_body(trace.body)
        turns = decode_all_turns(trace.body)
        has_tools = present(parts.tools) is not None or calls_tools(trace.body)
        source_type = self.source_types[trace.import_id]
        if present(parts.rejected):
            source_type = SourceType.PREFERENCE
        fingerprints = Fingerprints(parts, turns)
        kinds = classify(parts.messages)
        opened = _Opened(turns, fingerprints, kinds, has_tools, source_type)
        for turn in self._find_answers(turns, parts.num_given):
            yield self._make(trace, opened, turn)

    def _find_answers(self, turns: Sequence[Turn], num_given: int) -> Sequence[int | None]:
        if self.mode is ExtractMode.LAST:
            return (last_turn(turns, num_given),)
        answers = [i for i in range(num_given, len(turns)) if turns[i].role == "assistant"]
        return answers or (None,)

    def _make(self, trace: StoredTrace, opened: _Opened, answer: int | None) -> NewRecord:
        turns = opened.turns
        turn = len(turns) if answer is None else answer
        covered = turns[: turn + 1]
        num_tokens = count_tokens(covered)
        reason = self._find_reason(trace, covered, answer, num_tokens)
        return NewRecord(
            dataset_id=self.dataset_id,
            trace_seq=trace.seq,
            turn=turn,
            facet=_pack(reason, opened.source_type, opened.has_tools, reward_bin(trace.reward)),
            source_type=opened.source_type.value,
            reason=None if reason is None else reason.value,
            is_archived=False,
            group_key=trace.group_key,
            content_hash=opened.fingerprints.of_record(turn),
            question_hash=question_hash(last_question(turns[:turn])),
            external_id=trace.external_id,
            title=trace.title,
            num_messages=len(covered),
            num_tokens=num_tokens,
            reward=trace.reward,
            created_at=self.now_ms,
            updated_at=self.now_ms,
            message_kinds=kinds_of(opened.kinds, turn),
        )

    def _find_reason(
        self, trace: StoredTrace, covered: Sequence[Turn], answer: int | None, num_tokens: int
    ) -> Reason | None:
        """The import checked the last turn already, against the limit of that time."""
        if self.mode is ExtractMode.EVERY:
            return find_fault(covered, answer, max_tokens=self.max_tokens)
        if trace.reason is not None and trace.reason != Reason.TOO_LONG:
            return Reason(trace.reason)
        return Reason.TOO_LONG if num_tokens > self.max_tokens else None


@lru_cache(maxsize=4096)
def _pack(reason: Reason | None, source_type: SourceType, has_tools: bool, number: int) -> int:
    facet = Facet(reason=reason, source_type=source_type, has_tools=has_tools, reward_bin=number)
    return facet.pack()
