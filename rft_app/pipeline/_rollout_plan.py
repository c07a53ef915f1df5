"""Which rollouts a dry run, or a test of a grader, is about."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.own_reference import are_placeholders, is_own_reference
from rft_app.domain.record import RecordFilter, Selection
from rft_app.domain.record_pick import pick_records
from rft_app.domain.rollout import RolloutKey
from rft_app.errors import ConflictError
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.rollouts import Answered, iterate_answered, list_keys, load_rollouts
from rft_app.storage.sampled_rollouts import reserve_rollouts
from rft_app.storage.snapshot_source import read_columns

_RECORDS_PER_LOOK = 500


def plan_rollouts(
    session: Session, dataset_id: str, members: Collection[int], settings: DryRunSettings
) -> list[RolloutKey]:
    """Choose records and their rollouts; same seed and same data, same plan.

    A record's own recorded answer comes first, then imported ones, oldest first. Where own answers
    beside imported ones are placeholders, those that are the reference itself are left out.

    Args:
        session: Any.
        dataset_id: Of which dataset.
        members: Record keys to choose among; those without any answer are left out.
        settings: How many records and rollouts.

    Raises:
        ConflictError: No record has an answer.
    """
    known = {
        record.seq: record
        for record in iterate_answered(session, dataset_id)
        if record.seq in members
    }
    _require_answers(known)
    topic_of = {
        seq: record.topic_id if settings.stratify else None for seq, record in known.items()
    }
    chosen = pick_records(topic_of, settings.num_records, settings.seed)
    others = list_keys(session, dataset_id, chosen, "imported")
    doubled = [seq for seq in chosen if known[seq].has_output and others.get(seq)]
    same = find_own_references(session, dataset_id, doubled)
    replaced = same if are_placeholders(len(same), len(doubled)) else set[int]()
    keys: list[RolloutKey] = []
    for seq in chosen:
        record = known[seq]
        has_own = record.has_output and seq not in replaced
        answers = [None] * has_own + others.get(seq, [])
        keys += [
            RolloutKey(seq, answer, record.topic_id) for answer in answers[: settings.num_rollouts]
        ]
    return keys


def find_own_references(session: Session, dataset_id: str, seqs: Sequence[int]) -> set[int]:
    """Those of some records whose own recorded answer is their reference, word for word."""
    found: set[int] = set()
    for start in range(0, len(seqs), _RECORDS_PER_LOOK):
        keys = [RolloutKey(seq, None, None) for seq in seqs[start : start + _RECORDS_PER_LOOK]]
        own = load_rollouts(session, dataset_id, keys)
        found |= {rollout.key.record_seq for rollout in own if is_own_reference(rollout)}
    return found


def plan_samples(
    session: Session, dataset_id: str, members: Collection[int], settings: DryRunSettings
) -> list[RolloutKey]:
    """Choose records, with or without answers, and take a key for each rollout to be sampled."""
    keys = expect_samples(session, dataset_id, members, settings)
    first = reserve_rollouts(session, len(keys))
    return [key._replace(rollout_seq=first + number) for number, key in enumerate(keys)]


def expect_samples(
    session: Session, dataset_id: str, members: Collection[int], settings: DryRunSettings
) -> list[RolloutKey]:
    """The same choice before any key is taken, each with the record's own answer."""
    columns = read_columns(session, dataset_id, Selection())
    topics = zip(columns.seqs.tolist(), columns.split.topics.tolist(), strict=True)
    topic_of: dict[int, int | None] = {seq: topic or None for seq, topic in topics}
    among = {seq: topic_of.get(seq) if settings.stratify else None for seq in sorted(members)}
    return [
        RolloutKey(seq, None, topic_of.get(seq))
        for seq in pick_records(among, settings.num_records, settings.seed)
        for _ in range(settings.num_rollouts)
    ]


def pick_few(
    session: Session, dataset_id: str, num_wanted: int, seed: int = 0, *, must_find: bool = True
) -> list[RolloutKey]:
    """One answer each of a few records, the same for the same seed, without reading all answers.

    Raises:
        ConflictError: No record has an answer, and one must.
    """
    few = _find_answered(session, dataset_id, num_wanted, seed)
    if must_find:
        _require_answers({record.seq: record for record in few})
    return _to_keys(session, dataset_id, few)


def pick_answers(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[RolloutKey]:
    """One answer each of given records, in their order; the key of one without leads to none."""
    answered = {record.seq: record for record in iterate_answered(session, dataset_id, seqs)}
    known = _to_keys(session, dataset_id, list(answered.values()))
    keys = {key.record_seq: key for key in known}
    return [keys.get(seq, RolloutKey(seq, None, None)) for seq in seqs]


def pick_targets(session: Session, dataset_id: str, num_wanted: int, seed: int) -> list[RolloutKey]:
    """One key each of a few records, the same for the same seed, with an answer or without.

    Those that have an answer come first; the key of one without leads to no messages.

    Raises:
        ConflictError: There is no valid record.
    """
    few = _find_answered(session, dataset_id, num_wanted, seed)
    known = {record.seq for record in few}
    others = (
        seq for seqs in _shuffled(session, dataset_id, seed) for seq in seqs if seq not in known
    )
    keys = _to_keys(session, dataset_id, few)
    keys += [RolloutKey(seq, None, None) for seq in islice(others, num_wanted - len(keys))]
    if not keys:
        raise ConflictError("This dataset has no valid record. Import records first.")
    return keys


def _find_answered(session: Session, dataset_id: str, num_wanted: int, seed: int) -> list[Answered]:
    found: list[Answered] = []
    for seqs in _shuffled(session, dataset_id, seed):
        answered = {record.seq: record for record in iterate_answered(session, dataset_id, seqs)}
        found += [answered[seq] for seq in seqs if seq in answered]
        if len(found) >= num_wanted:
            break
    return found[:num_wanted]


def _to_keys(session: Session, dataset_id: str, few: Sequence[Answered]) -> list[RolloutKey]:
    """The own answer of each, else the oldest that was imported."""
    others = list_keys(session, dataset_id, [record.seq for record in few], "imported")
    return [
        RolloutKey(
            record.seq, None if record.has_output else others[record.seq][0], record.topic_id
        )
        for record in few
    ]


def _shuffled(session: Session, dataset_id: str, seed: int) -> Iterator[list[int]]:
    trainable = RecordFilter(is_valid=True, is_duplicate=False)
    seqs: list[int] = select_seqs(session, dataset_id, trainable).tolist()
    random.Random(seed).shuffle(seqs)
    for start in range(0, len(seqs), _RECORDS_PER_LOOK):
        yield seqs[start : start + _RECORDS_PER_LOOK]


def _require_answers(answered: Mapping[int, Answered]) -> None:
    if not answered:
        raise ConflictError(
            "There is nothing to grade: no valid record has a recorded answer. Import a file of "
            "rollouts (Data menu, Import records; or rft import-rollouts), or traces that hold the "
            "model's answers."
        )
