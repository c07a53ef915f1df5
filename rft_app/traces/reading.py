"""From a row of a file to a trace or the fault that says why there is none."""

from collections.abc import Mapping

from rft_app.domain.imports import EXCERPT_LENGTH, ImportFault
from rft_app.domain.trace import ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.traces import SHAPES, parse_line
from rft_app.traces.draft import clean
from rft_app.traces.line import LineFault
from rft_app.traces.mapped import Extended, Mapped, has_question
from rft_app.traces.rows import EXCERPT_BYTES, SourceRow
from rft_app.traces.shape import TraceShape

DAMAGED = "damaged"
REWARD_OUT_OF_RANGE = "reward_out_of_range"


def choose_shape(name: str | None, mapping: Mapping[str, str]) -> TraceShape | None:
    """The shape a user named or mapped; `None` leaves it to each row.

    Raises:
        InvalidInputError: The name is unknown, or `require_mapping` refuses the mapping.
    """
    shape = SHAPES.get(name) if name else None
    if not mapping:
        return shape
    return Mapped(mapping) if has_question(mapping) else Extended(mapping, shape)


def read_row(
    row: SourceRow, shape: TraceShape | None, max_tokens: int
) -> tuple[ParsedTrace, str] | ImportFault:
    """The trace of a row and the name of its shape, or its fault."""
    if fault := find_row_fault(row):
        return fault
    found = parse_line(row.data, shape, max_tokens)
    if isinstance(found, LineFault):
        return fault_of(row, found.reason, found.message)
    return found


def find_row_fault(row: SourceRow) -> ImportFault | None:
    """What is wrong with a row before it is read."""
    if row.is_cut:
        message = "The file ends in the middle: it is damaged or cut off. Copy or upload it again."
        return fault_of(row, DAMAGED, message)
    if row.is_too_long:
        return fault_of(
            row,
            Reason.TOO_LONG,
            f"The line has {row.size_bytes:,} bytes, more than RFT_MAX_LINE_BYTES allows.",
        )
    if row.is_after_array:
        return fault_of(row, Reason.NOT_JSON, "Text follows the end of the JSON array.")
    return None


def fault_of(row: SourceRow, code: str, message: str) -> ImportFault:
    """A fault with the place and the beginning of its line."""
    excerpt = clean(row.data[:EXCERPT_BYTES].decode(errors="replace"))[:EXCERPT_LENGTH]
    return ImportFault(
        line_number=row.number, code=str(code), message=clean(message), excerpt=excerpt
    )
