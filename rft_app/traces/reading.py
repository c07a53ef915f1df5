"""From a row of a file to a trace or the fault that says why there is none."""

from collections.abc import Mapping

from rft_app.domain.imports import DAMAGED, EXCERPT_LENGTH, ImportFault
from rft_app.domain.trace import ParsedTrace
from rft_app.domain.validity import Reason
from rft_app.settings import get_settings
from rft_app.text.scrubbing import Placeholders, Scrubber
from rft_app.traces import SHAPES, parse_line
from rft_app.traces.draft import clean
from rft_app.traces.line import LineFault
from rft_app.traces.mapped import Extended, Mapped, has_question
from rft_app.traces.rows import EXCERPT_BYTES, Damage, SourceRow
from rft_app.traces.shape import TraceShape

_SCRUBBED_BYTES = 1 << 16
"""Of a bad line; a private key of 16,384 bits has 13,000."""


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
    if row.damage is not None:
        return fault_of(row, DAMAGED, describe_damage(row.damage, row.number - 1))
    if row.is_too_long:
        return fault_of(
            row,
            Reason.TOO_LONG,
            f"The line has {row.size_bytes:,} bytes; RFT_MAX_LINE_BYTES allows "
            f"{get_settings().max_line_bytes:,}. Shorten it or raise the limit.",
        )
    if row.is_after_array:
        return fault_of(row, Reason.NOT_JSON, "Text follows the end of the JSON array.")
    return None


def describe_damage(damage: Damage, num_whole: int) -> str:
    """What is wrong with a file, up to where it was read, and what to do.

    Example:
        >>> describe_damage(Damage.CUT_OFF, 1200)
        'Stopped after line 1,200: the file is cut off. Import it again whole.'
    """
    place = f"Stopped after line {num_whole:,}" if num_whole else "Stopped in the first line"
    match damage:
        case Damage.CUT_OFF:
            return f"{place}: the file is cut off. Import it again whole."
        case Damage.NOT_CLOSED:
            return (
                f"{place}: the array is not closed, so the file is cut off or lacks a quote or "
                "bracket. Import it again whole."
            )
        case Damage.UNREADABLE:
            return (
                f"{place}: the compressed data is damaged, and lines before may be wrong, too. "
                "Copy the file again and import it whole."
            )
        case Damage.CHECKSUM:
            return (
                "The file's checksum does not match: bytes were changed on the way, and any line "
                "may be wrong. Copy the file again and import it whole."
            )


def fault_of(row: SourceRow, code: str, message: str) -> ImportFault:
    """A fault with the place and the beginning of its line."""
    excerpt = clean(row.data[:EXCERPT_BYTES].decode(errors="replace"))[:EXCERPT_LENGTH]
    return ImportFault(
        line_number=row.number, code=str(code), message=clean(message), excerpt=excerpt
    )


def scrub_fault(fault: ImportFault, row: SourceRow, scrubber: Scrubber | None) -> ImportFault:
    """The fault of a line with placeholders; a value may go on where the excerpt ends."""
    if scrubber is None:
        return fault
    placeholders = Placeholders()
    seen = clean(row.data[:_SCRUBBED_BYTES].decode(errors="replace"))
    return fault.model_copy(
        update={
            "message": scrubber.scrub(fault.message, placeholders),
            "excerpt": scrubber.scrub(seen, placeholders)[:EXCERPT_LENGTH],
        }
    )
