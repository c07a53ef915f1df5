"""What the command line writes: results to stdout, all else to stderr."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def write_line(text: str = "") -> None:
    """One line of the result."""
    sys.stdout.write(f"{text}\n")


def write_json(value: object) -> None:
    """The result for programs, on one line when it is not read by a person."""
    options = orjson.OPT_APPEND_NEWLINE
    if sys.stdout.isatty():
        options |= orjson.OPT_INDENT_2
    sys.stdout.write(orjson.dumps(value, option=options).decode())


def note(text: str) -> None:
    """A remark beside the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def report_error(code: str, message: str, details: Mapping[str, Any], *, is_json: bool) -> None:
    """Say what went wrong: one line, or the REST envelope."""
    if not is_json:
        note(f"rft: {message}")
        return
    envelope = {"error": {"code": code, "message": message, "details": details}}
    note(orjson.dumps(envelope, default=str).decode())


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns that line up."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        write_line("  ".join(cells).rstrip())
