"""Child process: read a file of traces that belong to no dataset, as if they had arrived."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain.imports import (
    NO_REPLY,
    NO_REQUEST,
    REPLACED,
    ImportFault,
    ImportPlan,
    ImportTally,
)
from rft_app.domain.intake import Batch, Outcome
from rft_app.errors import InvalidInputError
from rft_app.processes._batches import BatchedImport, run_import
from rft_app.services.intake_reading import store_batches
from rft_app.services.scrubbing import find_scrubber
from rft_app.settings import Settings, get_settings
from rft_app.storage import import_parts, intake, scrubbing
from rft_app.storage.arrivals import Arrival, Fate, add_arrivals
from rft_app.storage.imports import add_faults, change_import, find_faulty_lines, save_tally
from rft_app.storage.session import reading, unit_of_work
from rft_app.text.scrubbing import Scrubber
from rft_app.traces.arriving import Found, LineReader, OtlpLine, ShapedRow, describe_reason
from rft_app.traces.joined import Part, join_parts
from rft_app.traces.line import LineFault
from rft_app.traces.otlp import OTLP
from rft_app.traces.reading import fault_of, find_row_fault, scrub_fault
from rft_app.traces.rows import SourceRow
from rft_app.traces.scrubbed import scrub_trace
from rft_app.traces.source import Limits, Source

PARTS_PER_BATCH: Final = 1_000
_OUTCOMES: Final = {
    Fate.NEW: Outcome.CALL,
    Fate.CHANGED: Outcome.CALL,
    Fate.DUPLICATE: Outcome.DUPLICATE,
}
_READ: Final = (Outcome.CALL, Outcome.DUPLICATE)
_HALVES: Final = {"answer": NO_REQUEST, "question": NO_REPLY}
"""What a batch lacks of which only these parts are there."""


class Arrivals(NamedTuple):
    """What a batch brings."""

    traces: list[Arrival]
    parts: list[Part]
    requests: list[OtlpLine]
    shape: str | None
    """The format that was found first."""
    replaced: Counter[str]
    """Values that have placeholders now, by kind."""

    @classmethod
    def begin(cls) -> "Arrivals":
        """Nothing yet."""
        return cls([], [], [], None, Counter())


class TraceArrivals(BatchedImport[Arrivals]):
    """Rows become traces of no dataset; those that are parts of traces wait for the end."""

    expected = "one JSON object per line, or one JSON array of objects, of a known format"

    def __init__(
        self,
        plan: ImportPlan,
        settings: Settings,
        send: Send,
        format_name: str | None,
        scrubber: Scrubber | None,
    ) -> None:
        super().__init__(plan, settings, send)
        self._tell = send
        self._scrubber = scrubber
        self._reader = LineReader(
            format_name, settings.max_record_tokens, settings.max_otlp_records
        )
        self.max_parsed = settings.max_records
        self._found = Arrivals.begin()

    def run(self, source: Source) -> None:
        """Read the file, then join the parts."""
        super().run(source)
        while self._join():
            self._tell(_describe(self.plan.tally, source.size_bytes))
        _require_some(self.plan)

    def take(self, row: SourceRow) -> None:
        """Read one line."""
        fault = find_row_fault(row)
        if fault is not None:
            self.add_fault(scrub_fault(fault, row, self._scrubber))
            return
        for found in self._reader.read(row.data, row.number):
            self._take(found, row)

    def _take(self, found: Found, row: SourceRow) -> None:
        match found:
            case LineFault():
                self.add_fault(self._fault_of(row, found.reason, found.message))
            case Part():
                self._found.parts.append(found)
            case OtlpLine():
                self._found.requests.append(found)
                self._found = self._found._replace(shape=self._found.shape or OTLP)
            case ShapedRow():
                self._take_trace(found, row)

    def _take_trace(self, found: ShapedRow, row: SourceRow) -> None:
        trace = found.trace
        if self._scrubber is not None:
            trace, placeholders = scrub_trace(trace, self._scrubber)
            self._found.replaced.update(placeholders.counts)
        self._found.traces.append(Arrival.of(row.number, trace, found.own_id))
        self._found = self._found._replace(shape=self._found.shape or found.shape)
        self.tally.num_parsed += 1
        self.tally.num_answered += trace.num_turns > 0
        if trace.reason is not None:
            self.add_fault(self._fault_of(row, trace.reason, describe_reason(found)))
            return
        self.tally.num_valid += 1
        if (odd := trace.reward_fault) is not None:
            self.add_note(self._fault_of(row, odd, odd.message))

    def _fault_of(self, row: SourceRow, code: str, message: str) -> ImportFault:
        return scrub_fault(fault_of(row, code, message), row, self._scrubber)

    def add_note(self, fault: ImportFault) -> None:
        """List one fault of a line and count all: a line may hold many rows."""
        if self._faults and self._faults[-1].line_number == fault.line_number:
            self.tally.count_fault(fault.code)
        else:
            super().add_note(fault)

    def give(self) -> Arrivals:
        """All of the batch."""
        found, self._found = self._found, Arrivals.begin()
        return found

    def store(self, session: Session, rows: Arrivals, tally: ImportTally) -> None:
        """Add what is new, and keep parts."""
        now_ms = time.time_ns() // 1_000_000
        import_parts.add_parts(session, self.plan.import_id, [_to_stored(p) for p in rows.parts])
        self._store_requests(session, rows.requests, tally)
        fates = add_arrivals(session, self.plan.import_id, rows.traces, now_ms)
        counts: Counter[tuple[str, Outcome]] = Counter()
        for (source, fate), number in fates.items():
            counts[source, _OUTCOMES[fate]] += number
            if fate is not Fate.NEW:
                tally.count_fault(fate.value, number)
        intake.add_counts(session, counts, now_ms)
        scrubbing.add_counts(session, rows.replaced, now_ms)
        for kind, number in rows.replaced.items():
            tally.count_fault(f"{REPLACED}{kind}", number)
        if self.plan.shape is None and rows.shape is not None:
            self.plan = replace(self.plan, shape=rows.shape)
            change_import(session, self.plan.import_id, shape=rows.shape)

    def _store_requests(
        self, session: Session, requests: list[OtlpLine], tally: ImportTally
    ) -> None:
        if not requests:
            return
        counts: Counter[Outcome] = Counter()
        batches = [Batch(0, each.signal, each.encoding, each.body) for each in requests]
        for (_, outcome), number in store_batches(session, batches).items():
            counts[outcome] += number
        counts[Outcome.BAD_ID] += sum(each.num_refused for each in requests)
        num_read = sum(counts[outcome] for outcome in _READ)
        tally.num_parsed += num_read
        tally.num_answered += num_read
        tally.num_valid += num_read
        for outcome, number in counts.items():
            if number and outcome is not Outcome.CALL:
                tally.count_fault(outcome.value, number)

    def _join(self) -> bool:
        """Make traces of the next parts; `False` when there are none."""
        import_id = self.plan.import_id
        with reading() as session:
            groups = import_parts.read_parts(session, import_id, PARTS_PER_BATCH)
        if not groups:
            return False
        tally = self.plan.tally
        self._faults, self.tally = [], ImportTally(tally.offset_bytes, tally.num_lines)
        for group in groups:
            self._take_group([Part(*part) for part in group])
        faults, rows = self._faults, self.give()
        with unit_of_work() as session:
            self.store(session, rows, self.tally)
            known = find_faulty_lines(session, import_id, [each.line_number for each in faults])
            new = {each.line_number: each for each in faults if each.line_number not in known}
            add_faults(session, import_id, list(new.values()))
            import_parts.delete_parts(session, import_id, [group[0].key for group in groups])
            tally.add(self.tally)
            save_tally(session, import_id, tally)
        return True

    def _take_group(self, parts: list[Part]) -> None:
        joined = join_parts(parts)
        for each in joined:
            size = len(each.data)
            row = SourceRow(each.line_number, size, each.data, size)
            if each.is_call:
                self._take(each.fault or self._reader.read_row(each.data), row)
            else:
                self.tally.count_fault(Outcome.NO_CALL.value)
        roles = {part.role for part in parts}
        if len(roles) == 1 and (lack := _HALVES.get(*roles)):
            self.tally.count_fault(lack, len(joined))
        if not joined:
            self.tally.count_fault(Outcome.NO_CALL.value, len(parts))


def _to_stored(part: Part) -> import_parts.StoredPart:
    return import_parts.StoredPart(*part)


def _require_some(plan: ImportPlan) -> None:
    """Say what the lines were where none holds a call that can be read.

    Raises:
        InvalidInputError: There is none.
    """
    tally = plan.tally
    told = [outcome for outcome in Outcome if tally.reasons.get(outcome.value)]
    if tally.num_parsed or not told:
        return
    what = "; ".join(f"{tally.reasons[each.value]:,} × {each.meaning}" for each in told)
    raise InvalidInputError(f"{plan.file_name} holds no model call that can be read: {what}")


def _describe(tally: ImportTally, size_bytes: int) -> Message:
    return {
        "type": "progress",
        "read_bytes": size_bytes,
        "size_bytes": size_bytes,
        "num_lines": tally.num_lines,
        "num_parsed": tally.num_parsed,
        "num_valid": tally.num_valid,
        "num_invalid": tally.num_invalid,
    }


def _open_source(path: Path, limits: Limits, *, name: str) -> Source:
    """A line of OTLP may be as long as a request."""
    longest = max(limits.max_line_bytes, get_settings().max_otlp_bytes)
    return Source(path, Limits(limits.max_file_bytes, longest), name=name)


def work(args: Message, send: Send) -> None:
    """Import a file.

    Args:
        args: `import_id`, and `format` where the user chose one.
        send: Gets a progress message after each batch.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can.
    """

    def make(plan: ImportPlan, settings: Settings) -> TraceArrivals:
        with reading() as session:
            scrubber = find_scrubber(session)
        return TraceArrivals(plan, settings, send, args.get("format"), scrubber)

    run_import(str(args["import_id"]), make, _open_source)
