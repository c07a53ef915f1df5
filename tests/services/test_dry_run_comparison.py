import pytest

from rft_app.domain.dry_run import DryRun
from rft_app.domain.dry_run_comparison import DryRunComparison
from rft_app.errors import ConflictError, NotFoundError
from rft_app.services.dry_run_comparison import compare_dry_runs, list_record_pairs
from rft_app.services.dry_runs import list_dry_runs
from rft_app.storage import dry_runs
from rft_app.storage.dry_runs import DryRunPlan
from rft_app.storage.session import reading, unit_of_work
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    configure,
    run_dry,
)

HALF = "def grade(sample, item):\n    return float(sample.output_text) / 2\n"

pytestmark = pytest.mark.usefixtures("any_database")


@pytest.fixture(autouse=True)
def two_runs(any_database: str) -> None:
    """The second run halves every reward and grades another answer besides."""
    add_records(["0.2", "words", "1", "0"], topic_id=2)
    configure(NUMBER_OF_TEXT)
    run_dry()
    configure(HALF)
    add_answers(2, "0.6")
    run_dry()


def runs() -> list[DryRun]:
    """Newest first."""
    with reading() as session:
        return list_dry_runs(session, DATASET)


def compare() -> DryRunComparison:
    """The first run with the second."""
    second, first = runs()
    with reading() as session:
        return compare_dry_runs(session, DATASET, first.id, second.id)


def test_records_that_both_runs_graded_are_paired() -> None:
    found = compare()
    assert found.paired is not None
    assert (found.paired.n, found.paired.num_worse, found.paired.num_same) == (3, 2, 1)
    assert found.paired.mean == pytest.approx((-0.1 - 0.5) / 3)
    assert [pair.record_id for pair in found.paired.most_worse] == ["rec_3", "rec_1"]
    assert (found.num_only_first, found.num_only_second) == (0, 1)


def test_figures_and_topics_are_compared() -> None:
    found = compare()
    figures = {pair.name: (pair.first, pair.second) for pair in found.figures}
    assert figures["graded_rollouts"] == (3, 4)
    assert figures["failure_rate"] == (0.25, 0.2)
    assert [(topic.topic, topic.second_graded) for topic in found.topics] == [("Pay", 4)]


def test_a_run_is_equal_to_itself() -> None:
    run = runs()[0]
    with reading() as session:
        found = compare_dry_runs(session, DATASET, run.id, run.id)
    assert {pair.difference for pair in found.figures} == {0.0, None}
    assert found.paired is not None
    assert found.paired.num_same == found.paired.n == 4


def test_an_unfinished_run_cannot_be_compared() -> None:
    run = runs()[0]
    plan = DryRunPlan(run.snapshot_id, run.grader_version_id, run.settings, "", [])
    with unit_of_work() as session:
        unfinished = dry_runs.add_dry_run(session, DATASET, plan, job_id="job_x")
    with reading() as session, pytest.raises(ConflictError, match="Dry run 3 was not finished"):
        compare_dry_runs(session, DATASET, run.id, unfinished.id)
    with reading() as session, pytest.raises(NotFoundError):
        compare_dry_runs(session, DATASET, run.id, "run_none")


def test_runs_come_in_pages() -> None:
    newest = runs()[0]
    with reading() as session:
        older = list_dry_runs(session, DATASET, before=newest.number)
    assert [run.number for run in older] == [1]


def test_all_records_of_both_runs_come_in_pages_by_their_difference() -> None:
    found = compare()
    assert found.paired is not None
    runs = (found.first.id, found.second.id)
    with reading() as session:
        falls = list_record_pairs(session, DATASET, runs, limit=2)
        rest = list_record_pairs(session, DATASET, runs, offset=2)
        rises = list_record_pairs(session, DATASET, runs, rises_first=True)
    assert falls.next_offset == 2
    assert rest.next_offset is None
    pairs = [*falls.pairs, *rest.pairs]
    assert len(pairs) == found.paired.n > 2
    differences = [pair.difference for pair in pairs]
    assert differences == sorted(differences)
    assert sum(differences) / len(pairs) == pytest.approx(found.paired.mean)
    assert {pair.record_id for pair in rises.pairs} == {pair.record_id for pair in pairs}
    assert [pair.difference for pair in rises.pairs] == sorted(differences, reverse=True)
