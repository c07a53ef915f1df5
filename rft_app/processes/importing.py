"""Child process: read a file of traces into the database."""

import time
from typing import Any, NamedTuple

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain.imports import REPLACED, ImportFault, ImportPlan, ImportTally
from rft_app.processes._batches import BatchedImport, run_import
from rft_app.services.scrubbing import read_scrubber
from rft_app.settings import Settings
from rft_app.storage.imports import change_import
from rft_app.storage.traces import StorableTrace, add_traces, to_storable
from rft_app.text.scrubbing import Scrubber
from rft_app.traces.reading import choose_shape, fault_of, read_row, scrub_fault
from rft_app.traces.rows import SourceRow
from rft_app.traces.scrubbed import scrub_trace
from rft_app.traces.shape import TraceShape


class Traces(NamedTuple):
    """What a batch brings; columns reach the writing process at a third of the cost of rows."""

    line_numbers: tuple[int, ...]
    columns: tuple[tuple[Any, ...], ...]
    """Each of a field of `StorableTrace`."""
    shape: str | None
    """The row shape that was found first."""


class TraceImport(BatchedImport[Traces]):
    """Rows become traces of the plan's dataset."""

    def __init__(
        self,
        plan: ImportPlan,
        settings: Settings,
        send: Send,
        shape: TraceShape | None,
        scrubber: Scrubber | None,
    ) -> None:
        super().__init__(plan, settings, send)
        self._shape = shape
        self._scrubber = scrubber
        self._first_shape = plan.shape
        self._found_shape: str | None = None
        self.max_parsed = settings.max_records
        self._line_numbers: list[int] = []
        self._traces: list[StorableTrace] = []
        self._now_ms = _now_ms()

    def take(self, row: SourceRow) -> None:
        """Parse and check one row."""
        found = read_row(row, self._shape, self.settings.max_record_tokens)
        if isinstance(found, ImportFault):
            self.add_fault(scrub_fault(found, row, self._scrubber))
            return
        trace, shape = found
        self._found_shape = self._found_shape or shape
        if self._scrubber is not None:
            trace, placeholders = scrub_trace(trace, self._scrubber)
            for kind, number in placeholders.counts.items():
                self.tally.count_fault(f"{REPLACED}{kind}", number)
        self._line_numbers.append(row.number)
        self._traces.append(to_storable(trace, self._now_ms))
        tally = self.tally
        tally.num_parsed += 1
        tally.num_answered += trace.num_turns > 0
        if trace.reason is not None:
            fault = fault_of(row, trace.reason, trace.reason.message)
            self.add_fault(scrub_fault(fault, row, self._scrubber))
            return
        tally.num_valid += 1
        if (odd := trace.reward_fault) is not None:
            self.add_note(scrub_fault(fault_of(row, odd, odd.message), row, self._scrubber))

    def give(self) -> Traces:
        """The batch's traces."""
        columns = tuple(zip(*self._traces, strict=True))
        found = Traces(tuple(self._line_numbers), columns, self._found_shape)
        self._line_numbers, self._traces, self._found_shape = [], [], None
        self._now_ms = _now_ms()
        return found

    def store(self, session: Session, rows: Traces, tally: ImportTally) -> None:
        """Add the traces."""
        found = map(StorableTrace._make, zip(*rows.columns, strict=True))
        traces = list(zip(rows.line_numbers, found, strict=True))
        add_traces(session, self.plan.dataset_id, self.plan.import_id, traces, _now_ms())
        self._first_shape = self._first_shape or rows.shape
        change_import(session, self.plan.import_id, shape=self._first_shape)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def work(args: Message, send: Send) -> None:
    """Import a file.

    Args:
        args: `import_id`, and `shape` where the user chose one.
        send: Gets a progress message after each batch.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """

    def make(plan: ImportPlan, settings: Settings) -> TraceImport:
        shape = choose_shape(args.get("shape"), plan.mapping)
        return TraceImport(plan, settings, send, shape, read_scrubber(args))

    run_import(str(args["import_id"]), make)
