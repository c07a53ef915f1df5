"""Imports in the database: what was asked for, how far it got, which lines were bad."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from rft_app.domain.imports import (
    COPIES,
    DAMAGED,
    ImportFault,
    ImportPlan,
    ImportReport,
    ImportTally,
    source_type_of,
)
from rft_app.domain.record import SourceType
from rft_app.errors import NotFoundError
from rft_app.storage.copying import insert_rows
from rft_app.storage.ids import new_id
from rft_app.storage.tables import ImportErrorRow, ImportRow


def add_import(
    session: Session,
    dataset_id: str | None,
    kind: str,
    *,
    path: str,
    file_name: str,
    size_bytes: int,
) -> str:
    """Note that a file is to be imported; returns the import's id."""
    row = ImportRow(
        id=new_id("imp"),
        dataset_id=dataset_id,
        kind=kind,
        file_name=file_name,
        path=path,
        size_bytes=size_bytes,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return row.id


def change_import(session: Session, import_id: str, **values: Any) -> None:  # noqa: ANN401
    """Set columns of one import: `shape`, `mapping`, `job_id`, `is_done`."""
    session.connection().execute(
        update(ImportRow).where(col(ImportRow.id) == import_id).values(**values)
    )


def get_report(session: Session, import_id: str) -> ImportReport:
    """How an import stands.

    Raises:
        NotFoundError: There is none.
    """
    return _to_report(session, _get_row(session, import_id))


def find_latest(session: Session, dataset_id: str, kind: str | None = None) -> ImportReport | None:
    """The dataset's newest import, of one kind or of any."""
    query = select(ImportRow).where(ImportRow.dataset_id == dataset_id)
    if kind is not None:
        query = query.where(ImportRow.kind == kind)
    newest = query.order_by(col(ImportRow.created_at).desc(), col(ImportRow.id).desc())
    row = session.exec(newest.limit(1)).first()
    return row and _to_report(session, row)


def list_paths(session: Session, dataset_id: str) -> list[str]:
    """The files that were imported into a dataset."""
    return list(session.exec(select(ImportRow.path).where(ImportRow.dataset_id == dataset_id)))


def find_imported_paths(session: Session, paths: Iterable[str]) -> set[str]:
    """Those of some files that an import names."""
    named = select(ImportRow.path).where(col(ImportRow.path).in_(list(paths)))
    return set(session.exec(named))


def get_plan(session: Session, import_id: str) -> ImportPlan:
    """What the import process needs, with the counts it reached before.

    Raises:
        NotFoundError: There is no such import.
    """
    row = _get_row(session, import_id)
    return ImportPlan(
        import_id=row.id,
        dataset_id=row.dataset_id or "",
        path=row.path,
        file_name=row.file_name,
        shape=row.shape,
        mapping=row.mapping,
        tally=ImportTally(
            offset_bytes=row.offset_bytes,
            num_lines=row.num_lines,
            num_parsed=row.num_parsed,
            num_valid=row.num_valid,
            num_invalid=row.num_invalid,
            num_answered=row.num_answered or 0,
            reasons=dict(row.reasons),
        ),
    )


def save_tally(session: Session, import_id: str, tally: ImportTally) -> None:
    """Store how far an import got; belongs in the transaction that stores its rows."""
    change_import(
        session,
        import_id,
        offset_bytes=tally.offset_bytes,
        num_lines=tally.num_lines,
        num_parsed=tally.num_parsed,
        num_valid=tally.num_valid,
        num_invalid=tally.num_invalid,
        num_answered=tally.num_answered,
        reasons=dict(tally.reasons),
    )


def add_faults(session: Session, import_id: str, faults: Sequence[ImportFault]) -> None:
    """Store bad lines."""
    columns = ("import_id", "line_number", "code", "message", "excerpt")
    rows = [(import_id, f.line_number, f.code, f.message, f.excerpt) for f in faults]
    insert_rows(session, "import_error", columns, rows)


def find_faulty_lines(session: Session, import_id: str, lines: Sequence[int]) -> set[int]:
    """Those of some lines that are noted as bad."""
    named = select(ImportErrorRow.line_number).where(
        ImportErrorRow.import_id == import_id, col(ImportErrorRow.line_number).in_(lines)
    )
    return set(session.exec(named))


def list_faults(session: Session, import_id: str, after_line: int, limit: int) -> list[ImportFault]:
    """Bad lines after a line, in the order of the file."""
    rows = session.exec(
        select(ImportErrorRow)
        .where(ImportErrorRow.import_id == import_id, ImportErrorRow.line_number > after_line)
        .order_by(col(ImportErrorRow.line_number))
        .limit(limit)
    )
    return [
        ImportFault(
            line_number=row.line_number, code=row.code, message=row.message, excerpt=row.excerpt
        )
        for row in rows
    ]


def count_imported_traces(session: Session) -> int:
    """Traces of running applications that files brought; copies of stored ones count once."""
    rows = session.exec(
        select(ImportRow).where(
            ImportRow.kind == "traces",
            col(ImportRow.is_replaced).is_(False),
            func.coalesce(ImportRow.shape, "") != COPIES,
        )
    )
    return sum(
        row.num_parsed for row in rows if source_type_of(row.shape, row.mapping) is SourceType.TRACE
    )


def count_faults(session: Session, import_id: str) -> int:
    """Bad lines of an import."""
    bad = select(func.count()).select_from(ImportErrorRow)
    return session.exec(bad.where(ImportErrorRow.import_id == import_id)).one()


def _get_row(session: Session, import_id: str) -> ImportRow:
    row = session.get(ImportRow, import_id, populate_existing=True)
    if row is None:
        raise NotFoundError(f"There is no import {import_id}.")
    return row


def _find_damage(session: Session, import_id: str) -> str | None:
    """The message of the fault that is the file's."""
    fault = select(ImportErrorRow.message).where(
        ImportErrorRow.import_id == import_id, ImportErrorRow.code == DAMAGED
    )
    return session.exec(fault.limit(1)).first()


def _rank(reason: tuple[str, int]) -> tuple[bool, int]:
    code, count = reason
    return code != DAMAGED, -count


def _to_report(session: Session, row: ImportRow) -> ImportReport:
    return ImportReport(
        id=row.id,
        dataset_id=row.dataset_id,
        kind=row.kind,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        shape=row.shape,
        mapping=row.mapping,
        num_lines=row.num_lines,
        num_parsed=row.num_parsed,
        num_valid=row.num_valid,
        num_invalid=row.num_invalid,
        num_answered=row.num_answered if row.kind == "traces" else None,
        reasons=dict(sorted(row.reasons.items(), key=_rank)),
        damage=_find_damage(session, row.id) if DAMAGED in row.reasons else None,
        is_done=row.is_done,
        created_at=row.created_at,
        job_id=row.job_id,
    )
