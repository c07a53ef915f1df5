"""Records as a Parquet table: the columns of the CSV, with types.

Source: https://parquet.apache.org ; written by pyarrow 26 with a fixed schema.
"""

from dataclasses import dataclass
from typing import Final

import orjson

from rft_app.domain.export import ExportOptions
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext, Layout
from rft_app.exports._parquet import Kind, ParquetLayout
from rft_app.exports._record_columns import COLUMNS, to_columns

_COLUMNS: Final[dict[str, Kind]] = {
    name: float if name in {"reward", "score"} else str for name in COLUMNS
}


@dataclass(frozen=True, kw_only=True)
class Parquet(Exporter):
    """Every record, one row each."""

    name: str = "parquet"
    family: str = "records"
    variant: str = "Parquet"
    label: str = "Records as Parquet"
    description: str = "The records as a typed table, for data frames and DuckDB."
    consumer: str = "pyarrow · DuckDB"
    snippet: str = 'import pyarrow.parquet\n\nrows = pyarrow.parquet.read_table("train.parquet")'

    def layout(self, options: ExportOptions) -> Layout:
        """A table."""
        return ParquetLayout(_COLUMNS)

    def encoder(self, context: FileContext) -> Encode:
        """One row."""

        def encode(record: RecordBytes) -> bytes:
            columns = to_columns(record, context.score_of(record.seq))
            return orjson.dumps(columns, option=orjson.OPT_APPEND_NEWLINE)

        return encode
