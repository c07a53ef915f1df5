"""`rft datasets`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rft_app.cli.dataset_argument import DatasetArgument, resolve_dataset
from rft_app.cli.output import JsonOption, note, write_json, write_line, write_table
from rft_app.domain.words import count

if TYPE_CHECKING:
    from rft_app.domain.pipeline import Node

app = typer.Typer(help="List, show and delete datasets.", no_args_is_help=True)


@app.command("list")
def list_all(
    search: Annotated[str, typer.Option(help="Only those with these words.")] = "",
    json: JsonOption = False,
) -> None:
    """All datasets, most recently changed first."""
    from rft_app.cli.installation import ensure_schema
    from rft_app.domain.standing import describe_standing, find_standing
    from rft_app.services.activity import find_last_job, map_active_jobs
    from rft_app.services.datasets import list_datasets
    from rft_app.storage.session import reading

    ensure_schema()
    with reading() as session:
        found = list_datasets(session, search=search)
        if json:
            from rft_app.cli.wire import dataset_json

            write_json([dataset_json(session, dataset) for dataset in found])
            return
        active = map_active_jobs(session)
        standings = [
            find_standing(each, active.get(each.id), find_last_job(session, each)) for each in found
        ]
    if not found:
        note("There are no datasets yet. `rft import FILE` makes one, `rft demo` loads the demo.")
        return
    write_table(
        ("ID", "NAME", "RECORDS", "STATE", "NEXT"),
        (
            (
                dataset.id,
                dataset.name,
                f"{dataset.stats.num_records:,}",
                describe_standing(standing, dataset),
                dataset.next_step.value if dataset.next_step else "–",
            )
            for dataset, standing in zip(found, standings, strict=True)
        ),
    )


@app.command()
def show(dataset: DatasetArgument, json: JsonOption = False) -> None:
    """One dataset with its seven steps."""
    from rft_app.services.datasets import get_dataset
    from rft_app.storage.session import reading

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = get_dataset(session, dataset_id)
        if json:
            from rft_app.cli.wire import dataset_json

            write_json(dataset_json(session, found))
            return
    write_line(f"{found.name} ({dataset_id})")
    write_line(found.objective)
    write_line()
    rows = ((node.name.value, node.status_label, _result(node)) for node in found.nodes)
    write_table(("STEP", "STATUS", "RESULT"), rows)


def _result(node: "Node") -> str:
    if node.stale_reason:
        return f"{node.summary} ({node.stale_reason})"
    return node.summary or (node.info.needs if node.status.value == "waiting" else "")


@app.command()
def delete(
    dataset: DatasetArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a dataset with its records, grades and history."""
    from rft_app.services.datasets import delete_dataset, get_dataset
    from rft_app.storage.session import reading, unit_of_work

    dataset_id = resolve_dataset(dataset)
    with reading() as session:
        found = get_dataset(session, dataset_id)
    records = count(found.stats.num_records, "record")
    if not yes:
        typer.confirm(f"Delete {found.name} with {records}?", abort=True, err=True)
    with unit_of_work() as session:
        delete_dataset(session, dataset_id)
    note(f"Deleted {found.name} with {records}.")
