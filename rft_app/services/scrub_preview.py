"""What rules would do to stored traces or to a file, before anything is changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from sqlmodel import Session

from rft_app.domain.imports import ImportFault
from rft_app.domain.scrubbing import Replacement, ScrubPreview, ScrubRules
from rft_app.domain.trace import trace_id
from rft_app.domain.trace_page import TraceSelection
from rft_app.settings import get_settings
from rft_app.storage import trace_detail, trace_pages
from rft_app.text.scrubbing import Placeholders, Scrubber
from rft_app.traces.reading import choose_shape, read_row
from rft_app.traces.scrubbed import scrub_body, scrub_trace
from rft_app.traces.source import Limits, Source

MAX_PREVIEWED: Final = 1_000
_SHOWN: Final = 200


def preview_newest(session: Session, rules: ScrubRules, num_traces: int) -> ScrubPreview:
    """What rules would do to the newest traces; nothing is changed.

    Raises:
        InvalidInputError: A pattern or the region cannot be used.
    """
    return preview_selection(session, rules, TraceSelection(), num_traces)


def preview_selection(
    session: Session, rules: ScrubRules, selection: TraceSelection, num_traces: int
) -> ScrubPreview:
    """What rules would do to the newest of some traces; nothing is changed.

    Raises:
        InvalidInputError: A pattern or the region cannot be used, or the selection names something
            that is no trace.
    """
    scrubber = Scrubber(rules)
    where = trace_pages.select_where(session, selection)
    keys = trace_pages.list_newest(session, where, num_traces)
    return _sum_up((trace_id(key), _look(session, key, scrubber)) for key in keys)


def preview_file(
    path: Path | str,
    rules: ScrubRules,
    *,
    file_name: str,
    mapping: Mapping[str, str],
    num_rows: int,
) -> ScrubPreview:
    """What rules would do to the first rows of a file that can be read; nothing is changed.

    Raises:
        InvalidInputError: A pattern, the region or the mapping cannot be used, or the file is
            empty, binary or damaged.
    """
    scrubber = Scrubber(rules)
    shape = choose_shape(None, mapping)
    settings = get_settings()
    limits = Limits(settings.max_file_bytes, settings.max_line_bytes)

    def read(source: Source) -> Iterator[tuple[str, Placeholders]]:
        for row in islice(source.rows(), num_rows):
            found = read_row(row, shape, settings.max_record_tokens)
            if not isinstance(found, ImportFault):
                yield f"line {row.number}", scrub_trace(found[0], scrubber).placeholders

    with Source(Path(path), limits, name=file_name) as source:
        return _sum_up(read(source))


def _look(session: Session, key: int, scrubber: Scrubber) -> Placeholders:
    found = trace_detail.read_body(session, key)
    return Placeholders() if found is None else scrub_body(found.body, scrubber)[1]


def _sum_up(looked_at: Iterable[tuple[str, Placeholders]]) -> ScrubPreview:
    counts: Counter[str] = Counter()
    shown: list[Replacement] = []
    num_looked_at = num_touched = 0
    for place, placeholders in looked_at:
        num_looked_at += 1
        counts += placeholders.counts
        num_touched += bool(placeholders.counts)
        shown += _show(place, placeholders, _SHOWN - len(shown))
    return ScrubPreview(
        num_traces=num_looked_at,
        num_touched=num_touched,
        counts=dict(counts.most_common()),
        replacements=tuple(shown),
    )


def _show(place: str, placeholders: Placeholders, most: int) -> list[Replacement]:
    return [
        Replacement(trace_id=place, placeholder=name, value=value, number=number)
        for name, (value, number) in islice(placeholders.values.items(), max(most, 0))
    ]
