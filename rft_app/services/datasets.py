"""Use cases around datasets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from sqlmodel import Session

from rft_app.domain.dataset import (
    Dataset,
    DatasetFilter,
    DatasetName,
    DatasetPage,
    DatasetPhase,
    DatasetSort,
    DatasetSource,
    DatasetStats,
    find_phase,
)
from rft_app.domain.pipeline import Node, StepName, describe_nodes
from rft_app.errors import InvalidInputError
from rft_app.jobs.queue import cancel_job, list_active_jobs
from rft_app.services.busy import require_idle
from rft_app.services.dataset_files import find_files, remove_files
from rft_app.services.deployments import require_undeployed
from rft_app.services.routes import find_routes
from rft_app.services.staleness import find_stale
from rft_app.storage import dataset_pages, search, trace_search, training_runs
from rft_app.storage import datasets as dataset_storage
from rft_app.storage.session import after_commit
from rft_app.storage.step_inputs import StepInputs, map_inputs
from rft_app.storage.steps import complete_steps, to_state
from rft_app.storage.tables import DatasetRow, StepRow

NAME_LENGTH = 120
OBJECTIVE_LENGTH = 4_000
OPTIONAL = frozenset({StepName.TRAIN})
"""Steps that can be done but are never called for: many train elsewhere, with an export."""

MAX_PAGE = 100
_LOOKED_AT = 500
"""Datasets whose steps are in memory at a time."""
_Steps = dict[StepName, StepRow]


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
    return _build(session, [row])[0]


def list_page(
    session: Session,
    wanted: DatasetFilter,
    *,
    cursor: str | None = None,
    limit: int = 20,
    phases: Mapping[str, DatasetPhase] | None = None,
) -> DatasetPage:
    """One page of the datasets that match, in the order asked for.

    Args:
        session: Any.
        wanted: Which, and in which order.
        cursor: Of the page before.
        limit: Of datasets.
        phases: What `map_phases` gave, where it is known already.

    Raises:
        InvalidInputError: The cursor is not one that a page in this order gave.
    """
    limit = min(max(limit, 1), MAX_PAGE)
    after = None if cursor is None else dataset_pages.read_cursor(wanted.sort, cursor)
    if phases is None and wanted.phase is not None:
        phases = map_phases(session)
    found: list[tuple[DatasetRow, dataset_pages.Place]] = []
    for row, place in _iterate(session, wanted, after, limit + 1):
        if wanted.phase is None or (phases or {})[row.id] is wanted.phase:
            found.append((row, place))
        if len(found) > limit:
            break
    next_cursor = None
    if len(found) > limit:
        next_cursor = dataset_pages.write_cursor(wanted.sort, found[limit - 1][1])
    rows = _build(session, [row for row, _ in found[:limit]])
    return DatasetPage(rows=tuple(rows), next_cursor=next_cursor)


def list_datasets(
    session: Session, *, search: str = "", sort: DatasetSort = "updated"
) -> list[Dataset]:
    """Every dataset that matches; for pages there is `list_page`, for menus `list_names`."""
    found = [row for row, _ in dataset_pages.list_rows(session, search, sort)]
    parts = (found[start : start + _LOOKED_AT] for start in range(0, len(found), _LOOKED_AT))
    return [dataset for part in parts for dataset in _build(session, part)]


def list_names(session: Session, search: str = "", limit: int = MAX_PAGE) -> list[DatasetName]:
    """The most recently changed datasets that match, for menus."""
    return dataset_pages.list_names(session, search, limit)


def count_all(session: Session) -> dataset_storage.DatasetTotals:
    """What all datasets hold together."""
    return dataset_storage.count_all(session)


def list_choices(session: Session, wanted: str = "") -> list[DatasetName]:
    """What a menu of datasets offers: those changed last, and the one that is `wanted`."""
    found, named = list_names(session), find_name(session, wanted)
    return found if named is None or named in found else [named, *found]


def find_name(session: Session, wanted: str) -> DatasetName | None:
    """The dataset that an address names by id or name."""
    return dataset_pages.find_name(session, wanted) if wanted else None


def list_ids(session: Session, search: str) -> list[str]:
    """Ids of every dataset that matches."""
    return dataset_pages.list_ids(session, search)


def map_phases(session: Session) -> dict[str, DatasetPhase]:
    """The phase of every dataset; looked at are those whose steps or inputs are others now."""
    ids = dataset_pages.list_ids(session)
    before, phases = _Known.phases, dict[str, tuple[object, DatasetPhase]]()
    for start in range(0, len(ids), _LOOKED_AT):
        part = ids[start : start + _LOOKED_AT]
        inputs, stored = map_inputs(session, part), dataset_storage.map_stored_steps(session, part)
        seen = {id_: (inputs[id_], stored[id_]) for id_ in part}
        changed = [id_ for id_ in part if id_ not in before or before[id_][0] != seen[id_]]
        steps = dataset_storage.map_steps(session, changed, with_facts=False)
        nodes = _describe({id_: complete_steps(id_, steps[id_]) for id_ in changed}, inputs)
        phases |= {id_: (seen[id_], find_phase(nodes[id_])) for id_ in changed}
        phases |= {id_: before[id_] for id_ in part if id_ not in nodes}
    _Known.phases = phases
    return {id_: phase for id_, (_, phase) in phases.items()}


class _Known:
    """What was found last, by all threads of a process."""

    phases: ClassVar[Mapping[str, tuple[object, DatasetPhase]]] = {}
    """Of each dataset, behind everything that it was found from."""


def _iterate(
    session: Session, wanted: DatasetFilter, after: dataset_pages.Place | None, size: int
) -> Iterator[tuple[DatasetRow, dataset_pages.Place]]:
    """The datasets behind a place, whatever their phase, read as far as they are taken."""
    while True:
        rows = dataset_pages.list_rows(session, wanted.search, wanted.sort, after=after, limit=size)
        yield from rows
        if len(rows) < size:
            return
        after, size = rows[-1][1], _LOOKED_AT


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
        ConflictError: A job works on it, or its model is deployed.
    """
    require_idle(session, dataset_id)
    require_undeployed(session, dataset_id)
    for job in list_active_jobs(session, dataset_id):
        cancel_job(session, job.id)
    files = find_files(session, dataset_id)
    search.delete_texts(session, dataset_id)
    trace_search.forget_texts(session, dataset_id)
    dataset_storage.delete_dataset_row(session, dataset_id)
    after_commit(session, find_routes().forget)
    after_commit(session, lambda: remove_files(files))


def _build(session: Session, rows: Sequence[DatasetRow]) -> list[Dataset]:
    stored = dataset_storage.map_steps(session, [row.id for row in rows])
    steps = {id_: complete_steps(id_, found) for id_, found in stored.items()}
    nodes = _describe(steps, map_inputs(session, list(steps)))
    num_trainings = training_runs.count_runs(session, list(steps))
    return [
        Dataset(
            id=row.id,
            name=row.name,
            objective=row.objective,
            source="gateway" if row.source == "gateway" else "upload",
            created_at=row.created_at,
            updated_at=row.updated_at,
            stats=_stats(row, steps[row.id], num_trainings.get(row.id, 0)),
            nodes=nodes[row.id],
        )
        for row in rows
    ]


def _describe(
    steps: Mapping[str, _Steps], inputs: Mapping[str, StepInputs]
) -> dict[str, tuple[Node, ...]]:
    """The nodes of some datasets."""
    return {
        id_: describe_nodes(
            {name: to_state(step) for name, step in each.items()},
            find_stale(each, inputs[id_]),
            OPTIONAL,
        )
        for id_, each in steps.items()
    }


def _stats(row: DatasetRow, steps: _Steps, num_trainings: int) -> DatasetStats:
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
        num_trainings=num_trainings,
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
