"""What reading a file into the database is, whatever its rows are.

Rows go in by batches.  Each batch is one transaction that holds its rows, its bad lines, the
counts and the place in the file, so a killed import goes on where the last batch ended.
"""

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain.imports import ImportFault, ImportPlan
from rft_app.errors import InvalidInputError, RftError
from rft_app.settings import Settings, get_settings
from rft_app.storage.imports import add_faults, get_plan, list_faults, save_tally
from rft_app.storage.session import reading, unit_of_work
from rft_app.traces.reading import DAMAGED
from rft_app.traces.rows import SourceRow
from rft_app.traces.source import Limits, Source

ROWS_PER_BATCH = 5_000
BYTES_PER_BATCH = 8 * 1024**2
DUPLICATE_ROLLOUT = "duplicate_rollout"
"""Reason of answers that are there already; all of a file may be, and it is no bad file."""


class BatchedImport(ABC):
    """One run of an import, from where the last one ended."""

    def __init__(self, plan: ImportPlan, settings: Settings, send: Send) -> None:
        self.plan = plan
        self.tally = plan.tally
        self.settings = settings
        self._send = send
        self._faults: list[ImportFault] = []
        self._num_rows = 0
        self._num_bytes = 0

    @abstractmethod
    def take(self, row: SourceRow) -> None:
        """Read one row into the running batch.

        Raises:
            TooLargeError: There are more rows than the limit.
        """

    @abstractmethod
    def store(self, session: Session) -> None:
        """Write the rows of the running batch and forget them."""

    def run(self, source: Source) -> None:
        """Read all rows that are left.

        Raises:
            TooLargeError: It has more bytes or rows than the limits allow.
        """
        try:
            for row in source.rows(self.tally.offset_bytes, self.tally.num_lines):
                if row.is_cut and DAMAGED in self.tally.reasons:
                    break  # noted by an earlier run
                self.take(row)
                self.tally.offset_bytes, self.tally.num_lines = row.end, row.number
                self._num_rows += 1
                self._num_bytes += len(row.data)
                if self._num_rows >= ROWS_PER_BATCH or self._num_bytes >= BYTES_PER_BATCH:
                    self._commit(source)
        except RftError:
            self._commit(source)
            raise
        self._commit(source)

    def add_fault(self, fault: ImportFault) -> None:
        """Note and count a bad line; at most one a line."""
        self.tally.num_invalid += 1
        self.add_note(fault)

    def add_note(self, fault: ImportFault) -> None:
        """Note what is odd about a line that is no bad one."""
        self._faults.append(fault)
        self.tally.count_fault(fault.code)

    def _commit(self, source: Source) -> None:
        with unit_of_work() as session:
            self.store(session)
            add_faults(session, self.plan.import_id, self._faults)
            save_tally(session, self.plan.import_id, self.tally)
        self._faults = []
        self._num_rows = self._num_bytes = 0
        self._send(_describe_progress(source, self))


def run_import(import_id: str, make: Callable[[ImportPlan, Settings], BatchedImport]) -> None:
    """Read the file of an import to its end.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """
    gc.disable()  # rows hold no cycles; the collector would only walk through them
    settings = get_settings()
    with reading() as session:
        plan = get_plan(session, import_id)
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    with Source(Path(plan.path), limits, name=plan.file_name) as source:
        make(plan, settings).run(source)
    if not plan.tally.num_parsed and DUPLICATE_ROLLOUT not in plan.tally.reasons:
        raise InvalidInputError(_describe_unreadable(plan))


def _describe_progress(source: Source, running: BatchedImport) -> Message:
    return {
        "type": "progress",
        "read_bytes": source.position_bytes,
        "size_bytes": source.size_bytes,
        "num_lines": running.tally.num_lines,
        "num_parsed": running.tally.num_parsed,
        "num_valid": running.tally.num_valid,
        "num_invalid": running.tally.num_invalid,
    }


def _describe_unreadable(plan: ImportPlan) -> str:
    """Say that no row could be used, and why the first could not."""
    with reading() as session:
        first = next(iter(list_faults(session, plan.import_id, 0, 1)), None)
    if first is None:
        return f"{plan.file_name} holds no rows."
    return (
        f"No row of {plan.file_name} could be used. Line {first.line_number}: {first.message} "
        "Expected is one JSON object per line, or one JSON array of objects."
    )
