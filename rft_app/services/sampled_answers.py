"""Answers that a model gave in a dry run, to try a grader on instead of recorded ones."""

import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.record import record_id
from rft_app.domain.rollout import RolloutKey
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.services.dry_runs import get_named_run, list_dry_runs
from rft_app.storage import dry_runs
from rft_app.storage.sampled_rollouts import find_missing


class SampledRun(NamedTuple):
    """A dry run whose answers a model gave."""

    number: int
    model: str


def list_sampled_runs(session: Session, dataset_id: str) -> list[SampledRun]:
    """The newest of them, newest first, with the model as it was asked for."""
    return [
        SampledRun(run.number, run.settings.sampling.model)
        for run in list_dry_runs(session, dataset_id)
        if run.settings.sampling is not None and run.num_done
    ]


def pick_sampled(
    session: Session,
    dataset_id: str,
    run_name: str,
    seqs: Sequence[int],
    *,
    num_drawn: int,
    seed: int,
) -> list[RolloutKey]:
    """One answer each of some records, as a model gave it in a dry run; the same for a seed.

    Args:
        session: Any.
        dataset_id: Whose.
        run_name: Number or id of the dry run.
        seqs: Keys of records that come first.
        num_drawn: How many others are drawn by lot.
        seed: Of the draw, and of which of a record's answers is taken.

    Raises:
        NotFoundError: There is no such dry run.
        ConflictError: Its answers were recorded, or there is none yet.
        InvalidInputError: It has no answer of one of the records; all are named.
    """
    run = get_named_run(session, dataset_id, run_name)
    if run.settings.sampling is None:
        raise ConflictError(
            f"Dry run {run.number} graded recorded answers; name one whose answers a model gave."
        )
    answers = _group(session, run.id)
    if missing := [record_id(seq) for seq in seqs if seq not in answers]:
        raise InvalidInputError(
            f"Dry run {run.number} has no answer of {', '.join(missing)}. Take them out and try "
            "again.",
            field="records",
            records=missing,
        )
    if not answers:
        raise ConflictError(f"Dry run {run.number} has no answer yet.")
    chance = random.Random(seed)
    others = _shuffle(answers.keys() - set(seqs), chance)[:num_drawn]
    return [chance.choice(answers[seq]) for seq in (*seqs, *others)]


def _group(session: Session, run_id: str) -> dict[int, list[RolloutKey]]:
    """What the model gave, by record."""
    keys = dry_runs.load_plan(session, run_id)
    missing = find_missing(session, [seq for _, seq, _ in keys if seq is not None])
    found: defaultdict[int, list[RolloutKey]] = defaultdict(list)
    for key in keys:
        if key.rollout_seq is not None and key.rollout_seq not in missing:
            found[key.record_seq].append(key)
    return found


def _shuffle(seqs: Collection[int], chance: random.Random) -> list[int]:
    ordered = sorted(seqs)
    chance.shuffle(ordered)
    return ordered
