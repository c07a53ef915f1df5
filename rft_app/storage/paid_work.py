"""Work that asks models, marked while it does, so that a kill leaves a trace of it."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlmodel import Session, col, delete, update

from rft_app.storage.session import unit_of_work
from rft_app.storage.tables import PaidWorkRow


@contextmanager
def paid_work(scope: str, dataset_id: str | None, most_under_way: int) -> Generator[None]:
    """Mark the work inside; the mark stays where the process is killed.

    Args:
        scope: Of the ledger.
        dataset_id: Whose work it is.
        most_under_way: Calls that may be under way at a time; 0 where none of them costs.
    """
    if not most_under_way:
        yield
        return
    with unit_of_work() as session:
        note_killed(session, scope)
        row = PaidWorkRow(
            scope=scope,
            dataset_id=dataset_id,
            most_under_way=most_under_way,
            is_open=True,
            created_at=datetime.now(UTC),
        )
        session.add(row)
        session.flush()
        row_id = row.id
    try:
        yield
    finally:
        with unit_of_work() as session:
            session.exec(delete(PaidWorkRow).where(col(PaidWorkRow.id) == row_id))


def note_killed(session: Session, *scopes: str) -> None:
    """Work of these scopes is begun again: what is marked as open was killed."""
    session.exec(
        update(PaidWorkRow)
        .where(col(PaidWorkRow.scope).in_(scopes), col(PaidWorkRow.is_open).is_(True))
        .values(is_open=False)
    )
