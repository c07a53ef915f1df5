"""A stored provider whose key is revoked in the middle of a dry run, and replaced."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.grader import JudgeSpec
from rft_app.domain.job import JobError, JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.domain.sampling import Sampling
from rft_app.errors import ProviderError
from rft_app.jobs.context import JobContext
from rft_app.services.dry_run_resuming import find_stopped, go_on
from rft_app.services.providers import add_provider, change_provider
from rft_app.storage import jobs
from rft_app.storage.paid_calls import sum_paid_calls
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step
from tests.llm.provider import (
    FakeProvider,
    Json,
    Served,
    refuse,
    refuse_as_google,
    refuse_softly,
    say,
    say_json,
)
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)

OLD, NEW = "sk-old-and-very-secret", "sk-new-and-very-secret"
NUM_RECORDS, NUM_BEFORE = 12, 7
JUDGE = JudgeSpec(prompt="Rate: {{sample.output_text}}")


FACES: dict[str, Callable[[str], Served]] = {
    "status 401": lambda key: refuse(401, f"Incorrect API key provided: {key}"),
    "status 400": refuse_as_google,
    "status 200": refuse_softly,
}
"""How providers tell that a key is not valid any more, with the key in the message."""


class Lab:
    """The provider: takes the old key for some calls, then only the new one."""

    def __init__(self) -> None:
        self.fake = FakeProvider(self.behave)
        self.turn_away = FACES["status 401"]
        self.served: list[str] = []
        """The question of each call that was answered, and so paid."""

    def behave(self, request: Json, number: int) -> Served:
        """Answer, or refuse with the key in the message as some providers do."""
        said = request["messages"][-1]["content"]
        key = (self.fake.keys[number] or "").removeprefix("Bearer ")
        if key != NEW and len(self.served) >= NUM_BEFORE:
            return self.turn_away(key)
        self.served.append(said)
        return say_json({"score": 1}) if said.startswith("Rate: ") else say("0.5")

    @property
    def settings(self) -> Provider:
        """As it is stored."""
        return Provider(
            name="lab",
            kind=ProviderKind.STORED,
            base_url=self.fake.url,
            models=(Model(name="big", input_usd_per_million=1, output_usd_per_million=10),),
            concurrency=1,
            max_attempts=1,
        )


@pytest.fixture
def lab(database: Path) -> Iterator[Lab]:
    """The provider, stored with its old key."""
    found = Lab()
    with found.fake.running():
        with unit_of_work() as session:
            add_provider(session, found.settings, NewKey(secret=SecretStr(OLD)))
        yield found


def fail(context: JobContext, error: ProviderError) -> str:
    """The run's job ends with that error, as the worker writes it; returns what is stored."""
    with unit_of_work() as session:
        told = JobError(code=error.code, message=error.message)
        settled = jobs.settle_job(session, context.job_id, "w1", JobStatus.FAILED, error=told)
        for step in (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER):
            result = StepResult(outcome=StepStatus.COMPLETE, summary="done")
            finish_step(session, DATASET, step, result, settings={}, input_hash="a=1")
    assert settled is not None
    return settled.model_dump_json()


def go_on_with(key: str, lab: Lab, context: JobContext) -> None:
    """Replace the key, and let the run go on as its button does."""
    with unit_of_work() as session:
        change_provider(session, lab.settings, NewKey(secret=SecretStr(key)))
    with unit_of_work() as session:
        go_on(session, DATASET, context.job_id)
        jobs.begin_job(session, context.job_id, 1, "w1")


def require_hidden(*texts: str) -> None:
    """The key is in none of them."""
    assert not [text for text in texts if OLD in text]


def require_all_graded(*, is_judged: bool) -> None:
    """Every rollout has its grade, and every call was paid once."""
    _, report = last_run()
    assert (report.num_graded, report.num_failed, report.num_not_sampled) == (NUM_RECORDS, 0, 0)
    use = report.judge if is_judged else report.sampler
    assert use is not None
    assert (use.model, use.paid.num_calls) == ("big", NUM_RECORDS)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "sampling", [None, Sampling(model="big", max_tokens=40)], ids=["judge", "answers"]
)
def test_the_run_names_the_provider_and_goes_on_with_the_new_key(
    lab: Lab, caplog: pytest.LogCaptureFixture, sampling: Sampling | None, face: str
) -> None:
    caplog.set_level(logging.DEBUG)
    lab.turn_away = FACES[face]
    add_records([f"0.{seq:02}" for seq in range(1, NUM_RECORDS + 1)])
    configure(JUDGE if sampling is None else NUMBER_OF_TEXT)
    context = begin_job()
    settings = DryRunSettings(sampling=sampling, num_rollouts=1).model_dump()
    with pytest.raises(ProviderError) as caught:
        run_dry(context, **settings)
    said = caught.value.message
    assert f"stopped with {NUM_RECORDS - NUM_BEFORE} " in said
    assert "Check the key of lab in Settings" in said
    assert "nothing is paid twice" in said
    stored = fail(context, caught.value)
    assert "key of lab" in stored
    assert lab.fake.keys[-1] == f"Bearer {OLD}", "it was sent, so it could have come back"
    require_hidden(said, stored, caplog.text, repr(caught.value))
    assert len(lab.fake.requests) - len(lab.served) <= 2, "no call is made that must fail, too"

    with reading() as session:
        stopped = find_stopped(session, DATASET, context.job_id)
    assert stopped is not None
    left = stopped.num_left if sampling is None else stopped.num_unsampled
    assert (stopped.num_planned, left) == (NUM_RECORDS, NUM_RECORDS - NUM_BEFORE)

    go_on_with(NEW, lab, context)
    run_dry(context, **settings)
    assert len(lab.served) == NUM_RECORDS, "what was paid with the old key is not asked again"
    assert sampling is not None or len(set(lab.served)) == NUM_RECORDS
    require_all_graded(is_judged=sampling is None)


def test_a_key_that_was_not_replaced_fails_again_and_pays_nothing(lab: Lab) -> None:
    add_records([f"0.{seq:02}" for seq in range(1, NUM_RECORDS + 1)])
    configure(JUDGE)
    context = begin_job()
    with pytest.raises(ProviderError) as caught:
        run_dry(context)
    fail(context, caught.value)
    go_on_with("sk-wrong-and-secret-too", lab, context)
    with pytest.raises(ProviderError, match="Check the key of lab") as caught:
        run_dry(context)
    assert "sk-wrong" not in caught.value.message
    with reading() as session:
        assert sum_paid_calls(session, context.job_id).num_calls == NUM_BEFORE == len(lab.served)
