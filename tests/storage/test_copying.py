"""Bulk inserts: every row once and in order, whatever their number."""

import pytest

from rft_app.storage.copying import insert_rows
from rft_app.storage.session import reading, unit_of_work


@pytest.mark.parametrize("count", [0, 1, 499, 500, 1_203])
def test_every_row_comes_in_once(count: int, any_database: str) -> None:
    rows = [(seq, b"%d \0" % seq) for seq in range(count)]

    with unit_of_work() as session:
        insert_rows(session, "trace_body", ("seq", "body"), rows)

    with reading() as session:
        statement = "SELECT seq, body FROM trace_body ORDER BY seq"
        found = session.connection().exec_driver_sql(statement)
        assert [(seq, bytes(body)) for seq, body in found] == rows
