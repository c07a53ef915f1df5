"""Find records of a dataset by what a file of answers knows of them, in 24 bytes a record."""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from rft_app.domain.hashing import question_hash, text_hash
from rft_app.domain.record import parse_record_id
from rft_app.storage.tables import RecordRow

ROWS_PER_READ = 10_000


class RecordIndex:
    """The current records of one dataset, as they were when this was made."""

    def __init__(self, session: Session, dataset_id: str) -> None:
        seqs, questions, ids = array("q"), array("q"), array("q")
        is_duplicate = col(RecordRow.duplicate_of).is_not(None)
        rows = session.exec(
            select(RecordRow.seq, RecordRow.question_hash, RecordRow.external_id, is_duplicate)
            .where(col(RecordRow.dataset_id) == dataset_id, col(RecordRow.is_archived).is_(False))
            .order_by(is_duplicate, col(RecordRow.seq)),
            execution_options={"yield_per": ROWS_PER_READ},
        )
        self._num_originals = 0
        for seq, question, external_id, is_repeated in rows:
            self._num_originals += not is_repeated
            seqs.append(seq)
            questions.append(question)
            ids.append(text_hash(external_id) if external_id is not None else 0)
        self._seqs: NDArray[np.int64] = np.array(seqs, dtype=np.int64)
        self._by_seq = _Lookup(self._seqs)
        self._by_question = _Lookup(np.array(questions, dtype=np.int64))
        self._by_id = _Lookup(np.array(ids, dtype=np.int64))

    def find(self, ids: Sequence[str], question: str | None) -> int | None:
        """Key of the record with one of the ids, or else with this question.

        Of several records the first that is no duplicate counts.
        """
        for name in ids:
            seq = parse_record_id(name)
            place = None if seq is None else self._by_seq.find(seq)
            if place is None:
                place = self._by_id.find(text_hash(name))
            if place is not None:
                return int(self._seqs[place])
        place = None if question is None else self._by_question.find(question_hash(question))
        return None if place is None else int(self._seqs[place])

    def is_shared(self, name: str) -> bool:
        """Whether several records have this id of their source, duplicates aside."""
        second = self._by_id.find(text_hash(name), skip=1)
        return second is not None and second < self._num_originals


class _Lookup:
    """Place of the first element with a value, or of one that follows it."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]

    def find(self, value: int, skip: int = 0) -> int | None:
        at = int(np.searchsorted(self._sorted, value)) + skip
        if at >= len(self._sorted) or int(self._sorted[at]) != value:
            return None
        return int(self._order[at])
