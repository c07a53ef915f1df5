"""Mean reward of every record in one dry run: 16 bytes a record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlmodel import Session, col

from rft_app.storage.session import read_blocks
from rft_app.storage.splits import Ints
from rft_app.storage.tables import GradeRow

_ROWS_PER_READ = 20_000


@dataclass(frozen=True, slots=True)
class RecordMeans:
    """Means by record key."""

    seqs: Ints
    """Ascending."""
    means: NDArray[np.float64]

    def get(self, seq: int) -> float | None:
        """The mean of one record; `None` where none of its rollouts was graded."""
        if not len(self.seqs):
            return None
        place = int(np.searchsorted(self.seqs, seq))
        is_there = place < len(self.seqs) and self.seqs[place] == seq
        return float(self.means[place]) if is_there else None


def read_means(session: Session, dry_run_id: str | None) -> RecordMeans:
    """The means of a dry run; none without one. Grading failures count nowhere."""
    query = (
        select(col(GradeRow.record_seq), func.avg(col(GradeRow.reward)))
        .where(col(GradeRow.dry_run_id) == dry_run_id, col(GradeRow.reward).is_not(None))
        .group_by(col(GradeRow.record_seq))
        .order_by(col(GradeRow.record_seq))
    )
    blocks = [] if dry_run_id is None else list(read_blocks(session, query, _ROWS_PER_READ))
    rows = [tuple(row) for block in blocks for row in block]
    seqs = np.array([seq for seq, _ in rows], dtype=np.int64)
    return RecordMeans(seqs, np.array([mean for _, mean in rows], dtype=np.float64))
