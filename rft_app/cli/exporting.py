"""`rft export`, `rft exports` and `rft formats`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.domain.export import ToolArguments

if TYPE_CHECKING:
    from rft_app.domain.export import Export
    from rft_app.exports import Exporter


def export(  # noqa: PLR0913  # one parameter per option
    dataset: DatasetArgument,
    format_name: Annotated[str, typer.Option("--format", help="See `rft formats`.")],
    out: Annotated[Path, typer.Option(help="A .zip, a data file or a folder.")],
    test: Annotated[bool, typer.Option("--test/--no-test", help="Split a test file off.")] = True,
    metadata: Annotated[
        bool, typer.Option("--metadata/--no-metadata", help="Add metadata.json.")
    ] = True,
    train_ratio: Annotated[float, typer.Option(min=0.01, max=1, help="Training share.")] = 0.8,
    seed: Annotated[int, typer.Option(help="Of the split, of shuffling and balancing.")] = 0,
    snapshot: Annotated[str | None, typer.Option(help="Records and sides of a snapshot.")] = None,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="In an order drawn.")] = False,
    balance: Annotated[
        bool, typer.Option("--balance", help="Each topic at its target share.")
    ] = False,
    min_grade: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Mean of the last dry run, else recorded reward."),
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0.01, max=1, help="Pairs: best above worst reward.")
    ] = 0.1,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Labels: good from this reward.")
    ] = 0.5,
    tool_arguments: Annotated[
        ToolArguments, typer.Option(help="TRL: arguments of tool calls.")
    ] = ToolArguments.DEFAULT,
    completion: Annotated[
        bool, typer.Option("--completion", help="TRL SFT: prompt and completion.")
    ] = False,
    template: Annotated[
        Path | None, typer.Option(help="Custom: a file with the template.", exists=True)
    ] = None,
    array: Annotated[bool, typer.Option("--array", help="Custom: one JSON array.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a dataset's trainable records in a format that other tools read.

    The ending decides: `.zip` holds train, test and metadata; the format's own ending, such as
    `.jsonl`, is one data file with every record.
    """
    from rft_app.exports import EXPORTERS

    if format_name not in EXPORTERS.names():
        raise typer.BadParameter(
            f"There is no format {format_name!r}. Choose one of: {', '.join(EXPORTERS.names())}."
        )
    from rft_app.cli.export_run import run_export
    from rft_app.domain.export import ExportOptions

    options = ExportOptions(
        include_test=test,
        include_metadata=metadata,
        train_ratio=train_ratio,
        seed=seed,
        snapshot_id=snapshot,
        shuffle=shuffle,
        balance=balance,
        margin=margin,
        threshold=threshold,
        tool_arguments=tool_arguments,
        as_completion=completion,
        template="" if template is None else template.read_text(encoding="utf-8"),
        is_array=array,
    )
    run_export(dataset, format_name, options, min_grade, out, is_json=json)


def list_exports(dataset: DatasetArgument, json: JsonOption = False) -> None:
    """The latest 50 exports of a dataset, newest first: where the file is, or why there is none."""
    from rft_app.services import exports as use_cases
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = use_cases.list_exports(session, dataset_id)
    if json:
        from rft_app.api.schemas.export import Export as WireExport

        write_json([WireExport.of(one).to_json() for one in found])
        return
    if not found:
        note("Nothing was exported yet. `rft export DATASET --format FORMAT --out PATH` does it.")
        return
    header = ("ID", "FORMAT", "MADE (UTC)", "ROWS", "BYTES", "STATE", "KEPT", "FILE OR REASON")
    write_table(header, map(_describe, found))


def _describe(one: "Export") -> tuple[str, ...]:
    from rft_app.domain.job import JobStatus
    from rft_app.errors import NotFoundError
    from rft_app.services.exports import open_export

    state, kept, where = one.status.value, "–", "–"
    if one.status is JobStatus.FAILED:
        where = one.failure or where
    if one.is_done:
        try:
            where, kept = str(open_export(one)), f"{one.days_left(datetime.now(UTC))} d"
        except NotFoundError:
            state = "removed"
    return (
        one.id,
        one.format,
        f"{one.created_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        f"{one.num_train + one.num_test:,}" if one.is_done else "–",
        "–" if one.size_bytes is None else f"{one.size_bytes:,}",
        state,
        kept,
        where,
    )


def formats(json: JsonOption = False) -> None:
    """The export formats, what reads them and what a record needs for them."""
    from rft_app.domain.export import ExportOptions
    from rft_app.exports import EXPORTERS

    rows = [
        {
            "name": exporter.name,
            "label": exporter.label,
            "description": exporter.description,
            "suffix": exporter.layout(ExportOptions()).suffix,
            "consumer": exporter.consumer,
            "unit": exporter.unit.value,
            "needs": [need.value for need in exporter.needs],
        }
        for exporter in EXPORTERS
    ]
    if json:
        write_json(rows)
        return
    lines = (
        (each.name, each.layout(ExportOptions()).suffix, each.consumer, _needs(each))
        for each in EXPORTERS
    )
    write_table(("FORMAT", "FILE", "READ BY", "NEEDS"), lines)
    write_line()
    write_line("rft export DATASET --format FORMAT --out PATH")


def _needs(exporter: "Exporter") -> str:
    return ", ".join(need.value for need in exporter.needs) or "nothing"
