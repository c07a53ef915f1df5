"""Put records into the topics of a tree that is there, a batch at a time.

What was there before is in the undo log.  A run that dies goes on behind its last batch, with the
examples that it began with, so it ends as it would have.  Where a model is asked and a batch ends
early, by a cancellation or because the provider fails, what is known of it is placed; the others
stay as they were, for another run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from rft_app.domain.topic import SURE
from rft_app.domain.words import count
from rft_app.errors import ConflictError, ProviderError
from rft_app.jobs.context import JobContext
from rft_app.llm.failures import FailureTally
from rft_app.pipeline._intents import read_intents
from rft_app.pipeline._place_asking import Asked, PlaceAsker
from rft_app.pipeline._placing import Leaf, Placer
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TopicChangeRow
from rft_app.storage.topic_assignments import (
    Placement,
    copy_to_duplicates,
    count_waiting,
    place_records,
    read_examples,
    read_sample,
    read_waiting,
    waiting,
)
from rft_app.storage.topic_changes import (
    begin_change,
    find_change_of_job,
    finish_change,
    lock_tree,
)
from rft_app.storage.topic_counts import refresh_topic_counts
from rft_app.storage.topics import get_tree, list_rows
from rft_app.text.features import TextFeatures, choose_features

BATCH = 1024
FITTED = 5000
MAX_EXAMPLES = 48
MIN_EXAMPLES = 8
EXAMPLES = 2000
"""Examples of all topics together, about."""


MakeAsker = Callable[[Sequence[Leaf], FailureTally], PlaceAsker]
"""From the leaves, and where failed calls are counted, to who is asked."""


@dataclass(frozen=True)
class Wish:
    """Which records to place, and by which features."""

    is_everything: bool = False
    """All records, not only those without a topic."""
    takes_manual: bool = False
    """Also those that a person placed."""
    features: str = "auto"
    seed: int = 0


@dataclass
class Categorised:
    """What a run came to."""

    num_placed: int = 0
    num_unsure: int = 0
    after_seq: int = 0
    examples: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Keys of the records that stand for each topic, by topic id."""
    failures: dict[str, int] = field(default_factory=dict[str, int])
    """Calls of the model that brought nothing, by kind; their records are where meaning put
    them."""
    failure_messages: dict[str, str] = field(default_factory=dict[str, str])
    """The first of each kind."""

    def add(self, placements: Sequence[Placement], last_seq: int, failures: FailureTally) -> None:
        """Count a batch."""
        self.num_placed += len(placements)
        self.num_unsure += sum(placement.confidence < SURE for placement in placements)
        self.after_seq = last_seq
        self.failures, self.failure_messages = dict(failures.counts), failures.messages

    def to_notes(self) -> dict[str, Any]:
        """As it is stored between batches."""
        return dict(vars(self))


class CategoriseRun:
    """One run over a dataset."""

    def __init__(
        self,
        context: JobContext,
        dataset_id: str,
        wish: Wish,
        make_asker: MakeAsker | None = None,
    ) -> None:
        """Prepare; with `make_asker` a model is asked about records that stay unsure."""
        self._make_asker = make_asker
        self._asker: PlaceAsker | None = None
        self._failures = FailureTally()
        self._context = context
        self._dataset_id = dataset_id
        self._wish = wish
        self._features: TextFeatures = choose_features(wish.features, wish.seed)
        self._where = waiting(is_everything=wish.is_everything, takes_manual=wish.takes_manual)

    @property
    def method(self) -> str:
        """The features that decide where words do not."""
        return self._features.name

    def run(self) -> Categorised:
        """Place every record that waits.

        Raises:
            ConflictError: There are no topics.
            JobCancelledError: Somebody asked to stop; what was placed stays.
            ProviderError: The model could not be asked any more; what was placed stays.
        """
        change_id, state = self._begin()
        try:
            self._place_all(change_id, state)
        finally:
            with unit_of_work() as session:
                refresh_topic_counts(session, self._dataset_id)
        with unit_of_work() as session:
            change = session.get_one(TopicChangeRow, change_id)
            copy_to_duplicates(session, change, only_empty=not self._wish.is_everything)
            finish_change(session, change)
            refresh_topic_counts(session, self._dataset_id)
        return state

    def _read(self, seqs: Sequence[int]) -> list[str]:
        return read_intents(self._context, self._dataset_id, seqs)

    def _place_all(self, change_id: int, state: Categorised) -> None:
        with reading() as session:
            left = count_waiting(session, self._dataset_id, self._where, state.after_seq)
        total = state.num_placed + left
        seqs = self._read_waiting(state)
        placer = self._make_placer(state) if seqs else None
        while placer is not None and seqs:
            asked = self._place(placer, seqs, state.num_placed, total)
            placements = [
                Placement(seq, place.topic_id, place.confidence, place.method, place.choices)
                for index, (seq, place) in enumerate(zip(seqs, asked.places, strict=True))
                if index not in asked.unasked
            ]
            if asked.unasked:
                self._write(change_id, placements)
                self._end_early()
            state.add(placements, seqs[-1], self._failures)
            self._write(change_id, placements, state)
            self._report(state.num_placed, total)
            seqs = self._read_waiting(state)

    def _write(
        self, change_id: int, placements: Sequence[Placement], state: Categorised | None = None
    ) -> None:
        """One batch, or the part of one that is known; that one would be begun again."""
        with unit_of_work() as session:
            change = session.get_one(TopicChangeRow, change_id)
            place_records(session, change, placements, keeps_manual=not self._wish.takes_manual)
            if state is not None:
                change.notes = state.to_notes()
            session.add(change)

    def _end_early(self) -> None:
        self._context.check_cancelled(now=True)
        raise ProviderError(
            f"The model could not help. {self._failures.describe()}"[:1000],
            failures=dict(self._failures.counts),
        )

    def _place(self, placer: Placer, seqs: Sequence[int], num_before: int, total: int) -> Asked:
        """By words, then by meaning, then by the model if there is one."""
        texts = self._read(seqs)
        places = placer.place(texts)
        if self._asker is None:
            return Asked(places, frozenset())
        return self._asker.improve(
            texts, places, lambda number: self._report(num_before + number, total)
        )

    def _report(self, num_placed: int, total: int) -> None:
        label = f"{num_placed:,} of {count(total, 'record')} categorised"
        if num_failed := self._failures.total:
            label += f", {count(num_failed, 'call')} failed"
        self._context.progress(num_placed, total, label)

    def _begin(self) -> tuple[int, Categorised]:
        """Begin the change, or find the one that an earlier run of this job began."""
        with reading() as session:
            change = find_change_of_job(session, self._context.job_id)
            if change is not None and change.notes:
                return change.id, Categorised(**change.notes)
            if not list_rows(session, self._dataset_id):
                raise ConflictError("There are no topics yet. Add, import or generate some first.")
        state = Categorised(examples=self._choose_examples())
        what = "all records" if self._wish.is_everything else "records without a topic"
        with unit_of_work() as session:
            tree = lock_tree(session, self._dataset_id)
            change = begin_change(session, tree, f"Categorised {what}", self._context.job_id)
            change.notes = state.to_notes()
            session.add(change)
            return change.id, state

    def _choose_examples(self) -> dict[str, list[int]]:
        with reading() as session:
            leaves = _read_leaves(session, self._dataset_id)
            each = min(max(EXAMPLES // len(leaves), MIN_EXAMPLES), MAX_EXAMPLES)
            return {
                str(topic_id): read_examples(session, self._dataset_id, topic_id, each)
                for topic_id in leaves
            }

    def _make_placer(self, state: Categorised) -> Placer:
        with reading() as session:
            tree = get_tree(session, self._dataset_id)
            ids = _read_leaves(session, self._dataset_id)
            sample = read_sample(session, self._dataset_id, FITTED)
        by_key = {key: topic_id for topic_id, key in ids.items()}
        leaves = [
            Leaf(
                topic_id=by_key[node.key],
                node=node,
                examples=tuple(self._read(state.examples.get(str(by_key[node.key]), []))),
            )
            for node in tree.leaves
        ]
        self._failures = FailureTally(state.failures, state.failure_messages)
        self._asker = self._make_asker(tuple(leaves), self._failures) if self._make_asker else None
        leaves.sort(key=lambda leaf: -leaf.node.num_records)
        self._context.check_cancelled()
        portraits = [leaf.portrait for leaf in leaves]
        if self._features.name == "tfidf":
            self._features.fit([*self._read(sample), *portraits])
        return Placer(leaves, self._features)

    def _read_waiting(self, state: Categorised) -> list[int]:
        with reading() as session:
            return read_waiting(
                session,
                self._dataset_id,
                condition=self._where,
                after=state.after_seq,
                limit=BATCH,
            )


def _read_leaves(session: Session, dataset_id: str) -> dict[int, str]:
    tree = get_tree(session, dataset_id)
    keys = {leaf.key for leaf in tree.leaves}
    return {row.id: row.key for row in list_rows(session, dataset_id) if row.key in keys}
