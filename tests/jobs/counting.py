"""A worker with kinds of jobs made for tests: `python -m tests.jobs.counting [until-idle]`."""

import errno
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from rft_app.domain.job import Job, JobError
from rft_app.errors import InvalidInputError
from rft_app.jobs.context import JobContext
from rft_app.jobs.kind import JobKind
from rft_app.registry import Registry
from rft_app.settings import get_settings
from rft_app.storage.session import get_engine, unit_of_work
from rft_app.worker import run_worker

CREATE = "CREATE TABLE IF NOT EXISTS counted (job_id TEXT, i INTEGER, PRIMARY KEY (job_id, i))"
CHUNK = 10


def create_ledger() -> None:
    with get_engine().begin() as connection:
        connection.execute(sa.text(CREATE))


def note(name: str, line: str) -> None:
    """Append to a log outside of every transaction."""
    with (get_settings().folder("notes") / name).open("a") as log:
        log.write(f"{line}\n")


def read_notes(name: str) -> list[str]:
    path: Path = get_settings().folder("notes") / name
    return path.read_text().splitlines() if path.exists() else []


@dataclass(frozen=True)
class CountJob:
    """Counts to `to` in chunks; each number takes `pause_s` and is stored once."""

    name: str = "count"
    label: str = "Count"

    def run(self, context: JobContext) -> dict[str, Any]:
        total = context.args["to"]
        while chunk := self._left(context.job_id, total):
            context.progress(chunk[0], total, f"{chunk[0]} of {total} counted")
            note(context.job_id, f"chunk {chunk[0]}")
            time.sleep(context.args.get("pause_s", 0.0) * len(chunk))
            with unit_of_work() as session:
                self._store(session, context.job_id, chunk)
        context.progress(total, total)
        return {"counted": total}

    def _left(self, job_id: str, total: int) -> list[int]:
        with unit_of_work() as session:
            query = sa.text("SELECT COUNT(*) FROM counted WHERE job_id = :id")
            done = session.connection().execute(query, {"id": job_id}).scalar_one()
        return list(range(done, min(done + CHUNK, total)))

    def _store(self, session: Session, job_id: str, chunk: list[int]) -> None:
        rows = [{"id": job_id, "i": i} for i in chunk]
        session.connection().execute(sa.text("INSERT INTO counted VALUES (:id, :i)"), rows)


@dataclass(frozen=True)
class WaitJob:
    """Waits until it is cancelled."""

    name: str = "wait"
    label: str = "Wait"

    def run(self, context: JobContext) -> dict[str, Any]:
        note("wait", f"pid {os.getpid()}")
        while True:
            time.sleep(0.02)
            context.check_cancelled()

    def on_cancelled(self, session: Session, job: Job) -> None:
        note("wait", f"cancelled {job.status}")


@dataclass(frozen=True)
class FailJob:
    """Fails as it is told, until a file says that it may succeed."""

    name: str = "fail"
    label: str = "Fail"

    def run(self, context: JobContext) -> dict[str, Any]:
        if read_notes("mended"):
            return {"ok": True}
        if context.args["how"] == "refuse":
            raise InvalidInputError("Line 3 is broken: close the brace.")
        if context.args["how"] == "fill":
            raise OSError(errno.ENOSPC, "No space left on device")
        raise ZeroDivisionError("secret detail")

    def on_started(self, session: Session, job: Job) -> None:
        note("fail", "started")

    def on_failed(self, session: Session, job: Job, error: JobError) -> None:
        note("fail", f"failed {error.code}")


KINDS: tuple[JobKind, ...] = (CountJob(), WaitJob(), FailJob())

if __name__ == "__main__":
    run_worker(Registry("job kind", KINDS), is_until_idle="until-idle" in sys.argv)
