"""Compare two dry runs of a dataset."""

from sqlmodel import Session

from rft_app.domain.dry_run import DryRun, DryRunReport
from rft_app.domain.dry_run_comparison import (
    DryRunComparison,
    RecordPair,
    compare_figures,
    compare_rules,
    compare_topics,
    pair_records,
)
from rft_app.domain.entity import Entity
from rft_app.domain.record import record_id
from rft_app.errors import ConflictError
from rft_app.services.dry_runs import get_dry_run
from rft_app.storage import grade_pairs

MAX_PAIRS = 50
"""Records of a page."""


class RecordPairs(Entity):
    """One page of records that two runs graded."""

    pairs: tuple[RecordPair, ...]
    next_offset: int | None
    """`None` on the last page."""


def compare_dry_runs(
    session: Session, dataset_id: str, first_id: str, second_id: str
) -> DryRunComparison:
    """How the second of two finished dry runs differs from the first.

    Records are compared one by one where both runs graded them: each counts once, with the mean of
    its graded rollouts, whichever rollouts these were.

    Raises:
        NotFoundError: The dataset has no such dry run.
        ConflictError: One of them has no report.
    """
    first, second = (get_dry_run(session, dataset_id, id_) for id_ in (first_id, second_id))
    ours, theirs = _report(first), _report(second)
    pairs = grade_pairs.list_pairs(session, first.id, second.id)
    return DryRunComparison(
        first=first,
        second=second,
        figures=compare_figures(ours, theirs),
        rules=compare_rules(ours, theirs),
        topics=compare_topics(ours, theirs),
        paired=pair_records(pairs),
        num_only_first=grade_pairs.count_graded_records(session, first.id) - len(pairs),
        num_only_second=grade_pairs.count_graded_records(session, second.id) - len(pairs),
    )


def list_record_pairs(
    session: Session,
    dataset_id: str,
    runs: tuple[str, str],
    *,
    rises_first: bool = False,
    offset: int = 0,
    limit: int = MAX_PAIRS,
) -> RecordPairs:
    """Records that two dry runs graded, those that changed most first.

    Args:
        session: Reads.
        dataset_id: Whose runs.
        runs: Ids of the first and the second run.
        rises_first: Whether what rose comes first, else what fell.
        offset: How many are left out: `next_offset` of the page before.
        limit: Most of them.

    Raises:
        NotFoundError: The dataset has no such dry run.
    """
    first, second = (get_dry_run(session, dataset_id, id_) for id_ in runs)
    rows = grade_pairs.page_pairs(
        session, first.id, second.id, rises_first=rises_first, offset=offset, limit=limit + 1
    )
    pairs = tuple(
        RecordPair(record_id=record_id(seq), first=ours, second=theirs)
        for seq, ours, theirs in rows[:limit]
    )
    return RecordPairs(pairs=pairs, next_offset=offset + limit if len(rows) > limit else None)


def _report(run: DryRun) -> DryRunReport:
    if run.report is None:
        raise ConflictError(f"Dry run {run.number} was not finished, so it has nothing to compare.")
    return run.report
