"""A comparison that lacks grades or answers is made whole, and nothing is judged or paid twice."""

from collections.abc import Iterator

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.domain.training_run import Phase, TrainingRun
from rft_app.errors import ConflictError
from rft_app.jobs.queue import cancel_job, get_job
from rft_app.jobs.running import JobRunner
from rft_app.services.comparing_again import compare_again, describe_gaps, find_comparing
from rft_app.services.job_kinds import all_job_kinds
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import get_step_row
from rft_app.trainers.grading import TrainingGrader
from rft_app.trainers.rewards import Graded, GradeRequest
from tests.llm.fine_tuning_service import CHAT, FakeService
from tests.pipeline.graded_dataset import DATASET
from tests.services import test_service_comparison
from tests.services.test_service_comparison import BASE, NUM_COMPARED, TUNED, ask_for, count_asked
from tests.services.training_world import look, lose, order, prepare, work

service = test_service_comparison.service


@pytest.fixture
def run(database: object, monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    """A finished training."""
    prepare(monkeypatch)
    return work(order())


def gaps(run: TrainingRun) -> str:
    with reading() as session:
        return describe_gaps(session, look(run))


def again(run: TrainingRun) -> TrainingRun:
    with unit_of_work() as session:
        job = compare_again(session, run.id)
    with reading() as session:
        assert find_comparing(session, run) is not None
    JobRunner(all_job_kinds(), "wk_test").run(job.id, 0)
    with reading() as session:
        ended = get_job(session, job.id)
        assert (ended.status, ended.error) == (JobStatus.DONE, None)
        assert find_comparing(session, run) is None
    return look(run)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Positions of the answers that are judged."""
    found: list[int] = []
    grade = TrainingGrader.grade

    def note(grader: TrainingGrader, request: GradeRequest) -> Graded:
        found.extend(range(request.first, request.first + len(request.answers)))
        return grade(grader, request)

    monkeypatch.setattr(TrainingGrader, "grade", note)
    yield found


def test_only_what_has_no_grade_is_judged_again(run: TrainingRun, judged: list[int]) -> None:
    assert run.outcome is not None
    lose(run, [1, 2, 7])
    lose(run, [0], Phase.BASE)
    with reading() as session:
        hash_before = get_step_row(session, DATASET, StepName.TRAIN).input_hash
    assert gaps(run) == (
        "4 held-out answers have no grade and no part in the comparison. The judge was silent."
    )
    broken = look(run).outcome
    assert broken is not None
    assert broken.comparison is not None
    assert broken.comparison.num_ungraded == 4
    found = again(run)
    assert judged == [0, 1, 2, 7]
    assert found.outcome == run.outcome
    assert gaps(run) == ""
    with reading() as session:
        assert get_step_row(session, DATASET, StepName.TRAIN).input_hash == hash_before


def test_a_comparison_that_nothing_came_of_is_made(run: TrainingRun) -> None:
    assert run.outcome is not None
    assert run.outcome.comparison is not None
    lose(run, list(range(run.outcome.comparison.n)))
    lost = look(run).outcome
    assert lost is not None
    assert lost.comparison is None
    assert again(run).outcome == run.outcome


def test_one_that_is_cancelled_keeps_what_it_judged(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(run, [1, 5])
    with unit_of_work() as session:
        job = compare_again(session, run.id)
    grade = TrainingGrader.grade

    def cancel(grader: TrainingGrader, request: GradeRequest) -> Graded:
        found = grade(grader, request)
        with unit_of_work() as session:
            cancel_job(session, job.id)
        return found

    monkeypatch.setattr(TrainingGrader, "grade", cancel)
    monkeypatch.setattr("rft_app.jobs.context.WRITE_EVERY_S", 0.0)
    JobRunner(all_job_kinds(), "wk_test").run(job.id, 0)
    with reading() as session:
        assert get_job(session, job.id).status is JobStatus.CANCELLED
    outcome = look(run).outcome
    assert outcome is not None
    assert outcome.comparison is not None
    assert outcome.comparison.num_ungraded == 1


def test_what_would_change_nothing_is_refused(run: TrainingRun) -> None:
    assert gaps(run) == ""
    with unit_of_work() as session, pytest.raises(ConflictError, match="would change nothing"):
        compare_again(session, run.id)
    waiting = order()
    with unit_of_work() as session, pytest.raises(ConflictError, match="when it is done"):
        compare_again(session, waiting.id)


def test_it_is_ordered_once(run: TrainingRun) -> None:
    lose(run, [1])
    with unit_of_work() as session:
        compare_again(session, run.id)
    with unit_of_work() as session, pytest.raises(ConflictError, match="still queued"):
        compare_again(session, run.id)


def test_a_service_is_asked_only_for_what_it_owes(service: FakeService) -> None:
    service.failing[CHAT] = [400] * 3
    run = work(test_service_comparison.order())
    asked = count_asked(service)
    assert gaps(run).startswith("3 held-out answers have no grade")
    found = again(run).outcome
    assert found is not None
    assert found.comparison is not None
    assert (found.comparison.n, found.comparison.num_ungraded) == (NUM_COMPARED, 0)
    assert count_asked(service) == {TUNED: asked[TUNED] + 3, BASE: asked[BASE]}
    assert found.paid is not None
    assert found.paid.num_calls == 2 * NUM_COMPARED


def test_a_model_that_is_served_later_is_compared_then(service: FakeService) -> None:
    answer = service.answers.pop(TUNED)
    run = work(test_service_comparison.order())
    assert f"{TUNED} gave no answer" in gaps(run)
    service.answers[TUNED] = answer
    found = again(run).outcome
    assert found is not None
    assert found.not_compared == ""
    assert found.comparison is not None
    assert found.comparison.n == NUM_COMPARED


def test_a_service_whose_models_cannot_be_compared_is_not_asked_again(service: FakeService) -> None:
    without = work(test_service_comparison.order(ask_for(num_compared=0)))
    assert without.outcome is not None
    assert without.outcome.not_compared
    assert gaps(without) == ""
