"""Settings that come from outside as names and values: a form, a request, `--set`."""

from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from rft_app.errors import InvalidInputError

T = TypeVar("T", bound=BaseModel)


def validate_settings(kind: type[T], values: dict[str, Any]) -> T:
    """Settings of a kind.

    Raises:
        InvalidInputError: A name is unknown or a value impossible; the message names it.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
            told = _describe_unknown(field, list(kind.model_fields))
        else:
            told = f"The setting {field!r}: {fault['msg']}."
        raise InvalidInputError(told, field=field) from error


def _describe_unknown(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, 1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
    return f"There is no setting {name!r}. {hint}"
