"""Old traces go, records made of them stay, and joined spans become small, on both databases."""

import pytest
from sqlalchemy import text

from rft_app.domain.intake import Outcome
from rft_app.domain.retention import Retention
from rft_app.domain.trace_page import TraceFilter, TraceSelection
from rft_app.services import retention
from rft_app.services.intake import list_counts
from rft_app.services.traces import count_selection, create_from_traces, list_traces
from rft_app.storage.session import reading, unit_of_work
from tests.services.stored_dataset import titles, work
from tests.services.test_intake_reading import take

pytestmark = pytest.mark.usefixtures("any_database")

ALL = TraceSelection(filter=TraceFilter())
MOMENTS = (("trace", "created_at"), ("span", "stored_at"), ("span_log", "stored_at"))


def age(days: int) -> None:
    """Let all that is stored have arrived so long ago."""
    with unit_of_work() as session:
        for table, column in MOMENTS:
            older = f"UPDATE {table} SET {column} = {column} - {days * retention.DAY_MS}"
            session.connection().execute(text(older))


def clean_up() -> None:
    with unit_of_work() as session:
        retention.start_clean_up(session)
    work()


def measure(table: str) -> tuple[int, int]:
    """Rows of a table, and bytes of their bodies."""
    with reading() as session:
        statement = text(f"SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM {table}")
        row = session.connection().execute(statement).one()
    return row[0], int(row[1])


def num_calls() -> int:
    with reading() as session:
        return count_selection(session, ALL).num_answers


def test_traces_are_kept_until_somebody_chooses_days() -> None:
    take("genai_openai_span", 0)
    age(days=400)
    clean_up()
    assert num_calls() == 12
    assert measure("span")[0] == 22


def test_old_traces_go_and_records_made_of_them_stay() -> None:
    take("genai_openai_span", 0)
    with unit_of_work() as session:
        made, _ = create_from_traces(
            session, name="A", objective="B", selection=ALL, extract={"mode": "every"}
        )
    work()
    before = titles(made.id)
    with unit_of_work() as session:
        retention.set_retention(session, Retention(days=30))
    age(days=29)
    clean_up()
    assert measure("trace_body")[0] == 24
    age(days=2)
    clean_up()
    assert measure("trace_body")[0] == 12
    assert titles(made.id) == before
    assert measure("span") == (0, 0)
    with reading() as session:
        found = list_traces(session, TraceFilter(search="weather")).rows
    assert {row.dataset_id for row in found} == {made.id}


def test_what_spans_say_twice_goes_once_nothing_joins_them_any_more() -> None:
    take("genai_openai_event", 0, 1, 2)
    before, calls = measure("span"), num_calls()
    clean_up()
    assert measure("span") == before
    age(days=2)
    clean_up()
    rows, num_bytes = measure("span")
    assert rows == before[0]
    assert num_bytes < before[1]
    assert measure("span_log") == (0, 0)
    take("genai_openai_event", 0, 1, 2)  # an exporter sends all of it again, much too late
    assert num_calls() == calls
    with reading() as session:
        counts = {each.outcome: each.number for each in list_counts(session)}
    assert counts[Outcome.DUPLICATE] == rows
    clean_up()
    assert measure("span") == (rows, num_bytes)
