"""`rft export` and `rft formats`."""

from pathlib import Path
from typing import Annotated

import typer

from rft_app.cli.output import JsonOption, write_json, write_line, write_table


def export(  # noqa: PLR0913  # one parameter per option
    dataset_id: Annotated[str, typer.Argument(metavar="ID", help="The dataset.")],
    format_name: Annotated[str, typer.Option("--format", help="See `rft formats`.")],
    out: Annotated[Path, typer.Option(help="A .zip, a .jsonl or a folder.")],
    test: Annotated[bool, typer.Option("--test/--no-test", help="Split a test file off.")] = True,
    metadata: Annotated[
        bool, typer.Option("--metadata/--no-metadata", help="Add metadata.json.")
    ] = True,
    train_ratio: Annotated[float, typer.Option(min=0.01, max=0.99, help="Training share.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
    json: JsonOption = False,
) -> None:
    """Write a dataset's trainable records in a format that other tools read.

    The ending decides: `.zip` holds train, test and metadata; `.jsonl` is one data file with every
    record.
    """
    from rft_app.exports import EXPORTERS

    if format_name not in EXPORTERS.names():
        raise typer.BadParameter(
            f"There is no format {format_name!r}. Choose one of: {', '.join(EXPORTERS.names())}."
        )
    from rft_app.cli.export_run import run_export
    from rft_app.domain.export import ExportOptions

    options = ExportOptions(
        include_test=test, include_metadata=metadata, train_ratio=train_ratio, seed=seed
    )
    run_export(dataset_id, format_name, options, out, is_json=json)


def formats(json: JsonOption = False) -> None:
    """The export formats and what a record needs for them."""
    from rft_app.exports import EXPORTERS

    rows = [
        {
            "name": exporter.name,
            "label": exporter.label,
            "description": exporter.description,
            "needs": [need.value for need in exporter.needs],
        }
        for exporter in EXPORTERS
    ]
    if json:
        write_json(rows)
        return
    lines = ((str(row["name"]), str(row["description"])) for row in rows)
    write_table(("FORMAT", "READ BY"), lines)
    write_line()
    write_line("rft export ID --format FORMAT --out PATH")
