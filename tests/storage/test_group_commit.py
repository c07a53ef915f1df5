"""Writes of several threads in one transaction: one that refuses, and a database that is gone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from rft_app.errors import BusyError
from rft_app.storage.group_commit import GroupCommit, Work
from rft_app.storage.sequences import reserve
from rft_app.storage.session import reading

NUM_THREADS = 8
pytestmark = pytest.mark.usefixtures("any_database")


def refuse(_session: Session) -> None:
    raise BusyError("Come again.")


def break_it(session: Session) -> None:
    session.connection().execute(text("SELECT * FROM nothing"))


def run_out_of_memory(_session: Session) -> None:
    raise MemoryError


def test_every_thread_learns_what_became_of_its_own_writing() -> None:
    writes, start = GroupCommit(), Barrier(NUM_THREADS)

    def write(number: int) -> bool:
        start.wait()
        try:
            if number % 2:
                writes.write(refuse)
            else:
                writes.write(_count)
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(NUM_THREADS) as threads:
        found = list(threads.map(write, range(NUM_THREADS)))
    assert found == [True, False] * (NUM_THREADS // 2)
    assert _read() == NUM_THREADS // 2


def test_nobody_is_told_that_something_is_written_that_is_not() -> None:
    writes = GroupCommit()
    with pytest.raises(DBAPIError):
        writes.write(break_it)
    writes.write(_count)
    assert _read() == 1


@pytest.mark.parametrize("breaking", [break_it, run_out_of_memory])
def test_all_whose_transaction_broke_are_told(breaking: Work) -> None:
    writes, is_first_in, may_go_on = GroupCommit(), Event(), Event()

    def hold(_session: Session) -> None:
        is_first_in.set()
        assert may_go_on.wait(10)

    def write(work: Work) -> str:
        try:
            writes.write(work)
        except (BusyError, DBAPIError, MemoryError) as error:
            return type(error).__name__
        return "written"

    with ThreadPoolExecutor(NUM_THREADS) as threads:
        first = threads.submit(write, hold)
        assert is_first_in.wait(10)
        works = (_count, breaking, _count)
        others = [threads.submit(write, work) for work in works]
        while writes.num_waiting < len(others):
            sleep(0.01)
        may_go_on.set()
        found = [other.result() for other in others]
    assert first.result() == "written"
    assert "written" not in found
    writes.write(_count)
    assert _read() == 1


def _count(session: Session) -> None:
    reserve(session, "written", 1)


def _read() -> int:
    with reading() as session:
        statement = text("SELECT next - 1 FROM sequence WHERE name = 'written'")
        return session.connection().execute(statement).scalar_one()
