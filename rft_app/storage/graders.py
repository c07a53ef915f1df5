"""Grader versions in the database: added, never changed."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from rft_app.domain.grader import GraderSpec, GraderVersion, MadeBy, parse_spec, spec_hash
from rft_app.errors import NotFoundError
from rft_app.storage.ids import new_id
from rft_app.storage.tables import GraderVersionRow


def add_version(session: Session, dataset_id: str, spec: GraderSpec) -> GraderVersion:
    """Store `spec` as the dataset's next version, which is the current one from now on."""
    last = select(func.max(GraderVersionRow.version)).where(
        col(GraderVersionRow.dataset_id) == dataset_id
    )
    row = GraderVersionRow(
        id=new_id("gv"),
        dataset_id=dataset_id,
        version=(session.exec(last).one() or 0) + 1,
        kind=spec.kind,
        spec=spec.model_dump(mode="json"),
        spec_hash=spec_hash(spec),
        created_at=datetime.now(UTC),
    )
    session.add(row)
    session.flush()
    return _to_version(row)


def find_current(session: Session, dataset_id: str) -> GraderVersion | None:
    """The newest version; `None` before the first."""
    return next(iter(list_versions(session, dataset_id, limit=1)), None)


def get_version(session: Session, version_id: str) -> GraderVersion:
    """One version by id.

    Raises:
        NotFoundError: There is none.
    """
    if (row := session.get(GraderVersionRow, version_id)) is None:
        raise NotFoundError(f"There is no grader version {version_id}.")
    return _to_version(row)


def find_numbered(session: Session, dataset_id: str, number: int) -> GraderVersion | None:
    """The dataset's version with that number."""
    row = session.exec(
        select(GraderVersionRow)
        .where(col(GraderVersionRow.dataset_id) == dataset_id)
        .where(col(GraderVersionRow.version) == number)
    ).first()
    return None if row is None else _to_version(row)


def list_versions(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = 100
) -> list[GraderVersion]:
    """Versions of a dataset's grader, newest first; `before` is a number, itself left out."""
    query = select(GraderVersionRow).where(col(GraderVersionRow.dataset_id) == dataset_id)
    if before is not None:
        query = query.where(col(GraderVersionRow.version) < before)
    rows = session.exec(query.order_by(col(GraderVersionRow.version).desc()).limit(limit))
    return [_to_version(row) for row in rows]


def label_versions(session: Session, version_ids: Collection[str]) -> dict[str, str]:
    """Id to label, e.g. `script v3`; ids that are gone are absent."""
    rows = session.exec(
        select(GraderVersionRow.id, GraderVersionRow.kind, GraderVersionRow.version).where(
            col(GraderVersionRow.id).in_(version_ids)
        )
    )
    return {id_: f"{kind} v{number}" for id_, kind, number in rows}


def map_makers(
    session: Session, dataset_id: str, version_ids: Collection[str]
) -> dict[str, MadeBy]:
    """Id to which version that is, beside the dataset's grader now; every id has one."""
    version = GraderVersionRow
    newest = session.exec(
        select(version.kind, version.version, version.spec_hash)
        .where(col(version.dataset_id) == dataset_id)
        .order_by(col(version.version).desc())
        .limit(1)
    ).first()
    rows = session.exec(
        select(version.id, version.kind, version.version, version.spec_hash).where(
            col(version.id).in_(version_ids)
        )
    )
    now, now_hash = (f"{newest[0]} v{newest[1]}", newest[2]) if newest else ("", "")
    found = {
        id_: MadeBy(label=f"{kind} v{number}", now=now, is_stale=spec_hash != now_hash)
        for id_, kind, number, spec_hash in rows
    }
    gone = MadeBy(now=now, is_stale=True)
    return {id_: found.get(id_, gone) for id_ in version_ids}


def _to_version(row: GraderVersionRow) -> GraderVersion:
    return GraderVersion(
        id=row.id,
        dataset_id=row.dataset_id,
        version=row.version,
        spec=parse_spec(row.spec),
        spec_hash=row.spec_hash,
        created_at=row.created_at.replace(tzinfo=row.created_at.tzinfo or UTC),
    )
