import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from rft_app.domain.generation import GenerationSettings
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.record import Selection
from rft_app.jobs.queue import get_job
from rft_app.services.generation import start_generation
from rft_app.settings import get_settings
from rft_app.storage.migrations import migrate
from rft_app.storage.session import get_engine, reading, unit_of_work
from tests.llm.provider import FakeProvider, Json, Served
from tests.services.generation_world import DATASET, add_dataset, read_candidates, vary

pytestmark = pytest.mark.durability

NUM_CALLS = 12 * 4
NUM_AT_ONCE = 2
NUM_KILLS = 3


def vary_slowly(request: Json, number: int) -> Served:
    served = vary(request, number)
    return Served(served.body, delay_s=0.25)


@pytest.fixture
def provider(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    with FakeProvider(vary_slowly).running() as found:
        monkeypatch.setenv("RFT_LLM_BASE_URL", found.url)
        monkeypatch.setenv("RFT_LLM_MODELS", "good=1/10")
        monkeypatch.setenv("RFT_LLM_CONCURRENCY", str(NUM_AT_ONCE))
        monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
        get_settings.cache_clear()
        yield found


def wait_for(condition: Callable[[], object], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def read_job(job: Job) -> Job:
    with reading() as session:
        return get_job(session, job.id)


def test_killed_three_times_what_was_paid_is_not_paid_again(
    provider: FakeProvider, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    migrate()
    add_dataset(num_flights=10)
    settings = GenerationSettings(variations_per_record=20, max_synthetic_ratio=1.0)
    with unit_of_work() as session:
        job = start_generation(session, DATASET, settings, Selection())
    chance = random.Random(48)
    for _ in range(NUM_KILLS):
        seen = len(provider.requests)
        worker = start_worker()
        wait_for(lambda seen=seen: len(provider.requests) > seen + 3)
        time.sleep(chance.uniform(0.1, 0.6))
        worker.kill()
        worker.wait()
    assert read_job(job).status is JobStatus.RUNNING

    start_worker()
    wait_for(lambda: read_job(job).status.is_settled)

    settled = read_job(job)
    assert settled.status is JobStatus.DONE, settled.error
    assert settled.result is not None
    assert settled.result["num_generated"] == 20 * 12
    places = Counter((row.unit, row.place) for row in read_candidates())
    assert set(places.values()) == {1}
    asked = Counter(request["messages"][1]["content"] for request in provider.requests)
    assert len(asked) == NUM_CALLS
    num_repeated = len(provider.requests) - NUM_CALLS
    assert num_repeated <= NUM_KILLS * NUM_AT_ONCE, "Only calls in flight may be made again."
    with get_engine().connect() as connection:
        rows = connection.execute(text("SELECT COUNT(*), COUNT(DISTINCT key) FROM llm_call"))
        assert tuple(rows.one()) == (NUM_CALLS, NUM_CALLS)
