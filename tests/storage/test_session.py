"""Transactions on both databases."""

from sqlalchemy import text

from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row

COUNT = text("SELECT COUNT(*) FROM dataset")


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(any_database: str) -> None:
    with reading() as session:
        before = session.connection().scalar(COUNT)
        with unit_of_work() as other:
            other.add(make_dataset_row())
        assert session.connection().scalar(COUNT) == before == 0
    with reading() as session:
        assert session.connection().scalar(COUNT) == 1
