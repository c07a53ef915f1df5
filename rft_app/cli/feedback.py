"""`rft feedback`: what people said of records."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.importing import SourceFile
from rft_app.cli.output import JsonOption, note, write_json, write_table

if TYPE_CHECKING:
    from rft_app.domain.feedback import Feedback

app = typer.Typer(help="List and import what people said of records.", no_args_is_help=True)
MAX_LISTED = 10_000


@app.command("list")
def list_feedback(
    dataset: DatasetArgument,
    record: Annotated[str | None, typer.Option(help="Only of this record.")] = None,
    reviewer: Annotated[str | None, typer.Option(help="Only of this person.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="Most rows.")] = 50,
    json: JsonOption = False,
) -> None:
    """What people said, newest first."""
    from rft_app.services import feedback as use_cases
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        page = use_cases.list_feedback(
            session, dataset_id, record_id=record, reviewer=reviewer, limit=limit
        )
    if json:
        from rft_app.api.schemas.feedback import Feedback

        write_json([Feedback.of(one).to_json() for one in page.rows])
        return
    if not page.rows:
        note("Nobody said anything yet. `rft feedback import DATASET FILE` reads a file.")
        return
    write_table(("RECORD", "REVIEWER", "THUMB", "RATING", "SAID"), map(_describe, page.rows))
    if page.total > len(page.rows):
        note(f"{page.total - len(page.rows):,} more; see --limit.")


def _describe(one: "Feedback") -> tuple[str, ...]:
    said = (
        f"corrected as {one.correction}" if one.correction else "",
        f"{one.chosen} over {one.rejected}" if one.chosen else "",
        " ".join(one.note.split()),
    )
    return (
        one.record_id,
        one.reviewer,
        one.thumb or "–",
        str(one.rating or "–"),
        " · ".join(filter(None, said)),
    )


@app.command("import")
def import_feedback(
    dataset: DatasetArgument,
    file: SourceFile,
    reviewer: Annotated[str, typer.Option(help="Who speaks in rows that name nobody.")] = "",
    json: JsonOption = False,
) -> None:
    """Store what people said from CSV, JSON lines or a JSON array; bad rows are listed.

    A row names its record by record_id or by the trace's own id, its reviewer, and what was said:
    thumb (up, down), rating (1 to 5), output (the right answer), chosen and rejected, note.
    """
    from rft_app.cli.import_run import run_feedback_import

    run_feedback_import(dataset, Path(file).resolve(), reviewer, is_json=json)
