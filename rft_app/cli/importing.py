"""`rft import` and `rft import-rollouts`."""

from pathlib import Path
from typing import Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, tell_lacking
from rft_app.cli.output import JsonOption
from rft_app.cli.scrubbing import ScrubOption, ScrubPatternOption, ScrubRegionOption, read_rules
from rft_app.domain.imports import ImportMode
from rft_app.domain.scrubbing import NOTHING, ScrubRules

SourceFile = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="JSONL or JSON; gzip, zstd."),
]


def import_file(  # noqa: PLR0913  # one parameter per option
    file: SourceFile,
    name: Annotated[str | None, typer.Option(help="Name of the new dataset.")] = None,
    objective: Annotated[
        str | None, typer.Option(help="What the model should become better at.")
    ] = None,
    into: Annotated[
        str | None, typer.Option(metavar="DATASET", help="Add to this one, by id or name, instead.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="With --into: archive what is there, as a snapshot."),
    ] = False,
    mapping: Annotated[
        str | None,
        typer.Option("--map", help="Columns by role, e.g. input=question,reference=answer."),
    ] = None,
    shape: Annotated[str | None, typer.Option(help="Row shape; found by itself.")] = None,
    scrub: ScrubOption = None,
    scrub_pattern: ScrubPatternOption = None,
    scrub_region: ScrubRegionOption = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Store nothing; show what --scrub would take out.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Import traces from a file into a dataset and extract its records.

    Bad lines are reported and the good ones imported. A file that gives nothing, or breaks a
    limit, fails the import; a dataset made for it is removed again.
    """
    rules = read_rules(NOTHING, scrub, scrub_pattern, scrub_region)
    if preview:
        _preview(file.resolve(), rules, mapping, is_json=json)
        return
    if into is None and not (name and objective):
        lacks = tell_lacking(name, objective)
        raise typer.BadParameter(f"A new dataset needs {lacks}; or name one that is there: --into.")
    if into is not None and (name or objective):
        raise typer.BadParameter("--name and --objective are for a new dataset, not with --into.")
    columns = parse_mapping(mapping)
    from rft_app.cli.import_run import ImportPlan, run_import

    if replace and into is None:
        raise typer.BadParameter("--replace needs the dataset to replace the records of: --into.")
    plan = ImportPlan(
        file=file.resolve(),
        name=name or "",
        objective=objective or "",
        into=into,
        mode=ImportMode.REPLACE if replace else ImportMode.APPEND,
        mapping=columns,
        shape=shape,
        scrub=rules,
    )
    run_import(plan, is_json=json)


def _preview(file: Path, rules: ScrubRules, mapping: str | None, *, is_json: bool) -> None:
    if rules.is_empty:
        raise typer.BadParameter("--preview needs to know what to take out, e.g. --scrub all.")
    from rft_app.cli.scrub_preview import show_file_preview

    show_file_preview(file, rules, parse_mapping(mapping), is_json=is_json)


def import_rollouts(
    dataset: DatasetArgument,
    file: SourceFile,
    json: JsonOption = False,
) -> None:
    """Add recorded answers to the records of a dataset, several for one record where there are."""
    from rft_app.cli.import_run import run_rollouts_import

    run_rollouts_import(dataset, file.resolve(), is_json=json)


def parse_mapping(text: str | None) -> dict[str, str] | None:
    """Read `role=column,role=column`.

    Raises:
        BadParameter: A part is not of this form.
    """
    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not pairs or not all(role.strip() and column.strip() for role, _, column in pairs):
        raise typer.BadParameter(f"--map {text!r}: write role=column,role=column.")
    return {role.strip(): column.strip() for role, _, column in pairs}
