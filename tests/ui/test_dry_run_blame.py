"""Whom a dry run's verdict leads to: the grader, the data, or a provider that failed."""

from datetime import UTC, datetime

import pytest

from rft_app.domain.dry_run import DryRun, DryRunSettings, make_report
from rft_app.domain.grade import Grade
from rft_app.domain.grader import MadeBy
from rft_app.domain.grading import REMEDIES, FailureKind
from rft_app.ui.state.dry_run_view import ReportView, view_report
from rft_app.ui.state.rollout_view import FAILURES


def view_failures(*kinds: FailureKind) -> ReportView:
    """A run with 40 good grades and these failures."""
    grades = [Grade(record_seq=seq, reward=seq % 2) for seq in range(40)]
    failed = [
        Grade(record_seq=100 + number, failure_kind=kind, failure_message="Why.")
        for number, kind in enumerate(kinds)
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    run = DryRun(
        id="run_1",
        dataset_id="ds_1",
        number=1,
        snapshot_id="snap_1",
        grader_version_id="grv_1",
        settings=DryRunSettings(),
        input_hash=None,
        num_planned=40 + len(kinds),
        num_done=40 + len(kinds),
        report=make_report([*grades, *failed], {}),
        job_id=None,
        created_at=at,
        finished_at=at,
    )
    return view_report(run, MadeBy(label="judge v1"))


def test_failures_of_a_provider_lead_to_providers_and_name_its_remedy() -> None:
    view = view_failures(*[FailureKind.TOO_LATE] * 10, FailureKind.EXCEPTION)
    assert (view.blames_provider, view.blames_grader, view.blames_data) == (True, False, False)
    assert "10 of 11 failures lie with the provider" in view.sentences[0]
    assert view.remedies[0].text == REMEDIES[FailureKind.TOO_LATE]
    assert view.remedies[1].text == "11 rollouts failed: mend that first, then there are enough."


def test_failures_of_the_grader_lead_to_it() -> None:
    view = view_failures(*[FailureKind.EXCEPTION] * 10, FailureKind.TOO_LATE)
    assert (view.blames_provider, view.blames_grader) == (False, True)
    assert "mend the grader" in view.remedies[0].text


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_of_failure_has_words_and_one_remedy(kind: FailureKind) -> None:
    assert FAILURES[kind]
    assert REMEDIES[kind].endswith(".")
