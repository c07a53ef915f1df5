"""Parquet files with a schema of their own, so that readers guess nothing."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow has no types.

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson

ABOUT: Final = "rft_export"
"""Key of what a file says of itself, among the metadata of its schema."""
Kind = type[str] | type[float] | type[int] | list[Any] | dict[str, Any]
"""A column's type: `str`, `float`, `int`, `[kind]` for a list, `{name: kind}` for an object."""


class _Sink:
    """Collects what is written until it is taken."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def write(self, data: bytes) -> int:
        """Take a piece; it is only valid during the call."""
        self._pieces.append(bytes(data))
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._position

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def take(self) -> bytes:
        """Everything since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """A table; a row comes as a JSON object, and a key that it lacks is null."""

    columns: Mapping[str, Kind]
    suffix: str = ".parquet"
    rows_at_once: int = 2_000
    copies_rows: bool = False

    def frame(self, rows: Iterable[bytes], about: bytes = b"") -> Iterator[bytes]:
        """The bytes of the file, a piece per group of rows."""
        import pyarrow as pa  # a third of a second, and few exports need it
        import pyarrow.parquet as pq

        columns = [(name, _to_arrow(kind)) for name, kind in self.columns.items()]
        schema = pa.schema(columns, {ABOUT: about} if about else None)
        given, sink = iter(rows), _Sink()
        with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
            while group := [orjson.loads(row) for row in islice(given, self.rows_at_once)]:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                yield sink.take()
        yield sink.take()

    def show(self, rows: Iterable[bytes]) -> list[bytes]:
        """The rows as a reader of the file gets them, as JSON lines."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(pa.BufferReader(b"".join(self.frame(rows))))
        return [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table.to_pylist()]


def _to_arrow(kind: Kind) -> Any:  # noqa: ANN401  # pyarrow's type
    import pyarrow as pa

    if isinstance(kind, list):
        return pa.list_(_to_arrow(kind[0]))
    if isinstance(kind, dict):
        return pa.struct([(name, _to_arrow(inner)) for name, inner in kind.items()])
    return {str: pa.string(), float: pa.float64(), int: pa.int64()}[kind]
