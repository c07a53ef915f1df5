"""Use cases around datasets."""

from typing import Literal

from sqlmodel import Session

from rft_app.domain.dataset import Dataset, DatasetPhase, DatasetSource, DatasetStats
from rft_app.domain.pipeline import StepName, describe_nodes
from rft_app.errors import InvalidInputError
from rft_app.jobs.queue import cancel_job, list_active_jobs
from rft_app.services.busy import require_idle
from rft_app.services.dataset_files import find_files, remove_files
from rft_app.services.staleness import stale_reasons
from rft_app.storage import datasets as dataset_storage
from rft_app.storage import search
from rft_app.storage.session import after_commit
from rft_app.storage.steps import complete_steps, list_step_rows, to_state
from rft_app.storage.tables import DatasetRow, StepRow

NAME_LENGTH = 120
OBJECTIVE_LENGTH = 4_000
UNAVAILABLE = frozenset({StepName.TRAIN, StepName.DEPLOY})
"""Steps that this version of the product cannot do; their nodes wait."""

Sort = Literal["updated", "name", "records"]


def create_dataset(
    session: Session, *, name: str, objective: str, source: DatasetSource = "upload"
) -> Dataset:
    """Create an empty dataset.

    Raises:
        InvalidInputError: Name or objective is blank or too long.
    """
    dataset_id = dataset_storage.add_dataset(
        session,
        name=_require_text("name", name, NAME_LENGTH),
        objective=_require_text("objective", objective, OBJECTIVE_LENGTH),
        source=source,
    )
    return get_dataset(session, dataset_id)


def get_dataset(session: Session, dataset_id: str) -> Dataset:
    """One dataset with its nodes.

    Raises:
        NotFoundError: There is none.
    """
    row = dataset_storage.get_dataset_row(session, dataset_id)
    return _build(session, row, list_step_rows(session, dataset_id))


def list_datasets(
    session: Session,
    *,
    search: str = "",
    phase: DatasetPhase | None = None,
    sort: Sort = "updated",
) -> list[Dataset]:
    """Datasets whose name or objective contains `search`, in the order asked for."""
    rows = dataset_storage.list_dataset_rows(session)
    words = search.casefold().split()
    rows = [r for r in rows if all(w in f"{r.name} {r.objective}".casefold() for w in words)]
    steps = dataset_storage.map_steps(session, [row.id for row in rows])
    found = [_build(session, row, complete_steps(row.id, list(steps[row.id]))) for row in rows]
    if phase is not None:
        found = [dataset for dataset in found if dataset.phase is phase]
    if sort == "name":
        found.sort(key=lambda dataset: dataset.name.casefold())
    elif sort == "records":
        found.sort(key=lambda dataset: -dataset.stats.num_records)
    return found


def update_dataset(
    session: Session, dataset_id: str, *, name: str | None = None, objective: str | None = None
) -> Dataset:
    """Change name or objective; what is `None` stays.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: A value is blank or too long.
    """
    row = dataset_storage.get_dataset_row(session, dataset_id)
    if name is not None:
        row.name = _require_text("name", name, NAME_LENGTH)
    if objective is not None:
        row.objective = _require_text("objective", objective, OBJECTIVE_LENGTH)
    dataset_storage.touch(session, dataset_id)
    session.flush()
    return get_dataset(session, dataset_id)


def delete_dataset(session: Session, dataset_id: str) -> None:
    """Delete a dataset with its records, grades, exports and uploads; its jobs stay as history.

    The files go once the transaction has committed.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: A job works on it.
    """
    require_idle(session, dataset_id)
    for job in list_active_jobs(session, dataset_id):
        cancel_job(session, job.id)
    files = find_files(session, dataset_id)
    search.delete_texts(session, dataset_id)
    dataset_storage.delete_dataset_row(session, dataset_id)
    after_commit(session, lambda: remove_files(files))


def _build(session: Session, row: DatasetRow, steps: dict[StepName, StepRow]) -> Dataset:
    states = {name: to_state(step) for name, step in steps.items()}
    nodes = describe_nodes(states, stale_reasons(session, row.id, steps), UNAVAILABLE)
    return Dataset(
        id=row.id,
        name=row.name,
        objective=row.objective,
        source="gateway" if row.source == "gateway" else "upload",
        created_at=row.created_at,
        updated_at=row.updated_at,
        stats=_stats(row, steps),
        nodes=nodes,
    )


def _stats(row: DatasetRow, steps: dict[StepName, StepRow]) -> DatasetStats:
    dry_run = steps[StepName.DRY_RUN].facts
    return DatasetStats(
        num_traces=row.num_traces,
        num_records=row.num_records,
        num_invalid=row.num_invalid,
        num_generated=row.num_generated,
        num_duplicates=row.num_duplicates,
        num_topics=steps[StepName.TOPICS].facts.get("num_topics", 0),
        balance=steps[StepName.COVERAGE].facts.get("balance"),
        dry_run_verdict=dry_run.get("verdict"),
        dry_run_mean=dry_run.get("mean"),
    )


def _require_text(field: str, value: str, max_length: int) -> str:
    text = value.strip()
    if not text:
        raise InvalidInputError(f"Give the dataset a {field}; it is blank.", field=field)
    if len(text) > max_length:
        raise InvalidInputError(
            f"The {field} has {len(text):,} characters; at most {max_length:,} fit.", field=field
        )
    return text
