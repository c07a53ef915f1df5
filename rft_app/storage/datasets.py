"""Datasets in the database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, delete, func, or_, text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from rft_app.domain.dataset import DatasetSource
from rft_app.errors import NotFoundError
from rft_app.storage.ids import new_id
from rft_app.storage.tables import (
    DatasetRow,
    RecordBodyRow,
    RecordRow,
    StepRow,
    TraceBodyRow,
    TraceRow,
)
from rft_app.storage.trace_copies import list_copies_instead

MAX_NAMED = 5
_FACTS: Any = StepRow.facts
_STORED = text(
    "SELECT dataset_id, name, outcome, is_processing, input_hash, CAST(settings AS VARCHAR) "
    "FROM step WHERE dataset_id IN :ids ORDER BY dataset_id, name"
).bindparams(bindparam("ids", expanding=True, type_=String()))


def add_dataset(session: Session, *, name: str, objective: str, source: DatasetSource) -> str:
    """Add an empty dataset; returns its id."""
    now = datetime.now(UTC)
    row = DatasetRow(
        id=new_id("ds"),
        name=name,
        objective=objective,
        source=source,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def get_dataset_row(session: Session, dataset_id: str) -> DatasetRow:
    """The dataset's row.

    Raises:
        NotFoundError: There is none.
    """
    if (row := session.get(DatasetRow, dataset_id)) is None:
        raise _absent(session, dataset_id)
    return row


def _absent(session: Session, text: str) -> NotFoundError:
    """There is no dataset of this id; whoever gave its name instead is told the id."""
    name = col(DatasetRow.name)
    named = select(DatasetRow.id).where(or_(name == text, func.lower(name) == text.lower()))
    ids = list(session.exec(named.order_by(col(DatasetRow.updated_at).desc()).limit(MAX_NAMED)))
    match ids:
        case []:
            hint = "it may have been deleted."
        case [only]:
            hint = f"did you mean {only}?"
        case _:
            hint = f"these have that name, newest first: {', '.join(ids)}."
    return NotFoundError(f"There is no dataset {text!r}; {hint}")


def has_dataset(session: Session, dataset_id: str) -> bool:
    """Whether the dataset is still there."""
    return session.get(DatasetRow, dataset_id, populate_existing=True) is not None


def list_all_names(session: Session) -> set[str]:
    """The names that are taken."""
    return set(session.exec(select(DatasetRow.name)))


class DatasetTotals(NamedTuple):
    """What all datasets hold together."""

    num_datasets: int
    num_traces: int
    num_records: int


def count_all(session: Session) -> DatasetTotals:
    """Sum over all datasets."""
    traces, records = func.sum(DatasetRow.num_traces), func.sum(DatasetRow.num_records)
    number = func.count(col(DatasetRow.id))
    found = session.exec(select(number, func.coalesce(traces, 0), func.coalesce(records, 0))).one()
    return DatasetTotals(*map(int, found))


def touch(session: Session, dataset_id: str) -> None:
    """Note that the dataset changed now."""
    get_dataset_row(session, dataset_id).updated_at = datetime.now(UTC)


def delete_dataset_row(session: Session, dataset_id: str) -> None:
    """Delete the dataset with everything that belongs to it."""
    row = get_dataset_row(session, dataset_id)
    records = select(RecordRow.seq).where(col(RecordRow.dataset_id) == dataset_id)
    traces = select(TraceRow.seq).where(col(TraceRow.dataset_id) == dataset_id)
    list_copies_instead(session, "{0}.dataset_id = :dataset_id", {"dataset_id": dataset_id})
    connection = session.connection()
    connection.execute(delete(RecordBodyRow).where(col(RecordBodyRow.seq).in_(records)))
    connection.execute(delete(TraceBodyRow).where(col(TraceBodyRow.seq).in_(traces)))
    session.delete(row)
    session.flush()


def map_stored_steps(
    session: Session, dataset_ids: Sequence[str]
) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """What tells whether the steps of some datasets are as they were: all but words and figures."""
    session.flush()
    found: dict[str, list[tuple[Any, ...]]] = {dataset_id: [] for dataset_id in dataset_ids}
    for dataset_id, *stored in session.connection().execute(_STORED, {"ids": list(dataset_ids)}):
        found[dataset_id].append(tuple(stored))
    return found


def map_steps(
    session: Session, dataset_ids: list[str], *, with_facts: bool = True
) -> Mapping[str, list[StepRow]]:
    """The stored steps of several datasets in one query; facts can be long."""
    found: dict[str, list[StepRow]] = {dataset_id: [] for dataset_id in dataset_ids}
    query = select(StepRow).where(col(StepRow.dataset_id).in_(dataset_ids))
    if not with_facts:
        query = query.options(defer(_FACTS))
    for row in session.exec(query):
        found[row.dataset_id].append(row)
    return found
