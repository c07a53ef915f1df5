"""`rft traces retention`."""

from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, note, write_json
from rft_app.domain.words import count


def retention(
    days: Annotated[
        int | None, typer.Option(min=0, max=36_500, help="Delete after so many; 0 keeps them.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """How long traces that arrive by themselves are kept; datasets keep their copies."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.retention import Retention
    from rft_app.services.retention import get_retention, set_retention
    from rft_app.storage.session import reading, unit_of_work

    ensure_schema()
    if days is not None:
        with unit_of_work() as session:
            set_retention(session, Retention(days=days))
    with reading() as session:
        chosen = get_retention(session)
    if json:
        write_json(chosen.model_dump(mode="json"))
    elif chosen.days:
        note(f"Traces are deleted {count(chosen.days, 'day')} after they arrived.")
    else:
        note("Traces are kept.")
