"""How a dataset stands, in one word: the same on its card and on the command line."""

from enum import StrEnum

from rft_app.domain.dataset import Dataset, DatasetPhase
from rft_app.domain.job import Job, JobStatus


class Standing(StrEnum):
    """The word; the verdict of the dry run goes behind `JUDGED`."""

    RUNNING = "Running"
    ATTENTION = "Needs attention"
    TRAINING = "Training"
    DEPLOYED = "Deployed"
    JUDGED = "Dry run"
    """All that this installation can do is done."""
    READY = "Ready"
    """Nothing runs; the next step waits for somebody to start it."""
    EMPTY = "Empty"
    """The same, without a single record."""


_OF_PHASE = {
    DatasetPhase.ATTENTION: Standing.ATTENTION,
    DatasetPhase.TRAINING: Standing.TRAINING,
    DatasetPhase.COMPLETE: Standing.DEPLOYED,
}


def find_standing(dataset: Dataset, active: Job | None, last: Job | None) -> Standing:
    """How a dataset stands.

    Args:
        dataset: With its nodes.
        active: The job that works on it now.
        last: Its latest job, to explain a dataset that has no records yet.
    """
    if active is not None or dataset.is_processing:
        return Standing.RUNNING
    if has_died(dataset, last):
        return Standing.ATTENTION
    if dataset.phase in _OF_PHASE:
        return _OF_PHASE[dataset.phase]
    if not dataset.stats.num_records:
        return Standing.EMPTY
    is_judged = dataset.stats.dry_run_verdict is not None and dataset.next_step is None
    return Standing.JUDGED if is_judged else Standing.READY


def describe_standing(standing: Standing, dataset: Dataset) -> str:
    """The word, with the verdict where that is what is to be said."""
    verdict = dataset.stats.dry_run_verdict
    if standing is Standing.JUDGED and verdict is not None:
        return f"{standing.value} {verdict.upper()}"
    return standing.value


def has_died(dataset: Dataset, last: Job | None) -> bool:
    """Whether the job that should have filled the dataset failed."""
    is_empty = not dataset.stats.num_records
    return is_empty and last is not None and last.status is JobStatus.FAILED
