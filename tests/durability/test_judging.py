import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.services.dry_runs import get_dry_run
from rft_app.services.pipeline import queue_step
from rft_app.settings import get_settings
from rft_app.storage.migrations import migrate
from rft_app.storage.session import reading, unit_of_work
from tests.durability.test_generation import read_job, wait_for
from tests.llm.provider import FakeProvider, Json, Served, say, say_json
from tests.pipeline.graded_dataset import DATASET, add_records, configure

pytestmark = pytest.mark.durability

NUM_ROLLOUTS, NUM_AT_ONCE, NUM_KILLS = 30, 2, 2
STRANGE = "answer 7"


def rate_slowly(request: Json, number: int) -> Served:
    """A score for each answer but one, which is not judged however often it is asked about."""
    is_strange = request["messages"][0]["content"] == STRANGE
    served = say("Well.") if is_strange else say_json({"reasoning": "So.", "score": 0.5})
    return Served(served.body, delay_s=0.25)


@pytest.fixture
def provider(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProvider]:
    with FakeProvider(rate_slowly).running() as found:
        monkeypatch.setenv("RFT_LLM_BASE_URL", found.url)
        monkeypatch.setenv("RFT_LLM_MODELS", "good=1/10")
        monkeypatch.setenv("RFT_LLM_CONCURRENCY", str(NUM_AT_ONCE))
        get_settings.cache_clear()
        yield found


def test_killed_twice_no_call_that_was_answered_is_paid_again(
    provider: FakeProvider, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    migrate()
    add_records([f"answer {number}" for number in range(NUM_ROLLOUTS)])
    configure(JudgeSpec(prompt="{{sample.output_text}}"))
    with unit_of_work() as session:
        job = queue_step(session, DATASET, StepName.DRY_RUN)
    chance = random.Random(48)
    for _ in range(NUM_KILLS):
        seen = len(provider.requests)
        worker = start_worker()
        wait_for(lambda seen=seen: len(provider.requests) > seen + 6)
        time.sleep(chance.uniform(0.1, 0.6))
        worker.kill()
        worker.wait()
    assert read_job(job).status is JobStatus.RUNNING

    start_worker()
    wait_for(lambda: read_job(job).status.is_settled)

    assert read_job(job).status is JobStatus.DONE, read_job(job).error
    with reading() as session:
        report = get_dry_run(session, DATASET).report
    assert report is not None
    assert (report.num_graded, report.num_failed) == (NUM_ROLLOUTS - 1, 1)
    assert report.judge is not None
    num_questions = NUM_ROLLOUTS + 1  # one for each rollout, and one repair
    assert report.judge.paid.num_calls == num_questions
    asked = Counter(str(request["messages"]) for request in provider.requests)
    assert len(asked) == num_questions
    assert report.judge.paid.most_killed == NUM_KILLS * NUM_AT_ONCE
    num_repeated = len(provider.requests) - num_questions
    assert num_repeated <= NUM_KILLS * NUM_AT_ONCE, "Only calls in flight may be made again."
