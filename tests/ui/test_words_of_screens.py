"""What screens say in words and figures, without a browser."""

import pytest

from rft_app.domain.attack import AttackSummary
from rft_app.domain.coverage import analyse_coverage
from rft_app.domain.dataset import DatasetPhase
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.grader import MadeBy
from rft_app.domain.job import JobError, JobStatus
from rft_app.domain.pipeline import StepName, StepResult, StepState, StepStatus
from rft_app.domain.topic_review import TopicChoice
from rft_app.pipeline.steps import STEPS
from rft_app.services.canvas import get_canvas
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import fail_step, finish_step
from rft_app.ui.state.canvas_node import describe_nodes
from rft_app.ui.state.coverage import CoverageRow
from rft_app.ui.state.dataset_card import DatasetCard
from rft_app.ui.state.dry_run_view import view_report
from rft_app.ui.state.next_panel import describe_coverage, describe_next, describe_recent
from rft_app.ui.state.topic_reviewing import ReviewChoice
from tests.builders import make_dataset
from tests.pipeline.graded_dataset import (
    DATASET,
    add_records,
    begin_job,
    configure,
    last_run,
    run_dry,
)


@pytest.mark.parametrize(
    ("outcome", "verdict", "badge", "tone"),
    [
        (StepStatus.PASSED, "go", "Dry run GO", "ok"),
        (StepStatus.ATTENTION, "caution", "Dry run CAUTION", "warn"),
        (StepStatus.FAILED, "no_go", "Needs attention", "warn"),
    ],
)
def test_only_a_verdict_against_training_asks_for_a_look(
    outcome: StepStatus, verdict: str, badge: str, tone: str
) -> None:
    done = {
        name: StepState(name=name, outcome=StepStatus.COMPLETE)
        for name in (StepName.EXTRACT, StepName.TOPICS, StepName.COVERAGE, StepName.GRADER)
    }
    states = {**done, StepName.DRY_RUN: StepState(name=StepName.DRY_RUN, outcome=outcome)}
    later = frozenset({StepName.TRAIN, StepName.DEPLOY})
    stats = {"num_records": 9, "dry_run_verdict": verdict, "dry_run_mean": 0.5}
    dataset = make_dataset(states, later, **stats)
    card = DatasetCard.of(dataset, None, None)
    assert (card.badge, card.tone) == (badge, tone)
    assert (dataset.phase is DatasetPhase.ATTENTION) is (outcome is StepStatus.FAILED)


@pytest.mark.usefixtures("database")
def test_a_verdict_counts_the_rules_that_apply_and_says_what_it_means() -> None:
    add_records(["0", "1", "0.5"], topic_id=1)
    configure("def grade(sample, item):\n    return 1.0")
    run_dry()
    run, report = last_run()
    view = view_report(run, MadeBy(label="script v1", now="script v1"))
    assert report.verdict is DryRunVerdict.NO_GO
    assert view.ruling == "worst of the 5 rules that apply"
    assert view.meaning == "Training would not work; mend the rows marked no go first."
    assert (view.attack_words, view.attack_status) == ("Not attacked yet", "waiting")
    found = AttackSummary(num_records=5, num_attacks=9, suspicious=("Keyword stuffing",))
    view = view_report(run, MadeBy(label="script v1", now="script v1"), found)
    assert view.attack_words == "1 of 9 attacks is rewarded: Keyword stuffing"
    assert view.attack_status == "attention"


@pytest.mark.usefixtures("database")
def test_why_the_next_step_stopped_is_told_once() -> None:
    add_records(["0", "1"], topic_id=1)
    configure("def grade(sample, item):\n    return 1.0")
    job, error = begin_job(), "The judge stopped with 2 rollouts left."
    with unit_of_work() as session:
        done = StepResult(outcome=StepStatus.COMPLETE, summary="done")
        for step in STEPS[:4]:
            read = step.input_hash(get_inputs(session, DATASET), step.settings_type())
            finish_step(session, DATASET, step.name, done, settings={}, input_hash=read)
        fail_step(session, DATASET, StepName.DRY_RUN, error)
        failure = JobError(code="provider", message=error)
        jobs.settle_job(session, job.job_id, "w1", JobStatus.FAILED, error=failure)
    with reading() as session:
        canvas = get_canvas(session, DATASET)
    following = describe_next(canvas)
    assert (following.title, following.error) == ("Dry run failed", error)
    assert describe_recent(canvas.jobs, following.error)[0].error == ""
    assert describe_recent(canvas.jobs, "")[0].error == error
    assert describe_nodes(canvas)[StepName.DRY_RUN.number - 1].notes == []


@pytest.mark.parametrize("num_rare", [3, 10, 40])
def test_shares_beside_the_division_are_the_figures_of_the_division(num_rare: int) -> None:
    counts = dict.fromkeys("abcde", 40) | {"rare": num_rare}
    report = analyse_coverage(counts, {})
    above, below = report.division.split(" ÷ ")
    found = describe_coverage(report.model_dump(mode="json"))
    assert found.witness.endswith(f"line = target {below}")
    assert found.bars[-1].value == above
    assert report.division in found.balance
    row = CoverageRow.of(report.topics[-1], report, 1.0)
    assert (row.share, row.target) == (above, below)
    assert all(f"its target is {below}" in advice for advice in report.recommendations[:1])


def test_how_sure_a_topic_is_reads_as_no_share() -> None:
    choice = ReviewChoice.of(1, TopicChoice(key="Money/Cards", confidence=0.5249))
    assert (choice.name, choice.sure) == ("Money › Cards", "0.52")
