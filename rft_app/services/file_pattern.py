"""What the first rows of a file have in common."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from rft_app.domain.pattern import Pattern
from rft_app.services.pattern import NUM_READ, find_pattern
from rft_app.settings import get_settings
from rft_app.traces.reading import choose_shape, read_row
from rft_app.traces.source import Limits, Source

MAX_ROWS = 1_000


def analyze_file(
    path: Path | str, *, file_name: str, mapping: Mapping[str, str] | None = None
) -> Pattern | None:
    """What the first readable rows have in common; `None` when none can be read.

    Raises:
        InvalidInputError: The file is empty, binary or damaged, or the mapping cannot work.
    """
    settings = get_settings()
    shape = choose_shape(None, mapping or {})
    bodies: list[bytes] = []
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)
    with Source(Path(path), limits, name=file_name) as source:
        for row in islice(source.rows(), MAX_ROWS):
            found = read_row(row, shape, settings.max_record_tokens)
            if isinstance(found, tuple):
                bodies.append(found[0].body)
            if len(bodies) == NUM_READ:
                break
    return find_pattern(bodies, len(bodies)) if bodies else None
