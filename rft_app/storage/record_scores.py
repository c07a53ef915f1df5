"""What the last dry run says of single records."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from rft_app.domain.record import RecordId, parse_record_id, record_id
from rft_app.storage.dry_runs import find_last_finished
from rft_app.storage.tables import GradeRow


def map_scores(
    session: Session, dataset_id: str, records: Sequence[RecordId]
) -> dict[RecordId, float]:
    """Mean reward of each record in the last finished dry run; ungraded ones are left out."""
    run = find_last_finished(session, dataset_id)
    if run is None or not records:
        return {}
    seqs = [seq for text in records if (seq := parse_record_id(text)) is not None]
    query = (
        select(col(GradeRow.record_seq), func.avg(col(GradeRow.reward)))
        .where(col(GradeRow.dry_run_id) == run.id)
        .where(col(GradeRow.record_seq).in_(seqs))
        .where(col(GradeRow.reward).is_not(None))
        .group_by(col(GradeRow.record_seq))
    )
    rows = session.connection().execute(query)
    return {record_id(seq): float(mean) for seq, mean in rows}
