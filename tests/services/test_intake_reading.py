"""Spans and log records become traces on both databases, in whatever order they arrive."""

from collections import Counter

import pytest

from rft_app.domain.intake import Encoding, Outcome, Signal
from rft_app.domain.trace_page import TraceFilter
from rft_app.services.intake import list_counts, take_request
from rft_app.services.intake_reading import read_waiting
from rft_app.services.traces import list_traces
from rft_app.storage import intake
from rft_app.storage.session import durable_unit_of_work, reading, unit_of_work
from tests.captured import list_posts

pytestmark = pytest.mark.usefixtures("any_database")


def take(folder: str, *places: int) -> None:
    """Take requests of a capture and read each before the next."""
    posts = list_posts(folder)
    for place in places:
        signal = Signal(posts[place].path.rpartition("/")[2])
        with durable_unit_of_work() as session:
            take_request(session, signal, Encoding.PROTOBUF, posts[place].plain, 0)
        while read_waiting():
            pass


def outcomes() -> dict[Outcome, int]:
    found: Counter[Outcome] = Counter()
    with reading() as session:
        for each in list_counts(session):
            found[each.outcome] += each.number
    return dict(found)


def test_log_records_join_their_spans_and_nothing_is_stored_twice() -> None:
    take("genai_openai_event", 0, 2, 1)
    take("genai_openai_event", 1, 0, 2)
    with reading() as session:
        page = list_traces(session, TraceFilter(), limit=200)
    assert len(page.rows) == 12
    assert sum(row.has_response for row in page.rows) == 10
    assert {row.dataset_id for row in page.rows} == {None}
    assert outcomes() == {Outcome.CALL: 12, Outcome.NO_CALL: 10, Outcome.DUPLICATE: 22}


def test_only_one_process_stores_what_was_read_at_a_turn() -> None:
    with reading() as session:
        turn = intake.read_turn(session)
    with unit_of_work() as session:
        assert intake.take_turn(session, turn)
    with unit_of_work() as session:
        assert not intake.take_turn(session, turn)
        assert intake.take_turn(session, turn + 1)
