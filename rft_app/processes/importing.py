"""Child process: read a file of traces into the database.

Rows go in by batches.  Each batch is one transaction that holds its traces, its bad lines, the
counts and the place in the file, so a killed import goes on where the last batch ended.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

from rft_app.children import Message, Send, run_main
from rft_app.domain.imports import ImportFault, ImportPlan
from rft_app.domain.trace import ParsedTrace
from rft_app.errors import InvalidInputError, RftError, TooLargeError
from rft_app.settings import Settings, get_settings
from rft_app.storage.imports import (
    add_faults,
    change_import,
    get_plan,
    list_faults,
    save_tally,
)
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.traces import add_traces
from rft_app.traces.reading import choose_shape, fault_of, read_row
from rft_app.traces.rows import SourceRow
from rft_app.traces.shape import TraceShape
from rft_app.traces.source import Limits, Source

ROWS_PER_BATCH = 5_000
BYTES_PER_BATCH = 8 * 1024**2


@dataclass(slots=True)
class _Batch:
    traces: list[tuple[int, ParsedTrace]] = field(default_factory=list[tuple[int, ParsedTrace]])
    faults: list[ImportFault] = field(default_factory=list[ImportFault])
    num_rows: int = 0
    num_bytes: int = 0

    @property
    def is_full(self) -> bool:
        return self.num_rows >= ROWS_PER_BATCH or self.num_bytes >= BYTES_PER_BATCH


class TraceImport:
    """One run of an import, from where the last one ended."""

    def __init__(
        self, plan: ImportPlan, shape: TraceShape | None, settings: Settings, send: Send
    ) -> None:
        self.plan = plan
        self.tally = plan.tally
        self.found_shape = plan.shape
        self._shape = shape
        self._settings = settings
        self._send = send
        self._batch = _Batch()

    def run(self, source: Source) -> None:
        """Read all rows that are left.

        Raises:
            InvalidInputError: The file is damaged or holds no readable row; what was read before
                the damage is stored.
            TooLargeError: It has more bytes or rows than the limits allow.
        """
        try:
            for row in source.rows(self.tally.offset_bytes, self.tally.num_lines):
                self._take(row)
                if self._batch.is_full:
                    self._commit(source)
        except RftError:
            self._commit(source)
            raise
        self._commit(source)

    def _take(self, row: SourceRow) -> None:
        tally, batch = self.tally, self._batch
        if tally.num_parsed >= self._settings.max_records:
            raise TooLargeError(
                f"{self.plan.file_name} holds more than {self._settings.max_records:,} rows, the "
                "limit of RFT_MAX_RECORDS. Split it or raise the limit."
            )
        found = read_row(row, self._shape, self._settings.max_record_tokens)
        if isinstance(found, ImportFault):
            self._count_fault(found)
        else:
            trace, shape = found
            self.found_shape = self.found_shape or shape
            batch.traces.append((row.number, trace))
            tally.num_parsed += 1
            if trace.reason is None:
                tally.num_valid += 1
            else:
                self._count_fault(fault_of(row, trace.reason, trace.reason.message))
        tally.offset_bytes, tally.num_lines = row.end, row.number
        batch.num_rows += 1
        batch.num_bytes += len(row.data)

    def _count_fault(self, fault: ImportFault) -> None:
        self._batch.faults.append(fault)
        self.tally.num_invalid += 1
        self.tally.count_fault(fault.code)

    def _commit(self, source: Source) -> None:
        batch, self._batch = self._batch, _Batch()
        plan = self.plan
        with unit_of_work() as session:
            created_at = time.time_ns() // 1_000_000
            add_traces(session, plan.dataset_id, plan.import_id, batch.traces, created_at)
            add_faults(session, plan.import_id, batch.faults)
            save_tally(session, plan.import_id, self.tally)
            change_import(session, plan.import_id, shape=self.found_shape)
        self._send(
            {
                "type": "progress",
                "read_bytes": source.position_bytes,
                "size_bytes": source.size_bytes,
                "num_lines": self.tally.num_lines,
                "num_parsed": self.tally.num_parsed,
                "num_valid": self.tally.num_valid,
                "num_invalid": self.tally.num_invalid,
            }
        )


def work(args: Message, send: Send) -> None:
    """Import a file.

    Args:
        args: `import_id`, and `shape` where the user chose one.
        send: Gets a progress message after each batch.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """
    settings = get_settings()
    with reading() as session:
        plan = get_plan(session, str(args["import_id"]))
    shape = choose_shape(args.get("shape"), plan.mapping)
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    with Source(Path(plan.path), limits, name=plan.file_name) as source:
        TraceImport(plan, shape, settings, send).run(source)
    if not plan.tally.num_parsed:
        raise InvalidInputError(describe_unreadable(plan))


def describe_unreadable(plan: ImportPlan) -> str:
    """Say that no row could be read, and why the first could not."""
    with reading() as session:
        first = next(iter(list_faults(session, plan.import_id, 0, 1)), None)
    if first is None:
        return f"{plan.file_name} holds no rows."
    return (
        f"No row of {plan.file_name} could be read. Line {first.line_number}: {first.message} "
        "Expected is one JSON object per line, or one JSON array of objects."
    )


if __name__ == "__main__":
    run_main(work)
