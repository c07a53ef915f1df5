"""`rft traces import`."""

from pathlib import Path
from typing import Annotated

import typer

from rft_app.cli.importing import SourceFile
from rft_app.cli.output import JsonOption


def import_traces(
    file: SourceFile,
    others: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            readable=True,
            help="Files whose rows belong to those of the first: a batch's output and its input, "
            "scores of an export.",
        ),
    ] = None,
    format_name: Annotated[
        str | None, typer.Option("--format", help="Format of all rows; found by itself.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import logs of a gateway or exports of a tool among the traces, for no dataset yet.

    Rows that cannot be read are reported and the others stored. A file that comes again changes
    nothing.
    """
    from rft_app.cli.import_run import run_trace_import

    files = [each.resolve() for each in (file, *(others or ()))]
    run_trace_import(files, format_name, is_json=json)
