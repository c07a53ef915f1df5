"""Rewards of live answers: only where the grader has something to go by."""

import pytest

from rft_app.domain.grader import GraderSpec, ScriptSpec, StringCheckSpec
from rft_app.services.graders import save_grader
from rft_app.services.traffic_grading import NO_REFERENCE, grade_waiting, tell_live_grading
from rft_app.storage.session import reading, unit_of_work
from tests.gateway.conftest import Start, read_traces
from tests.gateway.test_deployed import ask, deploy, read_report
from tests.gateway.upstream import Upstream

COMPARING = """
def grade(sample, item):
    return 1.0 if sample["output_text"] == item["reference"] else 0.25
"""


@pytest.mark.parametrize("spec", [ScriptSpec(source=COMPARING), StringCheckSpec()])
def test_live_answers_are_not_compared_with_a_reference_they_lack(
    start: Start, base: Upstream, tuned: Upstream, spec: GraderSpec
) -> None:
    deployment = deploy(base, tuned, graded_share=1.0)
    with unit_of_work() as session:
        save_grader(session, deployment.dataset_id, spec)
    gateway = start(LLM_BASE_URL="")
    while not (base.asked and tuned.asked):
        ask(gateway)
    read_traces(gateway)
    while grade_waiting():
        pass
    report = read_report(gateway, deployment)
    for figures, asked in zip(report.variants, (base.asked, tuned.asked), strict=True):
        assert figures.mean_reward is None
        assert (figures.num_graded, figures.num_failed) == (0, 0)
        assert figures.num_skipped == len(asked)
    assert sum(NO_REFERENCE in told for told in report.notes) == 2
    assert report.difference is None
    with reading() as session:
        told = tell_live_grading(session, deployment.dataset_id)
    assert told.startswith("The grader compares with a reference")
