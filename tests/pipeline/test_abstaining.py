"""A dry run whose grader abstains on some answers."""

import pytest

from rft_app.domain.dry_run import CriterionMean
from rft_app.domain.example import Unit
from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.grading import Abstention, GradeOrder, Verdict
from rft_app.domain.record import record_id
from rft_app.services.dry_runs import WantedRollouts, list_graded_rollouts
from rft_app.services.export_examples import ExampleReader
from rft_app.storage.record_scores import map_grades
from rft_app.storage.session import reading
from tests.pipeline.graded_dataset import (
    DATASET,
    add_answers,
    add_records,
    configure,
    last_run,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("database")

SCRIPT = """
def grade(sample, item):
    if sample.output_text == "?":
        return {"abstain": True, "reason": "It asks back."}
    return {"reward": float(sample.output_text), "criteria": {"length": len(sample.output_text)}}
"""


def test_an_abstention_is_neither_a_zero_nor_a_failure() -> None:
    add_records(["1", "0.5", "?", "no number", "?"], topic_id=1)
    configure(SCRIPT)
    run_dry()
    run, report = last_run()
    assert (report.num_graded, report.num_failed, report.num_abstained) == (2, 1, 2)
    assert report.statistics is not None
    assert report.statistics.mean == 0.75
    assert (report.failure_rate, report.abstention_share) == (0.2, 0.4)
    assert report.abstention_example == "rec_3: It asks back."
    assert report.topics[0].num_abstained == 2
    assert sum(report.histogram) == 2
    assert report.criteria == (CriterionMean(name="length", mean=2, low=1, high=3, num_told=2),)
    wanted = WantedRollouts(order=GradeOrder.ABSTAINED)
    with reading() as session:
        page = list_graded_rollouts(session, run.id, wanted)
        whole = list_graded_rollouts(session, run.id)
        failed = list_graded_rollouts(session, run.id, WantedRollouts(order=GradeOrder.FAILED))
        grades = map_grades(session, [run.id], [record_id(3), record_id(4)])
    assert [row.outcome for row in page.rows] == [Abstention(reason="It asks back.")] * 2
    assert len(failed.rows) == 1
    assert whole.rows[0].outcome == Verdict(reward=1.0, criteria={"length": 1.0})
    found = [grades[record_id(number)][run.id] for number in (3, 4)]
    counts = [(one.num_failed, one.num_abstained) for one in found]
    assert counts == [(0, 1), (1, 0)]


def test_what_the_grader_abstained_from_is_left_out_of_an_export_with_its_own_reason() -> None:
    add_records(["1", "?", "no number"])
    configure(SCRIPT)
    run_dry()
    run, _ = last_run()
    with reading() as session:
        reader = ExampleReader(session, DATASET, Unit.LABEL, ExportOptions(), run.id)
        found = list(reader.read([1, 2, 3]))
    assert isinstance(found[0], list)
    assert found[1:] == [Lack.ABSTAINED, Lack.FAILED]


@pytest.mark.parametrize(
    ("answers", "lack"),
    [
        (["1", "1", "?"], Lack.NO_PAIR),
        (["1", "1", "no number"], Lack.NO_PAIR),
        (["?", "?"], Lack.ABSTAINED),
        (["no number", "no number"], Lack.FAILED),
        (["no number", "?"], Lack.FAILED),
    ],
    ids=["equal", "equal beside a failure", "abstained", "failed", "both"],
)
def test_why_a_record_gives_no_pair_names_the_grader_only_where_nothing_has_a_reward(
    answers: list[str], lack: Lack
) -> None:
    own, *more = answers
    add_records([own])
    add_answers(1, *more)
    configure(SCRIPT)
    run_dry()
    run, _ = last_run()
    with reading() as session:
        reader = ExampleReader(session, DATASET, Unit.PAIR, ExportOptions(), run.id)
        assert list(reader.read([1])) == [lack]
    remedy = {Lack.NO_PAIR: "better or worse", Lack.FAILED: "Mend the grader"}
    assert remedy.get(lack, "change the grader") in lack.message
