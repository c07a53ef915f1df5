"""Records as a table of comma-separated values, with a header.

Columns: `record_id, trace_id, source_type, topic, reward, score, reference, system, question,
answer, messages, tools, metadata`; the last three are JSON.  An absent value is an empty cell; line
breaks inside a cell stand in quotes, as in RFC 4180.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rft_app.domain.export import ExportOptions
from rft_app.domain.record import RecordBytes
from rft_app.exports._base import Exporter
from rft_app.exports._context import Encode, FileContext, Layout, Lines
from rft_app.exports._record_columns import COLUMNS, to_columns

_QUOTE = '"'
_needs_quotes = re.compile(r'[",\r\n]').search


@dataclass(frozen=True, kw_only=True)
class Csv(Exporter):
    """Every record, one line each."""

    name: str = "csv"
    family: str = "records"
    variant: str = "CSV"
    label: str = "Records as CSV"
    description: str = "The records as a table, for spreadsheets and scripts."
    consumer: str = "any"
    snippet: str = 'import csv\n\nrows = list(csv.DictReader(open("train.csv", newline="")))'

    def layout(self, options: ExportOptions) -> Layout:
        """A header, then lines."""
        return Lines(suffix=".csv", header=_line(COLUMNS))

    def encoder(self, context: FileContext) -> Encode:
        """One line."""

        def encode(record: RecordBytes) -> bytes:
            return _line(to_columns(record, context.score_of(record.seq)).values())

        return encode


def _line(values: Iterable[str | float | None]) -> bytes:
    """One line; the standard library's writer takes six times as long over a conversation."""
    return (",".join(map(_cell, values)) + "\n").encode()


def _cell(value: str | float | None) -> str:
    if not isinstance(value, str):
        return "" if value is None else repr(value)
    return f'"{value.replace(_QUOTE, _QUOTE * 2)}"' if _needs_quotes(value) else value
