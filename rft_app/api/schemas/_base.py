"""The base of everything on the wire."""

from datetime import datetime
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel


def _refuse_number(value: object) -> object:
    try:
        float(value)  # pyright: ignore[reportArgumentType]  # what is no number is let through
    except (TypeError, ValueError):
        return value
    raise ValueError("a time is written as 2026-11-22T10:00:00Z")


Time = Annotated[datetime, BeforeValidator(_refuse_number)]
"""A time in a request; a bare number, which could be seconds or milliseconds, is refused."""


class Wire(BaseModel):
    """An object on the wire: camelCase outside, snake_case inside; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The object as it is sent."""
        return self.model_dump(mode="json")


class WireRequest(Wire):
    """What a client sends; a number is a number and not `true`."""

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_bool_for_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and info.field_name is not None:
            kind = cls.model_fields[info.field_name].annotation
            if bool not in (kind, *get_args(kind)):
                raise ValueError("true and false are not accepted here")
        return value
