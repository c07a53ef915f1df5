"""A dataset with two topics, a provider that writes variations, and a worker."""

import re
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlmodel import col, select

from rft_app.domain.facet import Facet
from rft_app.domain.job import Job
from rft_app.jobs.queue import get_job
from rft_app.jobs.running import JobRunner
from rft_app.registry import Registry
from rft_app.services.generation_accepting import AcceptGenerated
from rft_app.services.generation_jobs import GenerateRecords, RegenerateRecords
from rft_app.settings import get_settings
from rft_app.storage import jobs
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.sequences import reserve
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import CandidateRow, TopicRow
from tests.builders import make_dataset_row, make_record_row, make_trace_rows
from tests.llm.provider import Behaviour, FakeProvider, Json, Served, configured, say_json

DATASET = "ds_a"
FLIGHTS, BAGS = 1, 2
CITIES = ("Bern", "Rome", "Oslo", "Lima", "Kyiv", "Doha", "Cork", "Nice", "Graz", "Bari")
SYSTEM = {"role": "system", "content": "You are the desk of an airline."}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}


def add_dataset(*, num_flights: int = 8, num_bags: int = 2) -> None:
    """Records 1… about flights and 101… about bags, each with answer, reference and tools."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET, objective="Serve passengers"))
        session.flush()
        reserve(session, "record", 1000)
        for topic_id, key in ((FLIGHTS, "Flights"), (BAGS, "Bags")):
            session.add(TopicRow(id=topic_id, dataset_id=DATASET, key=key, position=topic_id))
        for number in range(num_flights):
            _add_record(session, 1 + number, f"Book a flight to {CITIES[number]}.", FLIGHTS)
        for number in range(num_bags):
            _add_record(session, 101 + number, f"My bag is lost in {CITIES[number]}.", BAGS)
        session.flush()
        refresh_counts(session, DATASET)


def _add_record(session: Any, seq: int, asked: str, topic_id: int) -> None:
    messages = [SYSTEM, {"role": "user", "content": asked}, {"role": "assistant", "content": "Ok."}]
    body = {"messages": messages, "tools": [TOOL], "reference": f"ref {seq}"}
    trace, stored = make_trace_rows(seq, body)
    facet = Facet(has_tools=True)
    row = make_record_row(seq, facet=facet, turn=2, topic_id=topic_id, title=asked)
    session.add_all([trace, stored, row])


def vary(request: Json, number: int) -> Served:
    """As many new phrasings as asked for, each of its own words and of the same topic."""
    asked = request["messages"][1]["content"]
    count = int(re.search(r"in (\d+) ways", asked)[1])  # type: ignore[index]
    said = re.search(r"USER: (.*)", asked)[1]  # type: ignore[index]
    noun = "bag is lost" if "bag" in said else "flight to book"
    words = orjson.dumps(asked).hex()
    texts = [f"{noun} w{number}x{n} {words[-8:]} v{n}{number} u{n}z{number}" for n in range(count)]
    return say_json({"variations": [{"user_messages": [t], "answer": None} for t in texts]})


class World:
    """Starts providers, and runs what is queued."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._runner = JobRunner(
            Registry("job kind", (GenerateRecords(), RegenerateRecords(), AcceptGenerated())),
            "wk_test",
        )

    def configure(self, **values: str) -> None:
        """Set variables of the environment, named without their prefix."""
        for name, value in values.items():
            self._monkeypatch.setenv(f"RFT_LLM_{name}", value)
        get_settings.cache_clear()

    def provider(
        self, behave: Behaviour = vary, **values: str
    ) -> AbstractContextManager[FakeProvider]:
        """A provider that is configured while the block runs."""
        return configured(self._monkeypatch, behave, **values)

    def work(self, job: Job, attempt: int = 0) -> Job:
        """Run a job to its end."""
        self._runner.run(job.id, attempt)
        with reading() as session:
            return get_job(session, job.id)

    def stop_after(self, job: Job, num_calls: int, behave: Behaviour = vary) -> Behaviour:
        """A behaviour that cancels the job while it serves a call."""

        def cancel(request: Json, number: int) -> Served:
            if number == num_calls:
                with unit_of_work() as session:
                    jobs.request_cancel(session, job.id)
            return replace(behave(request, number), delay_s=0.5)

        return cancel


def read_candidates() -> list[CandidateRow]:
    """All candidates by key."""
    with reading() as session:
        return list(session.exec(select(CandidateRow).order_by(col(CandidateRow.seq))))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, any_database: str) -> World:
    """Both databases, with the dataset in it."""
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    get_settings.cache_clear()
    add_dataset()
    return World(monkeypatch)
