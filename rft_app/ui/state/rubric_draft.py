"""The criteria of a rubric as they are edited: rows of texts, kept as one JSON text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from rft_app.errors import InvalidInputError
from rft_app.ui.words import share

Row = dict[str, str]
NUMBERS = {"weight": "weight", "min_score": "lowest score", "max_score": "highest score"}
COLUMNS = ("name", "description", *NUMBERS)
MOST_ROWS = 20
_NEW: Row = {"name": "", "description": "", "weight": "1", "min_score": "0", "max_score": "1"}


@dataclass(frozen=True)
class CriterionView:
    """One row of the form."""

    name: str
    description: str
    weight: str
    min_score: str
    max_score: str
    percent: str
    """What the weight comes to; a dash where that is not known."""


def write_rows(rows: Sequence[Row]) -> str:
    """The text that the draft holds."""
    return orjson.dumps(rows).decode()


STARTER = write_rows(
    [
        {
            **_NEW,
            "name": "correct",
            "description": "0 wrong, 0.5 partly right, 1 right and complete.",
            "weight": "2",
        },
        {**_NEW, "name": "clear", "description": "0 confusing, 1 easy to follow and to the point."},
    ]
)


def read_rows(text: str) -> list[Row]:
    """The rows of such a text."""
    rows: list[Row] = orjson.loads(text)
    return rows


def write_criteria(criteria: Sequence[dict[str, Any]]) -> str:
    """The rows of stored criteria.

    Example:
        >>> stored = {"name": "a", "description": "b", "weight": 1, "min_score": 0, "max_score": 1}
        >>> write_criteria([stored])
        '[{"name":"a","description":"b","weight":"1","min_score":"0","max_score":"1"}]'
    """
    return write_rows([{name: _show(one[name]) for name in COLUMNS} for one in criteria])


def change_row(text: str, index: int, name: str, value: str) -> str:
    """The same with one field changed; a row that is gone changes nothing."""
    rows = read_rows(text)
    if 0 <= index < len(rows) and name in COLUMNS:
        rows[index][name] = value
    return write_rows(rows)


def add_row(text: str) -> str:
    """The same with an empty row."""
    rows = read_rows(text)
    return write_rows([*rows, _NEW] if len(rows) < MOST_ROWS else rows)


def remove_row(text: str, index: int) -> str:
    """The same without a row; the last one stays."""
    rows = read_rows(text)
    return write_rows(rows[:index] + rows[index + 1 :] if len(rows) > 1 else rows)


def to_criteria(text: str) -> list[dict[str, object]]:
    """What a spec takes.

    Raises:
        InvalidInputError: A row lacks something; the message names it.
    """
    return [_to_criterion(number, row) for number, row in enumerate(read_rows(text), 1)]


def _to_criterion(number: int, row: Row) -> dict[str, object]:
    name, description = row["name"].strip(), row["description"].strip()
    for what, said in (("name", name), ("description", description)):
        if not said:
            raise InvalidInputError(f"Criterion {number} has no {what}.", field="criteria")
    numbers = {key: _read(key, name, row[key]) for key in NUMBERS}
    return {"name": name, "description": description, **numbers}


def _read(key: str, criterion: str, text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError as error:
        raise InvalidInputError(
            f"The {NUMBERS[key]} of {criterion!r} must be a number, not {text!r}.",
            field="criteria",
        ) from error


def view_rows(text: str) -> list[CriterionView]:
    """The rows as they are shown, with what each weight comes to.

    Example:
        >>> [row.percent for row in view_rows(STARTER)]
        ['67%', '33%']
    """
    rows = read_rows(text)
    return [
        CriterionView(**row, percent=percent)
        for row, percent in zip(rows, _percents(rows), strict=True)
    ]


def _percents(rows: Sequence[Row]) -> list[str]:
    try:
        weights = [float(row["weight"]) for row in rows]
    except ValueError:
        return ["–"] * len(rows)
    total = sum(weights)
    as_share: Callable[[float], str] = lambda weight: share(weight / total)  # noqa: E731
    is_known = total > 0 and min(weights) >= 0
    return [as_share(weight) if is_known else "–" for weight in weights]


def _show(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
