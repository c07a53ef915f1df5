"""What screens say in words and figures, without a browser."""

import pytest

from rft_app.domain.dataset import DatasetPhase
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.pipeline import StepName, StepState, StepStatus
from rft_app.domain.topic_review import TopicChoice
from rft_app.ui.state.dataset_card import DatasetCard
from rft_app.ui.state.dry_run_view import view_report
from rft_app.ui.state.next_panel import describe_coverage
from rft_app.ui.state.topic_reviewing import ReviewChoice
from tests.builders import make_dataset
from tests.pipeline.graded_dataset import (
    add_records,
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
    view = view_report(run, "script v1")
    assert report.verdict is DryRunVerdict.NO_GO
    assert view.ruling == "worst of the 5 rules that apply"
    assert view.meaning == "Training would not work; mend the rows marked no go first."


def test_the_target_beside_the_bars_has_the_digits_of_the_division() -> None:
    topics = [
        {"key": "a", "share": 0.9, "target_share": 1 / 8, "status": "over", "count": 90},
        {"key": "b", "share": 0.1, "target_share": 1 / 8, "status": "under", "count": 10},
    ]
    set_by = {"set_by": "b", "set_by_share": 0.1, "set_by_target": 1 / 8, "balance": 0.8}
    found = describe_coverage({"topics": topics, **set_by})
    divisor = found.balance.partition(" ÷ ")[2].partition(",")[0]
    assert found.witness.endswith(f"line = target {divisor}")


def test_how_sure_a_topic_is_reads_as_no_share() -> None:
    choice = ReviewChoice.of(1, TopicChoice(key="Money/Cards", confidence=0.5249))
    assert (choice.name, choice.sure) == ("Money › Cards", "0.52")
