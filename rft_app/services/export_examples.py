"""From records to the examples that preference formats are made of.

A record gives one pair at most, by the strongest source there is: what a person preferred, what a
person corrected, what the source row named, what rewards tell.  Each of its answers gives one label
at most, by the same order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from rft_app.domain.example import Answer, Labelled, Origin, Pair, Unit, best_and_worst
from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.feedback import label
from rft_app.domain.statistics import has_passed
from rft_app.storage.feedback import StoredFeedback
from rft_app.storage.judged_answers import OWN, RECORDS_AT_ONCE, Judged, read_judged

Found = Sequence[Pair] | Sequence[Labelled] | Lack
"""What one record gives."""


@dataclass(frozen=True, slots=True)
class ExampleReader:
    """Makes examples of a dataset's records."""

    session: Session
    dataset_id: str
    unit: Unit
    options: ExportOptions
    dry_run_id: str | None
    """The dry run whose grades are the rewards."""

    def read(self, seqs: Sequence[int]) -> Iterator[Found]:
        """What each record gives, in the order of the keys given."""
        for start in range(0, len(seqs), RECORDS_AT_ONCE):
            some = seqs[start : start + RECORDS_AT_ONCE]
            known = read_judged(self.session, self.dataset_id, some, self.dry_run_id)
            found = {judged.record.seq: self._make(judged) for judged in known}
            yield from (found[seq] for seq in some if seq in found)

    def _make(self, judged: Judged) -> Found:
        if self.unit is Unit.PAIR:
            pair = find_pair(judged, self.options.margin)
            return _find_lack(judged, Lack.NO_PAIR) if pair is None else [pair]
        labels = list(find_labels(judged, self.options.threshold))
        return labels or _find_lack(judged, Lack.NO_LABEL)


def _find_lack(judged: Judged, otherwise: Lack) -> Lack:
    """The grader is named only where none of the answers has a reward."""
    answers = judged.answers.values()
    if any(answer.reward is not None for answer in answers):
        return otherwise
    if any(answer.is_failed for answer in answers):
        return Lack.FAILED
    return Lack.ABSTAINED if any(answer.is_abstained for answer in answers) else otherwise


def find_pair(judged: Judged, margin: float) -> Pair | None:
    """The pair of one record; `None` where nothing tells a better answer from a worse one."""
    record = judged.record
    for given in reversed(judged.feedback):
        chosen = judged.answers.get(_key(given.chosen_seq))
        rejected = judged.answers.get(_key(given.rejected_seq))
        if chosen and rejected:
            return Pair(record, chosen.messages, rejected.messages, Origin.FEEDBACK)
    own = judged.answers.get(OWN)
    if own and judged.original and judged.original != own.messages:
        return Pair(record, own.messages, judged.original, Origin.CORRECTION)
    if own and judged.rejected:
        return Pair(record, own.messages, judged.rejected, Origin.IMPORTED)
    sides = best_and_worst(judged.answers.values(), margin)
    if sides is None:
        return None
    return Pair(record, sides[0].messages, sides[1].messages, Origin.REWARD)


def _key(rollout_seq: int | None) -> int:
    return -1 if rollout_seq is None else rollout_seq


def find_labels(judged: Judged, threshold: float) -> Iterator[Labelled]:
    """The labelled answers of one record, its own first."""
    record = judged.record
    for answer in judged.answers.values():
        verdict = _judge(judged, answer, threshold)
        if verdict is not None:
            yield Labelled(record, answer.messages, *verdict)
    if judged.original:
        is_good = _vote(judged.original_feedback, label)
        yield Labelled(record, judged.original, bool(is_good), Origin.CORRECTION)
    if judged.rejected:
        yield Labelled(record, judged.rejected, is_good=False, origin=Origin.IMPORTED)


def _judge(judged: Judged, answer: Answer, threshold: float) -> tuple[bool, Origin] | None:
    """Whether an answer is good, and who says so."""
    said = _vote(judged.feedback, lambda given: _say(given, answer.key))
    if said is not None:
        return said, Origin.FEEDBACK
    if answer.key == OWN and judged.original:
        return True, Origin.CORRECTION
    if answer.key == OWN and judged.rejected:
        return True, Origin.IMPORTED
    if answer.reward is not None:
        return has_passed(answer.reward, threshold), Origin.REWARD
    return None


def _say(given: StoredFeedback, key: int) -> bool | None:
    """What one person says of one answer: a thumb or rating is about the record's own."""
    said = label(given) if key == OWN else None
    if said is None and key in {given.chosen_seq, given.rejected_seq}:
        return key == given.chosen_seq
    return said


def _vote(
    feedback: Sequence[StoredFeedback], say: Callable[[StoredFeedback], bool | None]
) -> bool | None:
    """What most people say; `None` where nobody says anything or as many say one as the other."""
    votes = [said for given in feedback if (said := say(given)) is not None]
    num_good = sum(votes)
    return None if 2 * num_good == len(votes) else 2 * num_good > len(votes)
