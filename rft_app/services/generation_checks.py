"""What the machine can say of a candidate before a person looks: valid, new, on its topic."""

from collections.abc import Sequence

import numpy as np
from sqlmodel import Session

from rft_app.domain.candidate import (
    CandidateChecks,
    CandidateState,
    GeneratedDraft,
    candidate_id,
)
from rft_app.domain.record import RecordFilter, record_id
from rft_app.domain.topic import TopicNode
from rft_app.domain.validity import Reason
from rft_app.domain.validity_check import count_tokens, find_fault
from rft_app.services.record_writing import max_record_tokens
from rft_app.settings import get_settings
from rft_app.storage.candidates import iterate_drafts
from rft_app.storage.generation_sources import select_sources
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.session import reading
from rft_app.storage.topics import get_tree, read_user_texts
from rft_app.text.intent import extract_intent
from rft_app.text.similarity import SimilarTexts

TITLE_LENGTH = 140
MAX_COMPARED = 20_000
"""Newest records of a topic that a candidate is compared with."""
MAX_PER_TOPIC = 100
"""Records that stand for a topic."""
MARGIN = 0.05
"""A candidate keeps its topic unless another is nearer by more than this cosine."""
_CHUNK = 2000


def check_validity(draft: GeneratedDraft, max_tokens: int) -> Reason | None:
    """The first fault by the rule of Extract; `None` when there is none."""
    turn = len(draft.input) if draft.output else None
    return find_fault(draft.messages, turn, max_tokens=max_tokens)


def describe_draft(draft: GeneratedDraft) -> tuple[str, int]:
    """Title and tokens of the record to be."""
    first = next((m.text for m in draft.input if m.role == "user" and m.text.strip()), "")
    return " ".join(first.split())[:TITLE_LENGTH], count_tokens(draft.messages)


class Checker:
    """Checks the candidates of one run; reads what it compares with when it first needs it."""

    def __init__(self, dataset_id: str, *, without: int | None = None) -> None:
        """Prepare; the candidate with the key `without` is compared with nothing of its own."""
        self._dataset_id = dataset_id
        self._without = without
        self._records: dict[str | None, SimilarTexts] = {}
        self._candidates: SimilarTexts | None = None
        self._guide: TopicGuide | None = None
        with reading() as session:
            self._max_tokens = max_record_tokens(session, dataset_id)

    def check(self, draft: GeneratedDraft, topic: str | None) -> CandidateChecks:
        """Everything there is to say of a draft made for a topic; `None` when that is gone."""
        guide = self._guide = self._guide or TopicGuide(self._dataset_id)
        nearest, is_kept = guide.locate(draft, topic)
        wish = draft.wish
        record = self._records_of(topic).find(wish)
        other = None if record else self._others().find(wish)
        near = record or other
        return CandidateChecks(
            reason=check_validity(draft, self._max_tokens),
            near_record=record_id(record[0]) if record else None,
            near_candidate=candidate_id(other[0]) if other else None,
            similarity=None if near is None else round(near[1], 4),
            nearest_topic=nearest,
            is_topic_kept=is_kept,
        )

    def remember(self, seq: int, draft: GeneratedDraft) -> None:
        """Compare later candidates with this one, too."""
        self._others().add(seq, draft.wish)

    def _others(self) -> SimilarTexts:
        if self._candidates is None:
            self._candidates = SimilarTexts()
            with reading() as session:
                waiting = iterate_drafts(session, self._dataset_id, CandidateState.PENDING)
                for seq, _, draft in waiting:
                    if seq != self._without:
                        self._candidates.add(seq, draft.wish)
        return self._candidates

    def _records_of(self, topic: str | None) -> SimilarTexts:
        if topic not in self._records:
            with reading() as session:
                self._records[topic] = _read_records(session, self._dataset_id, topic)
        return self._records[topic]


def _read_records(session: Session, dataset_id: str, topic: str | None) -> SimilarTexts:
    wanted = RecordFilter(topic=topic, is_valid=True, is_duplicate=False)
    seqs: list[int] = select_seqs(session, dataset_id, wanted)[-MAX_COMPARED:].tolist()
    found = SimilarTexts()
    for start in range(0, len(seqs), _CHUNK):
        chunk = seqs[start : start + _CHUNK]
        for seq, said in zip(chunk, read_user_texts(session, dataset_id, chunk), strict=True):
            found.add(seq, "\n".join(said))
    return found


class TopicGuide:
    """Where a conversation belongs, by the offline text features of the topics' own records."""

    def __init__(self, dataset_id: str) -> None:
        """Read and embed what stands for each topic; seconds for a large tree."""
        from rft_app.text.features import choose_features

        with reading() as session:
            leaves = get_tree(session, dataset_id).leaves
            texts = [_speak_for(session, dataset_id, leaf) for leaf in leaves]
        self._keys = [leaf.key for leaf in leaves]
        if len(leaves) < 2:
            return
        self._features = choose_features(get_settings().text_features)
        self._features.fit([text for group in texts for text in group])
        centres = np.stack([self._features.transform(group).mean(axis=0) for group in texts])
        lengths = np.linalg.norm(centres, axis=1, keepdims=True)
        self._centres = centres / lengths.clip(min=1e-6)

    def locate(self, draft: GeneratedDraft, topic: str | None) -> tuple[str | None, bool | None]:
        """The nearest topic, and whether `topic` is as near; nothing where none can be told."""
        said = [message.text for message in draft.input if message.role == "user"]
        if len(self._keys) < 2 or topic not in self._keys:
            return None, None
        vector = self._features.transform([extract_intent(said) or "\n".join(said)])[0]
        if not vector.any():
            return None, None
        cosines = self._centres @ vector
        best = int(cosines.argmax())
        is_kept = bool(cosines[self._keys.index(topic)] >= cosines[best] - MARGIN)
        return self._keys[best], is_kept


def _speak_for(session: Session, dataset_id: str, leaf: TopicNode) -> Sequence[str]:
    """Texts of records of a topic, spread over all; its own words where it has none."""
    seqs = select_sources(session, dataset_id, leaf.key, needs_tools=False)
    step = max(1, -(-len(seqs) // MAX_PER_TOPIC))
    said = read_user_texts(session, dataset_id, seqs[::step].tolist())
    texts = [text for messages in said if (text := extract_intent(messages))]
    return texts or [" ".join([leaf.key, leaf.description, *leaf.keywords])]
