"""The whole loop, offline: dry run, training, comparison, A/B test, 200 calls, and back.

Once with a trainer that follows a script and an adapter made by hand, once with the real one,
shortened, where `RFT_TRAINER_PYTHON` names its environment: that takes minutes.  The embedded
server answers either way.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.deployment import (
    Deployment,
    DeploymentDraft,
    DeployMode,
    Variant,
    pick_variant,
)
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.job import JobStatus
from rft_app.domain.training_comparison import Finding
from rft_app.domain.training_run import TrainingRun
from rft_app.gateway import deployed
from rft_app.llm.embedded import MODEL, EmbeddedModel
from rft_app.pipeline.extract import ExtractSettings, ExtractStep
from rft_app.services import deployments
from rft_app.services.deployment_drafts import get_deployment_draft
from rft_app.services.deployment_figures import DeploymentReport, report_deployment
from rft_app.services.traffic_grading import grade_waiting
from rft_app.services.training_runs import find_adapter, get_comparison
from rft_app.services.tuned_models import name_tuned_model
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from tests.bank_questions import GRADER, QUESTIONS, list_rows, make_row, write_answer
from tests.gateway.conftest import Running, Start, read_traces
from tests.llm.adapters import make_weights, write_adapter
from tests.pipeline.graded_dataset import DATASET, begin_job, configure, last_run, run_dry
from tests.processes.importing_helpers import import_file
from tests.services.training_world import follow_script, order, script_trainer, work
from tests.trainers.real_trainer import NAMED, take_trainer
from tests.ui.files import write_lines

pytestmark = pytest.mark.durability

TINY = {
    "num_steps": 3,
    "rollouts_per_prompt": 4,
    "max_completion_tokens": 16,
    "validate_every": 3,
    "num_validated": 4,
    "num_compared": 12,
}
NUM_CALLS = 200
SEED, DEPLOYMENT_ID = 7, "dep_whole_loop"
"""Together they say who answers each call."""
WITHIN = 28
"""Four standard errors of 200 fair coins."""


@pytest.fixture
def home(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory with the embedded model."""
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "on")
    get_settings.cache_clear()
    yield database
    EmbeddedModel(database / "embedded").stop()


@pytest.mark.parametrize("trainer", ["scripted", "real"])
def test_from_traces_to_a_deployed_model_and_back(
    home: Path, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trainer: str
) -> None:
    if (is_real := trainer == "real") and not NAMED:
        pytest.skip("RFT_TRAINER_PYTHON names no environment that trains.")
    if is_real:
        take_trainer(monkeypatch)
    monkeypatch.setattr(deployments, "new_id", lambda _: DEPLOYMENT_ID)
    monkeypatch.setattr(deployed, "_random", random.Random(SEED))
    look_at_records(tmp_path)
    run = train(monkeypatch, is_real=is_real)
    deployment = deploy(run, is_real=is_real)
    gateway = start(EMBEDDED_MODEL="on", LLM_BASE_URL="")
    answered = call(gateway, NUM_CALLS)
    assert answered == expect(deployment)
    look_at_figures(gateway, deployment, answered)

    with unit_of_work() as session:
        deployments.roll_back(session, "bank", reason="enough seen")
    call(gateway, 1, patience=100)
    assert Counter(call(gateway, 20)) == {Variant.BASE: 20}


def look_at_records(folder: Path) -> None:
    """Recorded answers, two of three wrong, promise that there is something to learn."""
    rows = list_rows()
    for number, row in enumerate(rows):
        if number % 3:
            row["messages"][-1]["content"] = write_answer("none")
    import_file(write_lines(folder / "bank.jsonl", *rows))
    ExtractStep().run(begin_job("extract"), DATASET, ExtractSettings())
    configure(GRADER)
    run_dry()
    _, report = last_run()
    assert report.verdict in {DryRunVerdict.GO, DryRunVerdict.CAUTION}
    assert report.num_graded == len(rows)


def train(monkeypatch: pytest.MonkeyPatch, *, is_real: bool) -> TrainingRun:
    """Train and compare."""
    if not is_real:
        script_trainer(monkeypatch)
        follow_script(says={"base": "I do not know", "tuned": write_answer("lost")})
    run = work(order(settings=TINY))
    assert run.status is JobStatus.DONE, run.error
    assert run.outcome is not None
    with reading() as session:
        found, folder = get_comparison(session, run.id), find_adapter(session, run.id).folder
    assert found.n == TINY["num_compared"]
    assert found.low <= found.difference <= found.high
    if is_real:
        assert (run.outcome.adapter_norm or 0) > 0
        assert run.outcome.base_hash != run.outcome.adapter_hash
    else:
        assert (found.base_mean, found.finding) == (0.0, Finding.BETTER)
        write_adapter(folder, make_weights())
    return run


def deploy(run: TrainingRun, *, is_real: bool) -> Deployment:
    """Half of the calls of `bank` go to what was trained, and all answers are graded."""
    tuned = name_tuned_model(run)
    assert tuned is not None
    with unit_of_work() as session:
        if not is_real:
            draft = get_deployment_draft(session, DATASET)
            assert (draft.base_model, draft.tuned_model) == (MODEL, tuned)
        draft = DeploymentDraft(
            mode=DeployMode.AB_TEST,
            ab_test_share=0.5,
            alias="bank",
            base_model=MODEL,
            tuned_model=tuned,
            graded_share=1.0,
        )
        return deployments.deploy(session, DATASET, draft, reason="it is better")


def call(gateway: Running, number: int, patience: int = 0) -> list[Variant]:
    """Who answered so many calls by the official client.

    Args:
        gateway: Whom to call.
        number: How many calls.
        patience: Call so often first, until only the base answers.
    """
    client = gateway.client().chat.completions.with_raw_response
    questions = [text for some in QUESTIONS.values() for text in some]

    def ask(place: int) -> Variant:
        messages: Any = make_row(questions[place % len(questions)], "")["messages"][:-1]
        answer = client.create(model="bank", messages=messages, max_tokens=3, temperature=0)
        assert answer.parse().choices[0].message.role == "assistant"
        return Variant(answer.headers["x-rft-variant"])

    for _ in range(patience):
        if {ask(place) for place in range(3)} == {Variant.BASE}:
            break
    return [ask(place) for place in range(number)]


def expect(deployment: Deployment) -> list[Variant]:
    """Who answers the first calls that name no session: chance gives each call its key."""
    chance = random.Random(SEED)
    keys = [f"{chance.getrandbits(64):016x}" for _ in range(NUM_CALLS)]
    share = deployment.tuned_share
    return [pick_variant(deployment.id, key, share) for key in keys]


def look_at_figures(gateway: Running, deployment: Deployment, answered: Sequence[Variant]) -> None:
    """The client's own count is exactly the deployment's, and near the share that was asked for."""
    report = read_report(gateway, deployment)
    asked = Counter(answered)
    assert abs(asked[Variant.TUNED] - NUM_CALLS / 2) < WITHIN
    for figures in report.variants:
        assert figures.num_requests == asked[figures.variant]
        assert (figures.num_errors, figures.num_fallbacks) == (0, 0)
        assert figures.num_counted == figures.num_requests
        assert figures.output_tokens is not None
        assert 0 < figures.output_tokens <= 3 * figures.num_requests
        assert (figures.num_graded, figures.num_skipped) == (0, figures.num_requests)
    assert any("compares with a reference" in told for told in report.notes)


def read_report(gateway: Running, deployment: Deployment) -> DeploymentReport:
    """The figures once everything is written and graded."""
    read_traces(gateway)
    while grade_waiting():
        pass
    with reading() as session:
        return report_deployment(session, deployments.get_deployment(session, deployment.id))
