"""Which models the graders in use ask."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import func
from sqlmodel import Session, col, select

from rft_app.domain.grader import parse_spec
from rft_app.storage.tables import DatasetRow, GraderVersionRow


class AskedModels(NamedTuple):
    """The models that a dataset's current grader asks."""

    dataset: str
    """Its name."""
    models: frozenset[str | None]
    """By name; `None` is the preferred one."""


def list_asked_models(session: Session) -> list[AskedModels]:
    """By dataset, of those whose grader asks any."""
    last = (
        select(GraderVersionRow.dataset_id, func.max(GraderVersionRow.version).label("version"))
        .group_by(col(GraderVersionRow.dataset_id))
        .subquery()
    )
    query = (
        select(GraderVersionRow, DatasetRow.name)
        .join(DatasetRow, col(GraderVersionRow.dataset_id) == col(DatasetRow.id))
        .join(
            last,
            (col(GraderVersionRow.dataset_id) == last.c.dataset_id)
            & (col(GraderVersionRow.version) == last.c.version),
        )
        .order_by(col(DatasetRow.name))
    )
    found = (
        AskedModels(name, frozenset(_find_models(parse_spec(row.spec).model_dump(mode="json"))))
        for row, name in session.exec(query)
    )
    return [one for one in found if one.models]


def _find_models(value: JsonValue) -> Iterator[str | None]:
    """Of a judge, also inside a combination."""
    if not isinstance(value, dict):
        return
    if "kind" in value and "model" in value:
        model = value["model"]
        yield model if isinstance(model, str) else None
    for one in value.values():
        yield from _find_models(one)
