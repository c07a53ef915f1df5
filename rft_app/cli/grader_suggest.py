"""`rft grader suggest`."""

from pathlib import Path
from typing import Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line


def suggest(
    dataset: DatasetArgument,
    out: Annotated[
        Path | None, typer.Option(help="File for the settings, for `rft run --grader FILE`.")
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """A grader that the data allows, else a judge by the objective; nothing is saved."""
    from rft_app.api.schemas.grader_suggestion import GraderSuggestion
    from rft_app.services.grader_proposal import propose_grader
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = propose_grader(session, dataset_id)
    if out is not None:
        try:
            out.write_text(found.spec.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise typer.BadParameter(f"{out} cannot be written: {error.strerror}.") from error
    if json:
        write_json(GraderSuggestion.of(found).to_json())
        return
    write_line(f"{found.spec.kind.replace('_', ' ')}: {found.reason}")
    if out is None:
        write_line(found.spec.model_dump_json(indent=2, exclude_none=True))
    else:
        note(f"Written: {out}")
