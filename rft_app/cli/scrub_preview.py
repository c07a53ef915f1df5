"""What would be taken out of traces or of a file, for a terminal or a program."""

from pathlib import Path
from typing import Any

from rft_app.api.schemas.scrub_preview import ScrubPreview as Wire
from rft_app.cli.output import write_json, write_line, write_table
from rft_app.domain import words
from rft_app.domain.scrubbing import ScrubPreview, ScrubRules
from rft_app.services.scrub_preview import preview_file

NUM_PREVIEWED = 100
"""Traces or rows that are looked at where nobody says how many."""


def show_file_preview(
    file: Path, rules: ScrubRules, mapping: dict[str, str] | None, *, is_json: bool
) -> None:
    """What rules would do to the first rows of a file.

    Raises:
        RftError: A rule or the mapping cannot be used, or the file cannot be read.
    """
    found = preview_file(
        file, rules, file_name=file.name, mapping=mapping or {}, num_rows=NUM_PREVIEWED
    )
    show_preview(found, "row", is_json=is_json)


def preview_json(found: ScrubPreview) -> dict[str, Any]:
    """The JSON of REST."""
    return Wire.of(found).to_json()


def show_preview(found: ScrubPreview, unit: str, *, is_json: bool) -> None:
    """Print what was found in so many traces or rows (`unit`)."""
    if is_json:
        write_json(preview_json(found))
        return
    write_line(f"{found.num_touched:,} of {words.count(found.num_traces, unit)} would change.")
    if not found.counts:
        return
    rows = ((kind, f"{number:,}") for kind, number in found.counts.items())
    write_table(("KIND", "VALUES"), rows)
    write_line()
    write_table(
        (unit.upper(), "PLACEHOLDER", "TIMES", "VALUE"),
        (
            (each.trace_id, each.placeholder, str(each.number), _plain(each.value))
            for each in found.replacements
        ),
    )


def _plain(value: str) -> str:
    """What a trace holds may not steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in value)
