"""What reading a file into the database is, whatever its rows are.

Rows go in by batches.  Each batch is one transaction that holds its rows, its bad lines, the
counts and the place in the file, so a killed import goes on where the last batch ended.  While a
thread writes one batch, the next is read.
"""

import gc
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain.imports import DAMAGED, ImportFault, ImportPlan, ImportTally
from rft_app.errors import InvalidInputError, RftError
from rft_app.settings import Settings, get_settings
from rft_app.storage.imports import add_faults, get_plan, list_faults, save_tally
from rft_app.storage.session import reading, unit_of_work
from rft_app.traces.rows import SourceRow
from rft_app.traces.source import Limits, Source

ROWS_PER_BATCH = 5_000
BYTES_PER_BATCH = 8 * 1024**2
DUPLICATE_ROLLOUT = "duplicate_rollout"
"""Reason of answers that are there already; all of a file may be, and it is no bad file."""


_SWITCH_S = 0.001
"""How long the reader may keep the writer waiting for Python's lock."""

Store = Callable[[Session, ImportTally], None]
"""Writes the rows of a batch, and counts what it finds out about them."""


class _Batch(NamedTuple):
    """Rows that are read and not stored yet."""

    store: Store
    faults: list[ImportFault]
    tally: ImportTally
    """Counts of these rows alone, and the place after the last of them."""
    read_bytes: int
    """Place in the file on disk."""


class BatchedImport(ABC):
    """One run of an import, from where the last one ended."""

    rows_per_batch: ClassVar[int] = ROWS_PER_BATCH
    expected: ClassVar[str] = "one JSON object per line, or one JSON array of objects"
    """What a file of which no row can be used should have been."""

    def __init__(self, plan: ImportPlan, settings: Settings, send: Send) -> None:
        self.plan = plan
        self.settings = settings
        self.tally = ImportTally(plan.tally.offset_bytes, plan.tally.num_lines)
        """Of the running batch; the plan's is what is stored."""
        self._send = send
        self._faults: list[ImportFault] = []

    @abstractmethod
    def take(self, row: SourceRow) -> None:
        """Read one row into the running batch.

        Raises:
            TooLargeError: There are more rows than the limit.
        """

    @abstractmethod
    def give(self) -> Store:
        """Hand the rows of the running batch over, and begin the next."""

    def run(self, source: Source) -> None:
        """Read all rows that are left.

        Raises:
            TooLargeError: It has more bytes or rows than the limits allow.
        """
        writing: Future[None] | None = None
        with ThreadPoolExecutor(max_workers=1) as writer:
            for batch in self._read(source):
                if writing is not None:
                    writing.result()
                writing = writer.submit(self._write, batch, source.size_bytes)
            if writing is not None:
                writing.result()

    def add_fault(self, fault: ImportFault) -> None:
        """Note and count a bad line; at most one a line."""
        self.tally.num_invalid += 1
        self.add_note(fault)

    def add_note(self, fault: ImportFault) -> None:
        """Note what is odd about a line that is no bad one."""
        self._faults.append(fault)
        self.tally.count_fault(fault.code)

    def _read(self, source: Source) -> Iterator[_Batch]:
        was_damaged = DAMAGED in self.plan.tally.reasons
        num_rows = num_bytes = 0
        try:
            for row in source.rows(self.tally.offset_bytes, self.tally.num_lines):
                if row.damage is not None and was_damaged:
                    break  # noted by an earlier run
                self.take(row)
                self.tally.offset_bytes, self.tally.num_lines = row.end, row.number
                num_rows += 1
                num_bytes += len(row.data)
                if num_rows >= self.rows_per_batch or num_bytes >= BYTES_PER_BATCH:
                    yield self._seal(source)
                    num_rows = num_bytes = 0
        except RftError:
            yield self._seal(source)
            raise
        yield self._seal(source)

    def _seal(self, source: Source) -> _Batch:
        batch = _Batch(self.give(), self._faults, self.tally, source.position_bytes)
        self._faults = []
        self.tally = ImportTally(batch.tally.offset_bytes, batch.tally.num_lines)
        return batch

    def _write(self, batch: _Batch, size_bytes: int) -> None:
        """Commit a batch; runs in the thread, which alone changes the plan's tally."""
        tally = self.plan.tally
        with unit_of_work() as session:
            batch.store(session, batch.tally)
            add_faults(session, self.plan.import_id, batch.faults)
            tally.add(batch.tally)
            save_tally(session, self.plan.import_id, tally)
        self._send(_describe_progress(tally, batch.read_bytes, size_bytes))


class OpenSource(Protocol):
    """Opens the file of an import."""

    def __call__(self, path: Path, limits: Limits, *, name: str) -> Source:
        """Its rows."""
        ...


def run_import(
    import_id: str,
    make: Callable[[ImportPlan, Settings], BatchedImport],
    open_source: OpenSource = Source,
) -> None:
    """Read the file of an import to its end.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """
    gc.disable()  # rows hold no cycles; the collector would only walk through them
    sys.setswitchinterval(_SWITCH_S)
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
