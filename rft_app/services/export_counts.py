"""How many records each export format could write."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.record import Selection
from rft_app.domain.split import SplitRule
from rft_app.exports import EXPORTERS
from rft_app.services.export_lines import Account, encode_lines
from rft_app.services.exports import PROBED_RECORDS
from rft_app.storage import snapshots
from rft_app.storage.records import iterate_record_bytes


class Qualifying(Entity):
    """The records of a dataset that have what one format needs."""

    format: str
    num_qualifying: int
    num_looked_at: int
    num_records: int
    """Valid, current records that repeat no earlier one."""
    lacks: tuple[str, ...] = ()
    """What the others lack, most frequent first, in words."""

    @property
    def is_exact(self) -> bool:
        """Whether every record was looked at."""
        return self.num_looked_at == self.num_records


def count_qualifying(session: Session, dataset_id: str) -> tuple[Qualifying, ...]:
    """One count per format, in the order of the menu.

    Large datasets are judged by their first records; then the counts are not exact.
    """
    plan = snapshots.plan_snapshot(
        session, dataset_id, selection=Selection(), rule=SplitRule(train_ratio=1.0)
    )
    seqs = plan.members.seqs
    records = list(iterate_record_bytes(session, dataset_id, seqs[:PROBED_RECORDS]))
    counts: list[Qualifying] = []
    for exporter in EXPORTERS:
        account = Account()
        num_rows = sum(1 for _ in encode_lines(exporter, records, account))
        counts.append(
            Qualifying(
                format=exporter.name,
                num_qualifying=num_rows,
                num_looked_at=account.num_read,
                num_records=len(seqs),
                lacks=tuple(lack.message for lack, _ in account.skipped.most_common()),
            )
        )
    return tuple(counts)
