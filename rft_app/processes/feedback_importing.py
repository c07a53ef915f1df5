"""Child process: read a file of what people said and store it with the records of a dataset."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain.feedback import FeedbackKey, FeedbackSource
from rft_app.domain.imports import ImportFault, ImportPlan, ImportTally
from rft_app.domain.record import parse_record_id, record_id
from rft_app.errors import RftError
from rft_app.processes._batches import BatchedImport, run_import
from rft_app.services.feedback import put_feedback
from rft_app.services.scrubbing import find_dataset_scrubber
from rft_app.settings import Settings
from rft_app.storage.imports import add_faults
from rft_app.storage.record_index import RecordIndex
from rft_app.storage.session import reading
from rft_app.traces.feedback_csv import open_feedback
from rft_app.traces.feedback_row import FeedbackLine, parse_feedback
from rft_app.traces.line import LineFault
from rft_app.traces.reading import fault_of, find_row_fault, scrub_fault
from rft_app.traces.rows import SourceRow

NO_RECORD, NO_REVIEWER, REFUSED = "no_record", "no_reviewer", "refused"


Lines = list[tuple[SourceRow, FeedbackKey, FeedbackLine]]
"""Rows, of whom they speak and what they say."""


class FeedbackImport(BatchedImport[Lines]):
    """Rows become what a person said of the record they name; the last one of each counts."""

    rows_per_batch: ClassVar[int] = 5
    """A corrected answer of a large dataset takes a second, and nobody else writes meanwhile."""
    expected: ClassVar[str] = "CSV with a header, one JSON object per line, or one JSON array"

    def __init__(self, plan: ImportPlan, settings: Settings, send: Send, reviewer: str) -> None:
        super().__init__(plan, settings, send)
        with reading() as session:
            self._index = RecordIndex(session, plan.dataset_id)
            self._scrubber = find_dataset_scrubber(session, plan.dataset_id)
        self._reviewer = reviewer
        self._lines: Lines = []

    def take(self, row: SourceRow) -> None:
        """Parse one row and find its record."""
        fault = find_row_fault(row)
        if fault is not None:
            self.add_fault(scrub_fault(fault, row, self._scrubber))
            return
        found = parse_feedback(row.data)
        if isinstance(found, LineFault):
            self.add_fault(self._fault_of(row, found.reason, found.message))
            return
        reviewer = found.reviewer or self._reviewer
        record = self._find_record(found.ids)
        if not reviewer:
            message = "The row names no reviewer. Fill in `reviewer`, or name one for the file."
            self.add_fault(self._fault_of(row, NO_REVIEWER, message))
        elif record is None:
            self.add_fault(self._fault_of(row, NO_RECORD, self._describe_search(found.ids)))
        else:
            key = FeedbackKey(self.plan.dataset_id, record, reviewer)
            self._lines.append((row, key, found))

    def _fault_of(self, row: SourceRow, code: str, message: str) -> ImportFault:
        return scrub_fault(fault_of(row, code, message), row, self._scrubber)

    def _find_record(self, ids: Sequence[str]) -> str | None:
        """Archived records go by their own id alone: their reviewer may still say more."""
        for name in ids:
            if self._index.is_shared(name):
                return None
            seq = self._index.find([name], None) or parse_record_id(name)
            if seq is not None:
                return record_id(seq)
        return None

    def _describe_search(self, ids: Sequence[str]) -> str:
        shared = next(filter(self._index.is_shared, ids), None)
        if shared is None:
            return f"No record has the id {ids[0][:80]!r}. Use an id that the dataset lists."
        return f"Several records come from {shared[:80]!r}. Name one by its `record_id`."

    def give(self) -> Lines:
        """What the batch's rows say."""
        lines, self._lines = self._lines, []
        return lines

    def store(self, session: Session, rows: Lines, tally: ImportTally) -> None:
        """Put what the rows say; one that is refused becomes a bad line."""
        refused = [
            self._fault_of(row, REFUSED, words)
            for row, key, line in rows
            if (words := _put(session, key, line)) is not None
        ]
        add_faults(session, self.plan.import_id, refused)
        for fault in refused:
            tally.count_fault(fault.code)
        tally.num_invalid += len(refused)
        tally.num_parsed += len(rows) - len(refused)
        tally.num_valid += len(rows) - len(refused)


def _put(session: Session, key: FeedbackKey, line: FeedbackLine) -> str | None:
    """Store what a row says, all of it or nothing; returns why it is refused."""
    try:
        with session.begin_nested():
            put_feedback(
                session, key, line.draft, corrected=line.corrected, source=FeedbackSource.IMPORTED
            )
    except RftError as error:
        return error.message
    return None


def work(args: Message, send: Send) -> None:
    """Import the file of `args["import_id"]`; `args["reviewer"]` speaks where a row names nobody.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can be used.
    """
    make = partial(FeedbackImport, send=send, reviewer=str(args["reviewer"]))
    run_import(str(args["import_id"]), make, open_feedback)
