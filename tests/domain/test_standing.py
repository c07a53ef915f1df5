import pytest

from rft_app.domain.dataset import Dataset
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName, StepState, StepStatus
from rft_app.domain.standing import Standing, describe_standing, find_standing
from tests.builders import SOME_DAY, make_dataset

UNAVAILABLE = frozenset({StepName.TRAIN, StepName.DEPLOY})


def dataset(
    num_done: int, *, num_records: int = 9, outcome: StepStatus = StepStatus.COMPLETE
) -> Dataset:
    done = {
        name: StepState(name=name, outcome=outcome) for name in StepName if name.number <= num_done
    }
    verdict = "go" if num_done >= 5 else None
    return make_dataset(done, UNAVAILABLE, num_records=num_records, dry_run_verdict=verdict)


def job(status: JobStatus) -> Job:
    return Job(
        id="job_1",
        kind="extract",
        dataset_id="ds_1",
        status=status,
        created_at=SOME_DAY,
        updated_at=SOME_DAY,
    )


@pytest.mark.parametrize("num_done", [1, 3, 4])
def test_a_dataset_that_waits_for_its_user_is_ready_and_not_in_progress(num_done: int) -> None:
    assert find_standing(dataset(num_done), None, None) is Standing.READY


def test_a_dataset_whose_steps_are_all_done_shows_its_verdict() -> None:
    done = dataset(5)

    assert describe_standing(find_standing(done, None, None), done) == "Dry run GO"


def test_a_job_at_work_comes_before_all_else() -> None:
    failed = dataset(2, outcome=StepStatus.FAILED)

    assert find_standing(failed, None, None) is Standing.ATTENTION
    assert find_standing(failed, job(JobStatus.QUEUED), None) is Standing.RUNNING


def test_a_dataset_without_records_is_empty_unless_its_job_died() -> None:
    empty = dataset(0, num_records=0)

    assert find_standing(empty, None, None) is Standing.EMPTY
    assert find_standing(empty, None, job(JobStatus.FAILED)) is Standing.ATTENTION
