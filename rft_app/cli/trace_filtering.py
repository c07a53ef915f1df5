"""Options that say which traces, by their time and their turns."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from rft_app.domain.trace_page import TraceFilter

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
SinceOption = Annotated[
    datetime | None,
    typer.Option(formats=_FORMATS, help="Only those recorded at this moment (UTC) or later."),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        formats=_FORMATS, help="Only those recorded before this moment (UTC); a date is its start."
    ),
]
MinTurnsOption = Annotated[int, typer.Option(min=0, help="Only those with so many user turns.")]


def with_times(wanted: TraceFilter, since: datetime | None, until: datetime | None) -> TraceFilter:
    """The filter, narrowed to a range of time.

    Raises:
        BadParameter: The range ends before it begins.
    """
    if since is not None and until is not None and until <= since:
        raise typer.BadParameter("--until must be later than --since.")
    return wanted.model_copy(update={"since": _to_ms(since), "until": _to_ms(until)})


def _to_ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)
