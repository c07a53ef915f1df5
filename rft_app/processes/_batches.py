"""What reading a file into the database is, whatever its rows are.

Rows go in by batches.  Each batch is one transaction that holds its rows, its bad lines, the
counts and the place in the file, so a killed import goes on where the last batch ended.  This
process reads and writes; processes forked from it parse, whose batches it takes in their order.
"""

import gc
import os
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from copy import copy
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct, msgpack
from sqlmodel import Session

from rft_app.children import Message, Send, die_with_parent
from rft_app.domain.imports import DAMAGED, ImportFault, ImportPlan, ImportTally
from rft_app.errors import InvalidInputError, RftError, TooLargeError
from rft_app.settings import Settings, get_settings
from rft_app.storage.imports import add_faults, get_plan, list_faults, save_tally
from rft_app.storage.session import get_engine, reading, spare_memory, unit_of_work
from rft_app.traces.rows import SourceRow
from rft_app.traces.source import Limits, Source

ROWS_PER_BATCH = 1_000
BYTES_PER_BATCH = 2 * 1024**2
MAX_PARSERS = 2
"""Each takes some 40 MB; with two, this process is busy enough."""
NUM_AHEAD = 4
"""Batches on their way."""
DUPLICATE_ROLLOUT = "duplicate_rollout"
"""Reason of answers that are there already; all of a file may be, and it is no bad file."""

Rows = TypeVar("Rows")


class _Piece(Struct, frozen=True, gc=False):
    """Rows of the file that become a batch."""

    rows: list[SourceRow]
    offset_bytes: int
    """Where the row before them ends."""
    num_lines: int
    """Its number."""
    read_bytes: int
    """How much of the file on disk was read."""


_packing = msgpack.Encoder()
_unpacking = msgpack.Decoder(_Piece)


class _Batch(NamedTuple, Generic[Rows]):
    """Rows that are parsed and not stored yet."""

    rows: Rows
    faults: list[ImportFault]
    tally: ImportTally
    """Counts of these rows alone, and the place after the last of them."""


class BatchedImport(ABC, Generic[Rows]):
    """One run of an import, from where the last one ended.

    `take` and `give` are called in a process that parses, `store` in the one that writes: neither
    sees what the other changes in `self`, and no batch knows of another.
    """

    rows_per_batch: ClassVar[int] = ROWS_PER_BATCH
    expected: ClassVar[str] = "one JSON object per line, or one JSON array of objects"
    """What a file of which no row can be used should have been."""

    def __init__(self, plan: ImportPlan, settings: Settings, send: Send) -> None:
        self.plan = plan
        self.settings = settings
        self.tally = ImportTally()
        """Of the running batch; the plan's is what is stored."""
        self.max_parsed: int | None = None
        """How many rows of the file may be parsed; `None` for all."""
        self._send = send
        self._faults: list[ImportFault] = []

    @abstractmethod
    def take(self, row: SourceRow) -> None:
        """Parse one row into the running batch."""

    @abstractmethod
    def give(self) -> Rows:
        """Hand the rows of the running batch over, and begin the next."""

    @abstractmethod
    def store(self, session: Session, rows: Rows, tally: ImportTally) -> None:
        """Write the rows of a batch, and count what is found out about them."""

    def run(self, source: Source) -> None:
        """Import all rows that are left.

        Raises:
            TooLargeError: The file has more bytes or rows than the limits allow.
        """
        pieces = _Pieces(source, self.plan.tally, self.rows_per_batch)
        waiting: deque[tuple[_Piece, Future[_Batch[Rows]]]] = deque()
        with _open_parsers(self) as parsers:
            for piece in pieces:
                waiting.append((piece, parsers.submit(_Parser.parse, _packing.encode(piece))))
                if len(waiting) > NUM_AHEAD:
                    self._finish(*waiting.popleft(), source.size_bytes)
            while waiting:
                self._finish(*waiting.popleft(), source.size_bytes)
        if pieces.error is not None:
            raise pieces.error

    def parse(self, piece: _Piece, max_parsed: int | None = None) -> _Batch[Rows]:
        """The batch of a piece, or of so much of it as `max_parsed` allows."""
        self._faults, self.tally = [], ImportTally(piece.offset_bytes, piece.num_lines)
        for row in piece.rows:
            if max_parsed is not None and self.tally.num_parsed >= max_parsed:
                break
            self.take(row)
            self.tally.offset_bytes, self.tally.num_lines = row.end, row.number
        return _Batch(self.give(), self._faults, self.tally)

    def _finish(self, piece: _Piece, parsed: Future[_Batch[Rows]], size_bytes: int) -> None:
        """Commit a batch and tell of it; one that is too large up to the limit only."""
        batch, left = parsed.result(), self._count_left()
        is_too_large = left is not None and batch.tally.num_parsed > left
        if is_too_large:
            batch = self.parse(piece, left)
        self._write(batch)
        self._send(_describe_progress(self.plan.tally, piece.read_bytes, size_bytes))
        if is_too_large:
            raise TooLargeError(
                f"{self.plan.file_name} holds more than {self.max_parsed:,} rows, the limit of "
                "RFT_MAX_RECORDS. Split it or raise the limit."
            )

    def _count_left(self) -> int | None:
        return None if self.max_parsed is None else self.max_parsed - self.plan.tally.num_parsed

    def _write(self, batch: _Batch[Rows]) -> None:
        tally = self.plan.tally
        with unit_of_work() as session:
            self.store(session, batch.rows, batch.tally)
            add_faults(session, self.plan.import_id, batch.faults)
            tally.add(batch.tally)
            save_tally(session, self.plan.import_id, tally)

    def add_fault(self, fault: ImportFault) -> None:
        """Note and count a bad line; at most one a line."""
        self.tally.num_invalid += 1
        self.add_note(fault)

    def add_note(self, fault: ImportFault) -> None:
        """Note what is odd about a line that is no bad one."""
        self._faults.append(fault)
        self.tally.count_fault(fault.code)


class _Pieces:
    """The rows of a file that are left, in pieces; there is at least one, be it empty."""

    def __init__(self, source: Source, done: ImportTally, max_rows: int) -> None:
        self.error: RftError | None = None
        """Why the file was not read to its end."""
        self._source = source
        self._max_rows = max_rows
        self._was_damaged = DAMAGED in done.reasons
        self._place = done.offset_bytes, done.num_lines

    def __iter__(self) -> Iterator[_Piece]:
        rows: list[SourceRow] = []
        num_bytes = 0
        try:
            for row in self._source.rows(*self._place):
                if row.damage is not None and self._was_damaged:
                    break  # noted by an earlier run
                rows.append(row)
                num_bytes += len(row.data)
                if len(rows) >= self._max_rows or num_bytes >= BYTES_PER_BATCH:
                    yield self._cut(rows)
                    rows, num_bytes = [], 0
        except RftError as error:
            self.error = error
        yield self._cut(rows)

    def _cut(self, rows: list[SourceRow]) -> _Piece:
        piece = _Piece(rows, *self._place, self._source.position_bytes)
        if rows:
            self._place = rows[-1].end, rows[-1].number
        return piece


class _Parser:
    """The side of a process, or thread, that parses."""

    reader: ClassVar[BatchedImport[Any]]

    @classmethod
    def begin(cls, reader: BatchedImport[Any], parent_pid: int | None) -> None:
        """Whose rows to parse; a process of its own ends with `parent_pid`."""
        if parent_pid is not None:
            die_with_parent(parent_pid)
        cls.reader = reader

    @classmethod
    def parse(cls, packed: bytes) -> _Batch[Any]:
        """The batch of a piece, which comes packed: pickled rows cost ten times as much."""
        return cls.reader.parse(_unpacking.decode(packed))


def _open_parsers(reader: BatchedImport[Any]) -> Executor:
    """Processes that parse while this one writes; a thread where forking is not safe."""
    if sys.platform != "linux":
        return ThreadPoolExecutor(1, initializer=_Parser.begin, initargs=(copy(reader), None))
    get_engine().dispose()  # no connection may be in two processes
    return ProcessPoolExecutor(
        min(os.cpu_count() or 1, MAX_PARSERS),
        get_context("fork"),
        initializer=_Parser.begin,
        initargs=(reader, os.getpid()),
    )


class OpenSource(Protocol):
    """Opens the file of an import."""

    def __call__(self, path: Path, limits: Limits, *, name: str) -> Source:
        """Its rows."""
        ...


def run_import(
    import_id: str,
    make: Callable[[ImportPlan, Settings], BatchedImport[Any]],
    open_source: OpenSource = Source,
) -> None:
    """Read the file of an import to its end.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """
    gc.disable()  # rows hold no cycles; the collector would only walk through them
    spare_memory()
    settings = get_settings()
    with reading() as session:
        plan = get_plan(session, import_id)
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    with open_source(Path(plan.path), limits, name=plan.file_name) as source:
        reader = make(plan, settings)
        reader.run(source)
    if not plan.tally.num_parsed and DUPLICATE_ROLLOUT not in plan.tally.reasons:
        raise InvalidInputError(_describe_unreadable(plan, reader.expected))


def _describe_progress(tally: ImportTally, read_bytes: int, size_bytes: int) -> Message:
    return {
        "type": "progress",
        "read_bytes": read_bytes,
        "size_bytes": size_bytes,
        "num_lines": tally.num_lines,
        "num_parsed": tally.num_parsed,
        "num_valid": tally.num_valid,
        "num_invalid": tally.num_invalid,
    }


def _describe_unreadable(plan: ImportPlan, expected: str) -> str:
    """Say that no row could be used, and why the first could not."""
    with reading() as session:
        first = next(iter(list_faults(session, plan.import_id, 0, 1)), None)
    if first is None:
        return f"{plan.file_name} holds no rows."
    return (
        f"No row of {plan.file_name} could be used. Line {first.line_number}: {first.message} "
        f"Expected is {expected}."
    )
