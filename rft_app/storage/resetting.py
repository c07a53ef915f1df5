"""Clear what the steps left behind."""

from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from rft_app.storage.tables import (
    DryRunRow,
    GraderVersionRow,
    StepRow,
    TopicChangeRow,
    TopicRow,
)


def clear_results(session: Session, dataset_id: str) -> None:
    """Delete topics, grader versions, dry runs and the steps' results; records lose their topic."""
    for row_type in (TopicRow, TopicChangeRow, DryRunRow, GraderVersionRow):
        session.exec(delete(row_type).where(col(row_type.dataset_id) == dataset_id))
    for step in session.exec(select(StepRow).where(StepRow.dataset_id == dataset_id)).all():
        session.delete(step)
    session.flush()
    _forget_topics(session, dataset_id)


def _forget_topics(session: Session, dataset_id: str) -> None:
    """Archived records too; a tab that edits the old tree finds its version gone by."""
    records = text(
        "UPDATE record SET topic_id = NULL, topic_confidence = NULL, topic_method = NULL "
        "WHERE dataset_id = :id AND topic_id IS NOT NULL"
    )
    tree = text("UPDATE topic_tree SET version = version + 1 WHERE dataset_id = :id")
    for statement in (records, tree):
        session.connection().execute(statement, {"id": dataset_id})
