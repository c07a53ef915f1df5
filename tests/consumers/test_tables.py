"""Tables are read by what people read tables with."""

import csv
import sys

import orjson
import pytest

from tests.consumers.files import Exported, each, load_consumer

pytestmark = pytest.mark.consumers
COLUMNS = [
    *("record_id", "trace_id", "source_type", "topic", "reward", "score", "reference"),
    *("system", "question", "answer", "messages", "tools", "metadata"),
]


@each("parquet", "trips", "school", "airline")
def test_parquet_by_pyarrow_and_duckdb(exported: Exported) -> None:
    table = load_consumer("pyarrow.parquet").read_table(exported.train)
    assert (table.num_rows, table.column_names) == (exported.num_train, COLUMNS)
    assert all(orjson.loads(raw) for raw in table["messages"].to_pylist())
    query = f"SELECT count(DISTINCT record_id) FROM read_parquet('{exported.train}')"
    assert load_consumer("duckdb").sql(query).fetchall() == [(exported.num_train,)]


@each("csv", "trips", "school", "airline")
def test_csv_by_the_standard_library_pandas_and_duckdb(exported: Exported) -> None:
    csv.field_size_limit(sys.maxsize)
    with exported.train.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [list(rows[0]), len(rows)] == [COLUMNS, exported.num_train]
    frame = load_consumer("pandas").read_csv(exported.train)
    assert frame["messages"].tolist() == [row["messages"] for row in rows]
    query = f"SELECT question FROM read_csv('{exported.train}', header=true, quote='\"')"
    questions = load_consumer("duckdb").sql(query).fetchall()
    assert [text or "" for (text,) in questions] == [row["question"] for row in rows]


@each("verl", "trips", "school")
def test_verl_by_pandas(exported: Exported) -> None:
    frame = load_consumer("pandas").read_parquet(exported.train)
    assert len(frame) == exported.num_train
    assert set(frame["reward_model"].map(lambda given: given["style"])) == {"rule"}
