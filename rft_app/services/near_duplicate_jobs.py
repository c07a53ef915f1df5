"""The job that looks for near-duplicates."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlmodel import Session

from rft_app.domain.job import Job
from rft_app.domain.near_duplicate import DEFAULT_THRESHOLD
from rft_app.errors import InvalidInputError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.services.busy import require_idle
from rft_app.storage import near_duplicates as stored
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.near_duplicates import Compared
from rft_app.storage.session import reading, unit_of_work
from rft_app.text.near_duplicates import (
    MAX_THRESHOLD,
    MIN_THRESHOLD,
    NUM_BINS,
    Sketches,
    find_near_duplicates,
    sketch,
)

NEAR_DUPLICATES = "near_duplicates"
TEXTS_AT_ONCE = 1000


def start_search(session: Session, dataset_id: str, threshold: float = DEFAULT_THRESHOLD) -> Job:
    """Look for near-duplicates among the valid records; the groups of before are replaced.

    Raises:
        InvalidInputError: The threshold is out of range, or there are no records.
        NotFoundError: There is no such dataset.
        ConflictError: A job works on the dataset.
    """
    if not MIN_THRESHOLD <= threshold <= MAX_THRESHOLD:
        raise InvalidInputError(
            f"The threshold is a similarity from {MIN_THRESHOLD:g} to {MAX_THRESHOLD:g}, "
            f"not {threshold:g}.",
            field="threshold",
        )
    require_idle(session, dataset_id)
    if not get_dataset_row(session, dataset_id).num_records:
        raise InvalidInputError("There are no records to compare yet. Run Extract first.")
    return enqueue(session, NEAR_DUPLICATES, dataset_id, {"threshold": threshold})


class FindNearDuplicates:
    """Sketches every record, compares the likely ones, stores the groups."""

    name = NEAR_DUPLICATES
    label = "Search for near-duplicates"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Start over each time; nothing is stored before the end."""
        dataset_id, threshold = context.required_dataset_id, float(context.args["threshold"])
        with reading() as session:
            compared = stored.list_compared(session, dataset_id)
            records_hash = get_dataset_row(session, dataset_id).records_hash
        sketches = _sketch_all(context, dataset_id, compared)

        def read(numbers: Sequence[int]) -> Iterator[str]:
            return _read(dataset_id, compared, numbers)

        def check(done: int) -> None:
            context.progress(done, len(compared.seqs), f"{done:,} likely ones compared")

        found = find_near_duplicates(
            sketches, threshold, read, origins=compared.origins, check=check
        )
        seqs = compared.seqs.tolist()
        groups = [
            [(seqs[group.kept], 1.0), *((seqs[other], near) for other, near in group.others)]
            for group in found
        ]
        with unit_of_work() as session:
            search = stored.new_search(dataset_id, threshold, len(seqs), records_hash)
            stored.save_search(session, dataset_id, search, groups)
        return {
            "num_compared": len(seqs),
            "num_groups": len(groups),
            "num_near": sum(len(group) - 1 for group in groups),
        }


def _sketch_all(context: JobContext, dataset_id: str, compared: Compared) -> Sketches:
    """Sketches in the order of `compared`; only a batch of texts is in memory."""
    total = len(compared.seqs)
    order = np.argsort(compared.seqs, kind="stable")
    sketches = np.empty((total, NUM_BINS), np.uint16)
    for start in range(0, total, TEXTS_AT_ONCE):
        part = order[start : start + TEXTS_AT_ONCE]
        sketches[part] = sketch(_read(dataset_id, compared, part.tolist()))
        done = start + len(part)
        context.progress(done, total, f"{done:,} of {total:,} records read")
    return sketches


def _read(dataset_id: str, compared: Compared, numbers: Sequence[int]) -> Iterator[str]:
    for start in range(0, len(numbers), TEXTS_AT_ONCE):
        seqs = compared.seqs[list(numbers[start : start + TEXTS_AT_ONCE])].tolist()
        with reading() as session:
            texts = list(stored.iterate_questions(session, dataset_id, seqs))
        yield from texts
