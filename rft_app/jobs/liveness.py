"""Who executes jobs right now."""

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime

from sqlmodel import Session

from rft_app.domain.job import Job, JobStatus
from rft_app.domain.worker import Worker
from rft_app.storage import jobs, workers


def this_host() -> str:
    """Names this machine and its process namespace, so that two containers differ."""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115  # not a path
    return f"{socket.gethostname()} {namespace}".strip()


def is_alive(worker: Worker) -> bool:
    """Whether it executes jobs: heard of lately and, on this machine, its process exists."""
    if not worker.is_heard_of(datetime.now(UTC)):
        return False
    return worker.host != this_host() or _has_process(worker.pid)


def list_live_workers(session: Session) -> list[Worker]:
    """The workers that execute jobs now."""
    return [worker for worker in workers.list_workers(session) if is_alive(worker)]


def is_executing(session: Session, job: Job) -> bool:
    """Whether a living worker runs it; any other active job will read everything from the start."""
    if job.status is not JobStatus.RUNNING:
        return False
    worker_id = jobs.find_worker_of(session, job.id)
    return any(worker.id == worker_id for worker in list_live_workers(session))


def _has_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] == "Z"
    return False
