"""Traces that arrived, by minute."""

from sqlalchemy import text
from sqlmodel import Session

from rft_app.domain.intake import Outcome
from rft_app.domain.intake_overview import IntakeMinute


def list_minutes(session: Session, since_minute: int) -> list[IntakeMinute]:
    """Each minute and source that brought traces since a minute, the oldest first."""
    statement = text(
        "SELECT minute, source, number FROM intake_count "
        "WHERE minute >= :since AND outcome = :call AND number > 0 ORDER BY minute, source"
    )
    values = {"since": since_minute, "call": Outcome.CALL.value}
    rows = session.connection().execute(statement, values)
    return [IntakeMinute(minute=row[0], source=row[1], number=row[2]) for row in rows]
