"""Run imports as the job does: a real child process on a real file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from rft_app.children import run_child
from rft_app.domain.imports import ImportFault, ImportReport
from rft_app.storage import imports
from rft_app.storage.session import reading, unit_of_work
from tests.builders import make_dataset_row

TRACES = "rft_app.processes.importing"
ROLLOUTS = "rft_app.processes.rollout_importing"


def add_dataset() -> str:
    """An empty dataset; returns its id."""
    with unit_of_work() as session:
        session.add(make_dataset_row())
    return "ds_a"


def prepare(path: Path, kind: str = "traces", mapping: Mapping[str, str] | None = None) -> str:
    """Note the import of a file into the dataset; returns its id."""
    with unit_of_work() as session:
        import_id = imports.add_import(
            session, "ds_a", kind, path=str(path), file_name=path.name, size_bytes=1
        )
        imports.change_import(session, import_id, mapping=dict(mapping or {}))
    return import_id


def run(import_id: str, module: str = TRACES, shape: str | None = None) -> ImportReport:
    """Let the child read the file to its end."""
    run_child(
        module,
        {"import_id": import_id, "shape": shape},
        on_message=lambda _: None,
        is_cancelled=lambda: False,
    )
    return report(import_id)


def import_file(path: Path, **options: Any) -> ImportReport:
    """Import a file of traces into a new dataset."""
    add_dataset()
    return run(prepare(path, **options))


def report(import_id: str) -> ImportReport:
    with reading() as session:
        return imports.get_report(session, import_id)


def faults(import_id: str) -> list[ImportFault]:
    with reading() as session:
        return imports.list_faults(session, import_id, 0, 1000)


def rows(statement: str) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with reading() as session:
        return [tuple(row) for row in session.connection().execute(text(statement))]
