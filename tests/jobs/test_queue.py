import pytest

from rft_app.domain.job import JobError, JobStatus
from rft_app.errors import ConflictError, NotFoundError
from rft_app.jobs.context import JobCancelledError, JobContext
from rft_app.jobs.queue import cancel_job, enqueue, get_job, list_jobs, retry_job
from rft_app.storage import jobs
from rft_app.storage.session import reading, unit_of_work

pytestmark = pytest.mark.usefixtures("any_database")


def queued(kind: str = "count", dataset_id: str | None = "ds_1") -> str:
    with unit_of_work() as session:
        return enqueue(session, kind, dataset_id, {"to": 3}).id


def begun(job_id: str, worker: str = "w1", attempt: int = 0) -> JobContext:
    with unit_of_work() as session:
        job = jobs.begin_job(session, job_id, attempt, worker)
    assert job is not None
    return JobContext(job_id=job_id, dataset_id=job.dataset_id, args=job.args, worker_id=worker)


def status(job_id: str) -> JobStatus:
    with reading() as session:
        return get_job(session, job_id).status


def test_a_job_is_queued_with_the_transaction_that_wanted_it() -> None:
    with pytest.raises(RuntimeError), unit_of_work() as session:
        enqueue(session, "count", "ds_1", {})
        raise RuntimeError

    with reading() as session:
        assert list_jobs(session) == []


def test_jobs_come_newest_first_and_of_one_dataset_where_asked() -> None:
    first, second = queued(dataset_id="ds_1"), queued(dataset_id="ds_2")

    with reading() as session:
        assert [job.id for job in list_jobs(session)] == [second, first]
        assert [job.id for job in list_jobs(session, "ds_1")] == [first]
        assert list_jobs(session)[0].created_at.tzinfo is not None


def test_a_dataset_has_one_active_job_of_a_kind() -> None:
    queued()
    queued(dataset_id="ds_2")
    queued(kind="other")

    with pytest.raises(ConflictError, match="count job is still queued"):
        queued()


def test_a_job_that_was_enqueued_at_the_same_moment_is_refused_by_the_database() -> None:
    queued()

    with pytest.raises(ConflictError), unit_of_work() as session:
        jobs.add_job(session, "count", "ds_1", {})


def test_the_next_job_of_a_kind_may_come_when_the_first_has_ended() -> None:
    first = queued()
    begun(first)
    with unit_of_work() as session:
        jobs.settle_job(session, first, "w1", JobStatus.DONE, result={"n": 1})

    assert queued() != first


def test_an_unknown_job_is_not_found() -> None:
    with reading() as session, pytest.raises(NotFoundError, match="no job job_x"):
        get_job(session, "job_x")


def test_progress_is_written_to_the_row() -> None:
    job_id = queued()
    begun(job_id).progress(2, 3, "2 of 3 counted")

    with reading() as session:
        job = get_job(session, job_id)
    assert (job.progress_done, job.progress_total) == (2, 3)
    assert job.progress_label == "2 of 3 counted"


def test_progress_is_throttled_but_nothing_is_lost_at_the_end() -> None:
    job_id = queued()
    context = begun(job_id)
    for done in range(1000):
        context.progress(done)
    with reading() as session:
        assert get_job(session, job_id).progress_done < 999

    context.flush()

    with reading() as session:
        assert get_job(session, job_id).progress_done == 999


def test_running_work_notices_that_it_should_stop() -> None:
    job_id = queued()
    context = begun(job_id)
    with unit_of_work() as session:
        assert cancel_job(session, job_id).cancel_requested

    with pytest.raises(JobCancelledError):
        context.check_cancelled()


def test_work_that_another_worker_took_over_stops_and_cannot_settle_the_job() -> None:
    job_id = queued()
    context = begun(job_id, "w1")
    with unit_of_work() as session:
        jobs.begin_job(session, job_id, 0, "w2")

    with pytest.raises(JobCancelledError):
        context.check_cancelled()
    with unit_of_work() as session:
        assert jobs.settle_job(session, job_id, "w1", JobStatus.CANCELLED) is None
    assert status(job_id) is JobStatus.RUNNING


def test_an_ended_job_cannot_be_cancelled() -> None:
    job_id = queued()
    begun(job_id)
    with unit_of_work() as session:
        jobs.settle_job(session, job_id, "w1", JobStatus.DONE, result={})

    with pytest.raises(ConflictError, match="nothing to cancel"), unit_of_work() as session:
        cancel_job(session, job_id)


def test_a_failed_job_can_be_retried_and_its_old_attempt_is_void() -> None:
    job_id = queued()
    begun(job_id)
    error = JobError(code="invalid_input", message="Line 3 is broken.")
    with unit_of_work() as session:
        jobs.settle_job(session, job_id, "w1", JobStatus.FAILED, error=error)
    with unit_of_work() as session:
        job = retry_job(session, job_id)

    assert (job.status, job.error) == (JobStatus.QUEUED, None)
    with unit_of_work() as session:
        assert jobs.begin_job(session, job_id, 0, "w1") is None
        assert jobs.begin_job(session, job_id, 1, "w1") is not None


def test_only_failed_or_cancelled_jobs_can_be_retried() -> None:
    job_id = queued()

    with pytest.raises(ConflictError, match="only failed or cancelled"), unit_of_work() as session:
        retry_job(session, job_id)
