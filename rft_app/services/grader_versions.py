"""Versions of a dataset's grader: list, compare, restore."""

from collections.abc import Collection

from sqlmodel import Session

from rft_app.domain.grader import GraderVersion, MadeBy
from rft_app.domain.grader_difference import GraderDifference, compare_graders
from rft_app.errors import NotFoundError
from rft_app.services.graders import configure_grader
from rft_app.storage import graders
from rft_app.storage.session import reading

MAX_PAGE = 100


def list_grader_versions(
    session: Session, dataset_id: str, *, before: int | None = None, limit: int = MAX_PAGE
) -> list[GraderVersion]:
    """A page of versions, newest first; `before` is the number of the last one of the page before.

    The first of the first page is the one that dry runs use.
    """
    return graders.list_versions(session, dataset_id, before=before, limit=limit)


def get_grader_version(session: Session, dataset_id: str, number: int) -> GraderVersion:
    """One version by its number.

    Raises:
        NotFoundError: The dataset has no such version.
    """
    if (found := graders.find_numbered(session, dataset_id, number)) is None:
        raise NotFoundError(f"This dataset has no version {number} of its grader.")
    return found


def label_versions(session: Session, version_ids: Collection[str]) -> dict[str, str]:
    """Id to label, e.g. `script v3`."""
    return graders.label_versions(session, version_ids)


def map_makers(
    session: Session, dataset_id: str, version_ids: Collection[str]
) -> dict[str, MadeBy]:
    """Id to which version made figures, and whether it still is the grader; every id has one."""
    return graders.map_makers(session, dataset_id, version_ids)


def compare_versions(
    session: Session, dataset_id: str, first: int, second: int
) -> GraderDifference:
    """What the version with number `second` changed against `first`.

    Raises:
        NotFoundError: The dataset has no such version.
    """
    versions = [get_grader_version(session, dataset_id, number) for number in (first, second)]
    return compare_graders(versions[0].spec, versions[1].spec)


def restore_version(dataset_id: str, number: int) -> GraderVersion:
    """Make an earlier version the grader again, as a new version; the current one adds none.

    It is loaded once before, as any grader that is saved; opens its own transactions.

    Raises:
        NotFoundError: The dataset has no such version.
        InvalidInputError: It cannot work any more.
    """
    with reading() as session:
        spec = get_grader_version(session, dataset_id, number).spec
    return configure_grader(dataset_id, spec)
