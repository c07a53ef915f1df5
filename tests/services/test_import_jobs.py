import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import orjson

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.domain.worker import Worker
from rft_app.jobs.context import JobContext
from rft_app.jobs.liveness import this_host
from rft_app.jobs.queue import list_active_jobs
from rft_app.pipeline.jobs import StepJob
from rft_app.services.import_jobs import ImportTraces
from rft_app.services.imports import start_import
from rft_app.services.pipeline import find_step
from rft_app.storage import jobs, workers
from rft_app.storage.session import reading, unit_of_work
from tests.processes.importing_helpers import add_dataset

WORKER = "worker_a"


def begin_import(path: Path) -> Job:
    row = {"messages": [{"role": "user", "content": path.name}]}
    path.write_bytes(orjson.dumps(row))
    with unit_of_work() as session:
        job = start_import(session, dataset_id="ds_a", path=path, file_name=path.name)
        jobs.begin_job(session, job.id, 0, WORKER)
    return job


def run_import(job: Job) -> None:
    context = JobContext(job_id=job.id, dataset_id="ds_a", args=job.args, worker_id=WORKER)
    ImportTraces().run(context)
    with unit_of_work() as session:
        jobs.settle_job(session, job.id, WORKER, JobStatus.DONE)


def active_extracts() -> list[Job]:
    with reading() as session:
        return [job for job in list_active_jobs(session, "ds_a") if job.kind == "extract"]


def register_worker() -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        workers.add_worker(
            session,
            Worker(id=WORKER, pid=os.getpid(), host=this_host(), started_at=now, heartbeat_at=now),
        )


def test_an_import_that_ends_while_extract_runs_starts_it_again(
    database: Path, tmp_path: Path
) -> None:
    add_dataset()
    register_worker()
    run_import(begin_import(tmp_path / "first.jsonl"))
    (running,) = active_extracts()
    with unit_of_work() as session:
        jobs.begin_job(session, running.id, 0, WORKER)
    second = begin_import(tmp_path / "second.jsonl")

    with ThreadPoolExecutor() as pool:
        ended = pool.submit(run_import, second)
        while (label := read_label(second)) == "" or "rows read" in label:
            assert not ended.done()
        assert "Waiting for the Extract" in label
        context = JobContext(job_id=running.id, dataset_id="ds_a", args={}, worker_id=WORKER)
        StepJob(find_step(StepName.EXTRACT), "Extract").run(context)
        with unit_of_work() as session:
            jobs.settle_job(session, running.id, WORKER, JobStatus.DONE)
        ended.result(30)

    (again,) = active_extracts()
    assert again.id != running.id


def test_an_extract_that_has_not_started_reads_the_new_traces_too(
    database: Path, tmp_path: Path
) -> None:
    add_dataset()
    run_import(begin_import(tmp_path / "first.jsonl"))
    waiting = active_extracts()

    run_import(begin_import(tmp_path / "second.jsonl"))

    assert active_extracts() == waiting


def test_an_extract_of_a_dead_worker_is_not_waited_for(database: Path, tmp_path: Path) -> None:
    add_dataset()
    run_import(begin_import(tmp_path / "first.jsonl"))
    (left,) = active_extracts()
    with unit_of_work() as session:
        jobs.begin_job(session, left.id, 0, "worker_dead")

    run_import(begin_import(tmp_path / "second.jsonl"))

    assert [job.id for job in active_extracts()] == [left.id]


def read_label(job: Job) -> str:
    with reading() as session:
        found = jobs.find_job(session, job.id)
    assert found is not None
    return found.progress_label
