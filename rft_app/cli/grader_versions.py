"""`rft grader versions`, `compare` and `restore`: what a dataset's grader was before."""

from typing import Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table

LARGEST = 2**31 - 1
_SIGNS = {"same": " ", "added": "+", "removed": "-"}


def versions(
    dataset: DatasetArgument,
    before: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, help="Only those before this number.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most of them.")] = 50,
    json: JsonOption = False,
) -> None:
    """Versions of the grader, newest first; the first of all is the one that dry runs use."""
    from rft_app.api.schemas.grader_version import GraderVersion
    from rft_app.services.grader_versions import list_grader_versions
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = list_grader_versions(session, dataset_id, before=before, limit=limit)
    if json:
        write_json([GraderVersion.of(one).to_json() for one in found])
        return
    if not found:
        note("There is no such version of a grader. `rft run --grader FILE` saves one.")
        return
    write_table(
        ("VERSION", "GRADER", "SAVED"),
        ((str(one.version), one.label, f"{one.created_at:%Y-%m-%d %H:%M} UTC") for one in found),
    )
    if len(found) == limit and found[-1].version > 1:
        note(f"More: --before {found[-1].version}")


def compare(
    dataset: DatasetArgument,
    first: Annotated[int, typer.Argument(min=1, max=LARGEST, help="Number of a version.")],
    second: Annotated[int, typer.Argument(min=1, max=LARGEST, help="Number of another.")],
    json: JsonOption = False,
) -> None:
    """What the second version of the grader changed against the first."""
    from rft_app.api.schemas.grader_version import GraderDifference
    from rft_app.services.grader_versions import compare_versions
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = compare_versions(session, dataset_id, first, second)
    if json:
        write_json(GraderDifference.of(found).to_json())
        return
    if found.is_equal:
        note("Both grade alike.")
        return
    for one in found.settings:
        ours, theirs = ("–" if value is None else value for value in (one.first, one.second))
        write_line(f"{one.name}: {ours} → {theirs}")
    for line in found.lines:
        write_line(f"{_SIGNS[line.kind.value]} {line.text}")


def restore(
    dataset: DatasetArgument,
    version: Annotated[int, typer.Argument(min=1, max=LARGEST, help="Number of the version.")],
    json: JsonOption = False,
) -> None:
    """Make an earlier version the grader again, as a new version."""
    from rft_app.api.schemas.grader import GraderConfig
    from rft_app.services.grader_versions import restore_version

    dataset_id = resolve_dataset(dataset)
    stored = restore_version(dataset_id, version)
    if json:
        write_json(GraderConfig.of(stored).to_json())
    else:
        note(f"Grader: {stored.label}")
