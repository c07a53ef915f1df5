"""What attacks on graders found: the last of each settings of a dataset's grader."""

from datetime import UTC, datetime

from sqlmodel import Session, col, select

from rft_app.domain.attack import AttackSummary
from rft_app.storage.tables import GraderAttackRow, GraderVersionRow


def put_attack(session: Session, dataset_id: str, spec_hash: str, found: AttackSummary) -> None:
    """Keep what was found, in the place of what was found before."""
    session.merge(
        GraderAttackRow(
            dataset_id=dataset_id,
            spec_hash=spec_hash,
            num_records=found.num_records,
            num_attacks=found.num_attacks,
            suspicious=list(found.suspicious),
            created_at=datetime.now(UTC),
        )
    )


def find_attack(session: Session, version_id: str) -> AttackSummary | None:
    """What was found in a version of a grader, or in another one with its settings."""
    query = (
        select(GraderAttackRow)
        .join(
            GraderVersionRow,
            (col(GraderVersionRow.dataset_id) == col(GraderAttackRow.dataset_id))
            & (col(GraderVersionRow.spec_hash) == col(GraderAttackRow.spec_hash)),
        )
        .where(col(GraderVersionRow.id) == version_id)
    )
    row = session.exec(query).first()
    if row is None:
        return None
    return AttackSummary(
        num_records=row.num_records,
        num_attacks=row.num_attacks,
        suspicious=tuple(row.suspicious),
    )
