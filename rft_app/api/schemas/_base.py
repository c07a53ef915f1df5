"""The base of everything on the wire."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel


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
